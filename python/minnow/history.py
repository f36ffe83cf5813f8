"""What training came to, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, overload

from ._html import curves, table


class Outcome(NamedTuple):
    """Of a step or an evaluation: the mean loss, and the share of right predictions, NaN of a regression."""

    loss: float
    accuracy: float
    examples: int


class Step(NamedTuple):
    """A step of a fit: epochs count from 1, steps since the start; `mean_loss` and `accuracy` are of the epoch so far."""

    epoch: int
    step: int
    steps_per_epoch: int
    learning_rate: float
    loss: float
    mean_loss: float
    accuracy: float


class Epoch(NamedTuple):
    """An epoch: losses are means, accuracies fractions, NaN where there are none; `seconds` are of training alone."""

    epoch: int
    steps: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float

    def __str__(self) -> str:
        parts = [f"epoch {self.epoch}", f"loss {self.train_loss:.4f}"]
        if not math.isnan(self.train_accuracy):
            parts.append(f"accuracy {self.train_accuracy:.4f}")
        if not math.isnan(self.validation_loss):
            parts.append(f"validation loss {self.validation_loss:.4f}")
        if not math.isnan(self.validation_accuracy):
            parts.append(f"accuracy {self.validation_accuracy:.4f}")
        return "  ".join(parts) + f"  {self.seconds:.2f} s"


class History(Sequence[Epoch]):
    """Epochs in order. Notebooks show it as curves and a table."""

    def __init__(self, epochs: Iterable[Epoch]) -> None:
        self._epochs = list(epochs)

    @overload
    def __getitem__(self, index: int) -> Epoch: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Epoch]: ...
    def __getitem__(self, index: int | slice) -> Epoch | Sequence[Epoch]:
        return self._epochs[index]

    def __len__(self) -> int:
        return len(self._epochs)

    def column(self, name: str) -> list[float]:
        """One number of every epoch: `history.column("train_loss")`."""
        return [float(getattr(epoch, name)) for epoch in self._epochs]

    def __repr__(self) -> str:
        return "\n".join(map(str, self._epochs)) or "no epoch is done"

    def svg(self) -> list[str]:
        """The curves of the loss and, where there is one, of the accuracy, each as an SVG."""
        pictures = [
            curves(what, [(split, self.column(f"{split}_{what}")) for split in ("train", "validation")])
            for what in ("loss", "accuracy")
        ]
        return [picture for picture in pictures if picture]

    def _repr_html_(self) -> str:
        def number(value: float) -> str:
            return "–" if math.isnan(value) else f"{value:.4f}"

        rows = [
            [str(e.epoch), number(e.train_loss), number(e.train_accuracy), number(e.validation_loss),
             number(e.validation_accuracy), f"{e.seconds:.2f} s"]
            for e in self._epochs
        ]
        head = ["epoch", "train loss", "accuracy", "validation loss", "accuracy", "time"]
        return "".join(self.svg()) + table(head, rows)
