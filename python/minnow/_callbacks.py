"""Who listens to a fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

from .errors import UsageError
from .history import Epoch, Step

# Called with each Epoch; or has on_step(Step), on_epoch(Epoch), or both.
Callback = Union[Callable[[Epoch], object], Any]
# What the library calls, with the fields of a Step or an Epoch.
Caller = Union[Callable[[tuple[Any, ...]], None], None]


def each_of(callbacks: Any) -> list[Any]:
    """One callback or several, as several."""
    if _listens(callbacks):
        return [callbacks]
    listeners = list(callbacks)
    for listener in listeners:
        if not _listens(listener):
            raise UsageError(f"{listener!r} is neither a function nor has on_step or on_epoch", "callbacks")
    return listeners


def step_caller(listeners: list[Any]) -> Caller:
    """None where nobody listens to steps."""
    heard = [each.on_step for each in listeners if hasattr(each, "on_step")]
    return (lambda step: _tell(heard, Step(*step))) if heard else None


def epoch_caller(listeners: list[Any]) -> Caller:
    """None where nobody listens to epochs."""
    heard = [getattr(each, "on_epoch", each) for each in listeners if hasattr(each, "on_epoch") or callable(each)]
    return (lambda epoch: _tell(heard, Epoch(*epoch))) if heard else None


def _listens(callback: Any) -> bool:
    return callable(callback) or hasattr(callback, "on_step") or hasattr(callback, "on_epoch")


def _tell(listeners: list[Any], what: object) -> None:
    for listener in listeners:
        listener(what)
