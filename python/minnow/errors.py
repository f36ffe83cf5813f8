"""What goes wrong, as exceptions that say where and what to do about it."""

from __future__ import annotations

from typing import NoReturn


class ModelError(ValueError):
    """The model, the data or a file is at fault.

    Attributes:
        message: What is wrong, with the values and shapes that disagree.
        place: Where: "lenet.textproto:14:3", a file, or the name of an array; may be empty.
        hint: What to do about it; may be empty.
    """

    def __init__(self, message: str, place: str = "", hint: str = "") -> None:
        self.message = message
        self.place = place
        self.hint = hint
        text = f"{place}: {message}" if place else message
        super().__init__(f"{text}\n  hint: {hint}" if hint else text)


class UsageError(ModelError):
    """The call is at fault: it names what there is not, or hands over what does not belong there."""


class NotFiniteError(ModelError, ArithmeticError):
    """A loss, weight or prediction is infinite or no number; the message names the first value that went bad."""


class StoppedError(ModelError):
    """`Model.stop` came before there was a result."""


def raise_status(status: int, message: str, place: str, hint: str) -> NoReturn:
    """Raises what a status of the library stands for."""
    if status == 4:
        raise MemoryError(message)
    if status == 5:
        raise RuntimeError(f"internal error: {message}")
    kind = {2: UsageError, 3: NotFiniteError, 130: StoppedError}.get(status, ModelError)
    raise kind(message, place, hint)
