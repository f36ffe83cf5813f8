"""The networks of models/ that the peers build, with their weights and batches as NumPy arrays.

Four are written here; the others are read from their files (graph.py). parity.py holds both against what Minnow
makes of the files. Shapes are Minnow's: pictures [N,1,28,28], weights of a convolution [filters, channels, kernel, kernel],
of a dense layer [inputs, units].
"""
from typing import NamedTuple

import numpy

from contenders import model_text
from graph import STATES, Graph

LEARNING_RATE = 0.001  # as `minnow bench`: the same batch again and again must not diverge
OUTCOME_RATE = 2.0**20  # of the one step that is compared: next to what it adds, the weight and its rounding vanish


class Convolution(NamedTuple):
    name: str
    channels: int
    filters: int
    pad: int
    activation: str
    kernel: int = 5

    def weight_shape(self):
        return (self.filters, self.channels, self.kernel, self.kernel)


class Pool(NamedTuple):
    """The maximum or the average of 2x2."""
    kind: str


class Dense(NamedTuple):
    name: str
    inputs: int
    units: int
    activation: str = ""

    def weight_shape(self):
        return (self.inputs, self.units)


def lenet(activation, pool):
    return [Convolution("conv1", 1, 6, 2, activation), Pool(pool),
            Convolution("conv2", 6, 16, 0, activation), Pool(pool),
            Dense("fc1", 400, 120, activation), Dense("fc2", 120, 84, activation), Dense("fc3", 84, 10)]


NETWORKS = {
    "lenet": lenet("sigmoid", "average"),
    "lenet-relu": lenet("relu", "max"),
    "mlp-256": [Dense("hidden", 784, 256, "relu"), Dense("fc", 256, 10)],
    "softmax-regression": [Dense("fc", 784, 10)],
}


def network_of(model):
    """A list of layers, or a Graph."""
    return NETWORKS[model] if model in NETWORKS else Graph(model_text(model))


def dropouts(network):
    """Paths of the fields that say how much is dropped."""
    return network.dropouts() if isinstance(network, Graph) else []


def without_dropout(network):
    """Each framework draws other numbers."""
    return network.without_dropout() if isinstance(network, Graph) else network


def weighted(network):
    """The layers that have weights."""
    return [layer for layer in network if not isinstance(layer, Pool)]


def has_convolutions(network):
    """Of images, which may lie in memory in two ways."""
    if isinstance(network, Graph):
        return any(layer.kind in ("conv2d", "conv_transpose2d") for layer in network.layers)
    return any(isinstance(layer, Convolution) for layer in network)


def is_state(name):
    """Or a weight, which is trained by its gradient."""
    return name.rpartition(".")[2] in STATES


def draw_part(random, part, shapes):
    """One of a layer's weights: around 1 if it is a factor, else as far from 0 as draw_weights says."""
    if part == "slope":
        return random.uniform(0.1, 0.4, shapes[part])
    if part in ("gain", "offset"):
        return (part == "gain") + random.uniform(-0.1, 0.1, shapes[part])
    weight = shapes.get(part.removesuffix("bias").removesuffix("weight") + "weight", shapes[part])
    return random.uniform(-1, 1, shapes[part]) / numpy.sqrt(weight[0] if len(weight) <= 2 else numpy.prod(weight[1:]))


def draw_graph_weights(graph, random):
    arrays = {}
    for layer in graph.layers:
        for part in layer.weights:
            arrays[f"{layer.name}.{part}"] = draw_part(random, part, layer.weights).astype(numpy.float32)
        for part in layer.states:
            arrays[f"{layer.name}.{part}"] = numpy.full(layer.weights["gain"], STATES[part], numpy.float32)
    return arrays


def draw_weights(network, seed=1):
    """Uniform within 1/sqrt(inputs of a unit), by Minnow's names; and states, which are not random."""
    random = numpy.random.default_rng(seed)
    if isinstance(network, Graph):
        return draw_graph_weights(network, random)
    weights = {}
    for layer in weighted(network):
        shape = layer.weight_shape()
        inputs = layer.inputs if isinstance(layer, Dense) else numpy.prod(shape[1:])
        bias_shape = (layer.units if isinstance(layer, Dense) else layer.filters,)
        for part, part_shape in (("weight", shape), ("bias", bias_shape)):
            drawn = random.uniform(-1, 1, part_shape) / numpy.sqrt(inputs)
            weights[f"{layer.name}.{part}"] = drawn.astype(numpy.float32)
    return weights


def draw_targets(graph, size, random):
    """Classes, some of which do not count if the loss says so, or what looks like an output."""
    if graph.loss != "softmax_cross_entropy":
        return random.random((size, *graph.output_shape), dtype=numpy.float32)
    labels = random.integers(0, graph.output_shape[-1], (size, *graph.output_shape[:-1]), dtype=numpy.int32)
    if "ignore_index" in graph.loss_fields:
        labels[random.random(labels.shape) < 0.25] = graph.loss_fields["ignore_index"][-1]
    return labels


def draw_input(graph, given, size, random):
    """Tokens, lengths, bytes, or numbers in [0, 1) where the model is not fed bytes."""
    shape = (size, *given.shape)
    if given.whole:
        return random.integers(*given.whole, shape).astype(numpy.int32 if given.is_tokens else numpy.float32)
    if graph.takes_bytes:
        return random.integers(0, 256, shape, dtype=numpy.uint8)
    return random.random(shape, dtype=numpy.float32)


def draw_batch(network, size, seed=2):
    """Inputs by name, and random targets. Pictures are random bytes."""
    random = numpy.random.default_rng(seed)
    if isinstance(network, Graph):
        inputs = {given.name: draw_input(network, given, size, random) for given in network.inputs}
        return inputs, draw_targets(network, size, random)
    images = random.integers(0, 256, (size, 1, 28, 28), dtype=numpy.uint8)
    return {"image": images}, random.integers(0, 10, size, dtype=numpy.int32)


def as_numbers(inputs):
    """What the models' first op makes of bytes."""
    return {name: array.astype(numpy.float32) * numpy.float32(1 / 255) if array.dtype == numpy.uint8 else array
            for name, array in inputs.items()}
