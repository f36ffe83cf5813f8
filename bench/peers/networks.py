"""The networks of models/ that the peers build, with their weights and batches as NumPy arrays.

parity.py holds them against the model files. Shapes are Minnow's: pictures [N,1,28,28], weights of a convolution
[filters, channels, kernel, kernel], of a dense layer [inputs, units].
"""
from typing import NamedTuple

import numpy

LEARNING_RATE = 0.001  # as `minnow bench`: the same batch again and again must not diverge


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


def weighted(network):
    """The layers that have weights."""
    return [layer for layer in network if not isinstance(layer, Pool)]


def has_convolutions(network):
    return any(isinstance(layer, Convolution) for layer in network)


def draw_weights(network, seed=1):
    """Uniform within 1/sqrt(inputs of a unit), by Minnow's names."""
    random = numpy.random.default_rng(seed)
    weights = {}
    for layer in weighted(network):
        shape = layer.weight_shape()
        inputs = layer.inputs if isinstance(layer, Dense) else numpy.prod(shape[1:])
        bias_shape = (layer.units if isinstance(layer, Dense) else layer.filters,)
        for part, part_shape in (("weight", shape), ("bias", bias_shape)):
            drawn = random.uniform(-1, 1, part_shape) / numpy.sqrt(inputs)
            weights[f"{layer.name}.{part}"] = drawn.astype(numpy.float32)
    return weights


def draw_batch(size, seed=2):
    """Pictures of random bytes, and random classes."""
    random = numpy.random.default_rng(seed)
    images = random.integers(0, 256, (size, 1, 28, 28), dtype=numpy.uint8)
    return images, random.integers(0, 10, size, dtype=numpy.int32)


def as_numbers(images):
    """What the models' first op makes of bytes."""
    return images.astype(numpy.float32) * numpy.float32(1 / 255)
