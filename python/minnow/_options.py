"""How a model is loaded, in the form that the library takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Union

from .errors import UsageError

Assignments = Union[Mapping[str, object], Iterable[str]]


def load_options(
    assignments: Assignments, backend: str, threads: int, max_bytes: int, infers_only: bool, cache: bool
) -> tuple[list[str], bool, int, int, bool, bool]:
    if backend not in ("jit", "interpreter"):
        raise UsageError(f"is {backend!r}", "backend", "jit or interpreter")
    if isinstance(assignments, str):
        assignments = [assignments]
    elif isinstance(assignments, Mapping):
        assignments = [f"{field}={_plain(value)}" for field, value in assignments.items()]
    return [*assignments], backend == "interpreter", threads, max_bytes, infers_only, cache


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(map(_plain, value))
    return str(value)
