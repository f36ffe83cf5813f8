"""How a fit is going: a bar in a notebook, a line on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

from .history import Epoch, Step


class Progress:
    """Draws at most ten times a second. `last_epoch`, if it is known, counts from the first, as epochs do."""

    def __init__(self, last_epoch: int | None) -> None:
        self._epochs = f"/{last_epoch}" if last_epoch else ""
        self._next = 0.0
        self._display: Any = _notebook_display()
        self._is_terminal = self._display is None and sys.stderr is not None and sys.stderr.isatty()

    @property
    def is_seen(self) -> bool:
        return self._display is not None or self._is_terminal

    def on_step(self, step: Step) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + 0.1
        done = step.step % step.steps_per_epoch or step.steps_per_epoch
        self._draw(done / step.steps_per_epoch, f"epoch {step.epoch}{self._epochs}  loss {step.mean_loss:.4f}")

    def on_epoch(self, epoch: Epoch) -> None:
        self._draw(1.0, str(epoch))
        if self._is_terminal:
            sys.stderr.write("\n")

    def _draw(self, share: float, text: str) -> None:
        if self._is_terminal:
            bar = "━" * round(20 * share)
            sys.stderr.write(f"\r\x1b[K{bar:20} {text}")
            sys.stderr.flush()
        elif self._display is not None:
            html = f'<progress value="{share:.3f}" style="width:12em"></progress> <code>{text}</code>'
            self._display.update({"text/html": html, "text/plain": text}, raw=True)


def _notebook_display() -> Any:
    """A place in the notebook that runs this, if one does."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython  # type: ignore[import-not-found,attr-defined,unused-ignore]
    from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

    shell = get_ipython()  # type: ignore[no-untyped-call,unused-ignore]
    if shell is None or shell.__class__.__name__ != "ZMQInteractiveShell":
        return None
    return display({"text/plain": ""}, raw=True, display_id=True)  # type: ignore[no-untyped-call,unused-ignore]
