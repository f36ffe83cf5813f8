"""The weights of a model, where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ._html import table
from .errors import UsageError

if TYPE_CHECKING:
    import numpy as np


class Weights(Mapping[str, "np.ndarray[Any, Any]"]):
    """Weights by name, as NumPy views of the model's own memory: what is written into them, the model computes with.

    `model.weights["fc.weight"][:] = 0`, or with a check of the shape `model.weights["fc.weight"] = array`. A view keeps
    the model alive. Views may not be written to while another thread trains.
    """

    def __init__(self, views: dict[str, np.ndarray[Any, Any]]) -> None:
        self._views = views

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        return self._views[name]

    def __setitem__(self, name: str, value: object) -> None:
        """Copies the value, of the weight's own shape, into the model.

        Raises:
            KeyError: There is no such weight.
            UsageError: The shape is another one.
        """
        import numpy as np

        view = self._views[name]
        array = np.asarray(value)
        if array.shape != view.shape:
            raise UsageError(f"is {array.shape}, but the weight is {view.shape}", name)
        view[...] = array

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        lines = [f"{name}: {view.dtype} {list(view.shape)}" for name, view in self._views.items()]
        return "\n".join(lines) or "no weights"

    def _repr_html_(self) -> str:
        rows = [[name, str(list(view.shape)), f"{view.std():.4g}"] for name, view in self._views.items()]
        return table(["weight", "shape", "standard deviation"], rows)
