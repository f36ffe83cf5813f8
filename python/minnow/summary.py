"""The layers of a model, as a table."""

from __future__ import annotations

from typing import NamedTuple

from ._html import table


class Layer(NamedTuple):
    """A row of the summary; `shape` is of the result for one example, `flops` of its forward pass."""

    name: str
    kind: str
    shape: tuple[int, ...]
    weights: int
    flops: float


class Summary(list[Layer]):
    """The layers of a model; prints as a table."""

    def _rows(self) -> list[list[str]]:
        rows = [[r.name, r.kind, str(list(r.shape)), f"{r.weights:,}", f"{r.flops / 1e6:.3f}"] for r in self]
        total = [sum(r.weights for r in self), sum(r.flops for r in self) / 1e6]
        return [*rows, ["total", "", "", f"{total[0]:,}", f"{total[1]:.3f}"]]

    def __repr__(self) -> str:
        rows = [["layer", "kind", "output", "weights", "MFLOP"], *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows)]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)

    def _repr_html_(self) -> str:
        return table(["layer", "kind", "output", "weights", "MFLOP"], self._rows())
