"""A network as its model file has it: layers in order of computation, with shapes, weights and windows, for peers to build
from their own layers. Shapes are of one example; weights have Minnow's names and shapes (networks.py)."""
from typing import NamedTuple

import recurrence
from blocks import expanded
from model_file import one, parse
from shapes import output_shape, weights_of
from windows import window_of

BYTE_SOURCES = ("builtin", "named", "idx", "png_folder")
OF_EVERY_KIND = ("name", "inputs", "share", "share_transposed")
STATES = {"running_mean": 0.0, "running_variance": 1.0}  # and what they begin with
TABLES = ("embedding", "position")  # whose weight is rows to look up; other matrices map inputs to outputs
DROPPING = ("attention", *recurrence.GATES)  # which have a `dropout` of their own
TOKENS_STAY = ("flatten", "reshape", "permute", "slice", "concat")


class Weight(NamedTuple):
    """A tensor that a layer has or shares."""
    name: str
    is_turned: bool  # as a matrix, it is the transpose of what such a layer of its own would have


class Form(NamedTuple):
    """How a peer that has PyTorch's conventions keeps a weight."""
    is_table: bool = False  # otherwise a matrix is [outputs,inputs]
    swaps_gates: bool = False  # the first two of three


class Layer(NamedTuple):
    name: str
    kind: str
    fields: dict
    inputs: tuple
    input_shapes: tuple
    shape: tuple
    weights: dict  # "weight" → shape, and so on, of its own
    states: tuple
    tensors: dict  # "weight" → Weight, and so on, its own, shared and states


class Input(NamedTuple):
    name: str
    shape: tuple
    is_tokens: bool  # i32
    whole: tuple = ()  # the least and past the largest, of tokens and of lengths, which are numbers


def window_of_layer(layer):
    return window_of(layer.kind, layer.fields, layer.input_shapes[0][1:])


def inputs_of(message):
    return [Input(one(given, "name"), tuple(given["shape"]), one(given, "type", "F32") == "I32")
            for given in message["inputs"]]


def has_lengths(layer):
    """Whether its last input is the lengths of the examples' sequences."""
    if layer.kind in recurrence.GATES:
        return len(layer.inputs) > 1
    return layer.kind == "attention" and one(layer.fields, "lengths", False)


def limits(inputs, layers):
    """The inputs with the whole numbers that the layers take."""
    sources = {given.name: {given.name} for given in inputs}
    bounds = {}
    for layer in layers:
        fed = [sources.get(name, set()) for name in layer.inputs]
        if layer.kind in TOKENS_STAY:
            sources[layer.name] = set().union(*fed)
        found = {}
        if layer.kind in ("embedding", "one_hot"):
            found = dict.fromkeys(fed[0], (0, one(layer.fields, "vocabulary")))
        elif has_lengths(layer):
            found = dict.fromkeys(fed[-1], (1, layer.input_shapes[-2][0] + 1))
        for name, (low, high) in found.items():
            known = bounds.get(name, (low, high))
            bounds[name] = max(low, known[0]), min(high, known[1])
    return [given._replace(whole=bounds.get(given.name, (0, 2) if given.is_tokens else ())) for given in inputs]


class Graph:
    """What a peer needs of a model file. Layers stand in the file in order of computation."""

    def __init__(self, text):
        model = expanded(parse(text))
        if "losses" in model:
            raise ValueError("peers know one loss only")
        self.takes_bytes = any(source in one(model, "data", {}) for source in BYTE_SOURCES)
        self.loss, self.loss_fields = next((kind, value[0]) for kind, value in one(model, "loss").items())
        self.messages = {one(message, "name"): message for message in model["layers"]}
        self.forms = {}  # of all weights and states, by name
        self.layers = []
        inputs = inputs_of(model)
        shapes = {given.name: given.shape for given in inputs}
        for message in model["layers"]:
            self.layers.append(self.layer(message, shapes))
            shapes[self.layers[-1].name] = self.layers[-1].shape
        self.inputs = limits(inputs, self.layers)
        self.output = one(model, "output")
        self.output_shape = shapes[self.output]

    def layer(self, message, shapes):
        inputs = tuple(message["inputs"])
        name = one(message, "name")
        kind = kind_of(message)
        fields = one(message, kind)
        fed = tuple(shapes[name] for name in inputs)
        shape = output_shape(kind, fields, fed)
        states = tuple(STATES) if kind == "batch_norm" else ()
        weights = weights_of(kind, fields, fed, shape)
        tensors = {}
        for part in (*weights, *states):
            tensors[part] = self.shared(message, part, len(weights.get(part, (0,)))) or Weight(f"{name}.{part}", False)
        own = {part: shape for part, shape in weights.items() if tensors[part].name == f"{name}.{part}"}
        own_states = tuple(part for part in states if tensors[part].name == f"{name}.{part}")
        for part in (*own, *own_states):
            self.forms[tensors[part].name] = Form(kind in TABLES, recurrence.has_other_gates(kind, fields))
        return Layer(name, kind, fields, inputs, fed, shape, own, own_states, tensors)

    def shared(self, message, part, rank):
        """The Weight at the end of a chain of `share`, if there is one."""
        kind, is_transposed = kind_of(message), False
        owner = message
        while "share" in owner:
            borrower, owner = owner, self.messages[one(owner, "share")]
            is_transposed ^= one(borrower, "share_transposed", False) or kind_of(borrower) != kind_of(owner)
        name = f"{one(owner, 'name')}.{part}"
        if owner is message or name not in self.forms or is_transposed and rank != 2:
            return None
        return Weight(name, rank == 2 and is_transposed ^ (self.forms[name].is_table != (kind in TABLES)))

    def kinds(self):
        return {layer.kind for layer in self.layers}

    def is_recurrent(self):
        return not self.kinds().isdisjoint(recurrence.GATES)

    def without_dropout(self):
        """Itself, with layers that drop nothing."""
        self.layers = [layer._replace(fields=layer.fields | {"rate" if layer.kind == "dropout" else "dropout": [0]})
                       if layer.kind in ("dropout", *DROPPING) else layer for layer in self.layers]
        return self

    def dropouts(self):
        """Paths of the fields that say how much is dropped."""
        return [f"{layer.name}.{layer.kind}.{field}" for layer in self.layers for field in ("rate", "dropout")
                if layer.kind == "dropout" and field == "rate" or layer.kind in DROPPING and field in layer.fields]


def kind_of(message):
    return next(kind for kind in message if kind not in OF_EVERY_KIND)
