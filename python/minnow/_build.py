"""A model of messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ._message import Message, build


def model_message(fields: Mapping[str, Any]) -> Message:
    """The message Model with these fields; layers without a name get one: the kind and its number, "dense2", if it is free."""
    given = dict(fields)
    for part in ("inputs", "layers", "losses", "blocks"):
        if isinstance(given.get(part), (Message, Mapping)):
            given[part] = [given[part]]
    if given.get("layers") is not None:
        given["layers"] = _with_names(given["layers"])
    return build("Model", given)


def _with_names(layers: list[Message | Mapping[str, object]]) -> list[Message]:
    messages = [layer if isinstance(layer, Message) else build("spec.Layer", layer) for layer in layers]
    taken = {value for message in messages for name, value in message.fields if name == "name"}
    counts: Counter[str] = Counter()
    named = []
    for message in messages:
        kind = next((name for name, value in message.fields if isinstance(value, Message)), "layer")
        counts[kind] += 1
        if all(name != "name" for name, _ in message.fields):
            while f'"{kind}{counts[kind]}"' in taken:
                counts[kind] += 1
            message = Message(message.type, [("name", f'"{kind}{counts[kind]}"'), *message.fields])
        named.append(message)
    return named
