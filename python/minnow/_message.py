"""Messages of the schema, and their text."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Union

from ._schema import FIELDS
from .errors import ModelError


class Message:
    """A message with the fields that are set, as a builder makes it: a layer, a loss, an initialiser.

    `str()` of it is its text in a model file.
    """

    __slots__ = ("type", "fields", "kind")

    def __init__(self, type: str, fields: list[tuple[str, str | Message]], kind: str = "") -> None:
        self.type = type
        self.fields = fields
        self.kind = kind

    def text(self, indent: int = 0) -> str:
        lines = []
        for name, value in self.fields:
            if isinstance(value, str):
                lines.append(f"{' ' * indent}{name}: {value}\n")
            elif value.fields:
                lines.append(f"{' ' * indent}{name} {{\n{value.text(indent + 2)}{' ' * indent}}}\n")
            else:
                lines.append(f"{' ' * indent}{name} {{}}\n")
        return "".join(lines)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<{self.type}: {' '.join(self.text().split())}>"


MessageLike = Union[Message, Mapping[str, object]]


def build(type: str, values: Mapping[str, object], choice: Message | None = None) -> Message:
    """The message of this type with those values that are not None, and with a `choice` between its fields."""
    fields: list[tuple[str, str | Message]] = []
    known = FIELDS[type]
    for name, value in values.items():
        if name not in known:
            raise ModelError(f"has no field {name!r}", _short(type), _nearest(name, known))
        if value is None:
            continue
        wanted = known[name]
        place = f"{_short(type)}.{name}"
        if wanted.endswith("*"):
            fields += [(name, _field(wanted[:-1], element, place)) for element in _elements(value)]
        else:
            fields.append((name, _field(wanted, value, place)))
    if choice is not None:
        if not isinstance(choice, Message) or known.get(choice.kind) != choice.type:
            raise ModelError(f"{choice!r} is none of its kinds", _short(type))
        fields.append((choice.kind, choice))
    return Message(type, fields)


def build_kind(
    outer: str, kind: str, type: str, values: Mapping[str, object], around: Mapping[str, object]
) -> Message:
    """A message of one of several kinds, within the message that chooses, if it has a name."""
    inner = build(type, values)
    inner.kind = kind
    return build(outer, around, inner) if outer else inner


def _short(type: str) -> str:
    return type.removeprefix("spec.")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean {near[0]}?" if near else f"its fields are {', '.join(known)}"


def _elements(value: object) -> Sequence[object]:
    if isinstance(value, (str, bytes, Message, Mapping)) or not isinstance(value, Iterable):
        return [value]
    return list(value)


def _field(wanted: str, value: object, place: str) -> str | Message:
    if wanted in FIELDS:
        return _message(wanted, value, place)
    try:
        return _scalar(wanted, value)
    except (TypeError, ValueError):
        raise ModelError(f"is {value!r}, but must be of type {wanted}", place) from None


def _message(wanted: str, value: object, place: str) -> Message:
    if isinstance(value, Mapping):
        return build(wanted, value)
    if isinstance(value, Message) and value.type == wanted:
        return value
    raise ModelError(f"is {value!r}, but must be a {_short(wanted)}", place)


def _scalar(wanted: str, value: object) -> str:
    if wanted == "bool":
        if not isinstance(value, bool):
            raise TypeError
        return "true" if value else "false"
    if wanted == "string":
        if not isinstance(value, str):
            raise TypeError
        return _quoted(value)
    if wanted == "enum":
        if not isinstance(value, str) or not value.isidentifier():
            raise TypeError
        return value
    if isinstance(value, bool):
        raise TypeError
    if wanted == "double":
        if isinstance(value, str):
            raise TypeError
        return repr(float(value))  # type: ignore[arg-type]
    return str(operator.index(value))  # type: ignore[arg-type]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else "".join(f"\\{b:03o}" for b in c.encode()) for c in escaped) + '"'
