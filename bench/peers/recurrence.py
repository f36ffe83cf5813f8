"""What the layers rnn, gru and lstm have in common, as a model file says it."""
from typing import NamedTuple

from model_file import one

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


class Cell(NamedTuple):
    """Goes along the sequence in one direction; `prefix` is that of its weights' names."""
    prefix: str
    layer: int
    reverse: bool


def directions(fields):
    return 2 if one(fields, "bidirectional", False) else 1


def cells(fields):
    """In the order in which PyTorch wants their weights."""
    for layer in range(one(fields, "layers", 1)):
        for reverse in (False, True)[:directions(fields)]:
            yield Cell((f"layer{layer}." if layer else "") + ("reverse." if reverse else ""), layer, reverse)


def is_keras(fields):
    return one(fields, "convention", "PYTORCH") == "KERAS"


def has_biases(fields):
    return one(fields, "bias", True)


def has_two_biases(kind, fields):
    return has_biases(fields) and (kind == "gru" or not is_keras(fields))


def gives_last(fields):
    """The state behind the last position, not that of every one."""
    return one(fields, "output", "SEQUENCE") == "LAST"


def output_of(fields, shape):
    features = one(fields, "units") * directions(fields)
    return (features,) if gives_last(fields) else (shape[0], features)


def weights_of(kind, fields, shape):
    """Shapes by name."""
    units, weights = one(fields, "units"), {}
    for cell in cells(fields):
        inputs = shape[-1] if cell.layer == 0 else units * directions(fields)
        weights[cell.prefix + "input.weight"] = (inputs, GATES[kind] * units)
        weights[cell.prefix + "recurrent.weight"] = (units, GATES[kind] * units)
        if has_biases(fields):
            weights[cell.prefix + "input.bias"] = (GATES[kind] * units,)
        if has_two_biases(kind, fields):
            weights[cell.prefix + "recurrent.bias"] = (GATES[kind] * units,)
    return weights


def has_other_gates(kind, fields):
    """Whether the first two of the three gates are in the other order than PyTorch's."""
    return kind == "gru" and is_keras(fields)
