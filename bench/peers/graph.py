"""A network as its model file has it: layers in order of computation, with shapes, weights and windows, for peers to build
from their own layers. Shapes are of one example; weights have Minnow's names and shapes (networks.py)."""
import math
from typing import NamedTuple

from model_file import one, parse

BYTE_SOURCES = ("builtin", "named", "idx", "png_folder")
IMAGE_NORMS = ("group_norm", "instance_norm")
STATES = {"running_mean": 0.0, "running_variance": 1.0}  # and what they begin with


class Layer(NamedTuple):
    name: str
    kind: str
    fields: dict
    inputs: tuple
    input_shapes: tuple
    shape: tuple
    weights: dict  # "weight" → shape, and so on
    states: tuple = ()


class Window(NamedTuple):
    """Of a convolution or a pool: pairs are (vertical, horizontal), pads (top, bottom, left, right)."""
    kernel: tuple
    stride: tuple
    dilation: tuple
    pads: tuple

    def is_symmetric(self):
        top, bottom, left, right = self.pads
        return top == bottom and left == right

    def output(self, size):
        padded = (size[0] + sum(self.pads[:2]), size[1] + sum(self.pads[2:]))
        return tuple((padded[i] - self.dilation[i] * (self.kernel[i] - 1) - 1) // self.stride[i] + 1 for i in (0, 1))


def pair(values):
    return tuple(values) if len(values) == 2 else (values[0], values[0])


def same_pads(size, kernel, stride, dilation):
    pads = []
    for i in (0, 1):
        total = max((math.ceil(size[i] / stride[i]) - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 - size[i], 0)
        pads += [total // 2, total - total // 2]
    return tuple(pads)


def window_of(fields, size, default_stride):
    kernel = pair(fields["kernel"])
    stride = pair(fields["stride"]) if "stride" in fields else default_stride or kernel
    dilation = pair(fields.get("dilation", [1]))
    if one(fields, "padding") == "SAME":
        return Window(kernel, stride, dilation, same_pads(size, kernel, stride, dilation))
    pad = fields.get("pad", [0])
    if len(pad) < 4:
        vertical, horizontal = pair(pad)
        pad = (vertical, vertical, horizontal, horizontal)
    return Window(kernel, stride, dilation, tuple(pad))


def window_of_layer(layer):
    return window_of(layer.fields, layer.input_shapes[0][1:], (1, 1) if layer.kind == "conv2d" else None)


def reshaped(shape, wanted):
    known = math.prod(size for size in wanted if size > 0)
    return tuple(math.prod(shape) // known if size == -1 else size for size in wanted)


def joined(shapes, axis):
    return (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1:])


def broadcast(shapes):
    rank = max(map(len, shapes))
    return tuple(map(max, zip(*(shape + (1,) * (rank - len(shape)) for shape in shapes))))


def output_shape(kind, fields, shapes):
    shape = shapes[0]
    if kind == "dense":
        return (one(fields, "units"),)
    if kind == "conv2d":
        return (one(fields, "filters"), *window_of(fields, shape[1:], (1, 1)).output(shape[1:]))
    if kind in ("max_pool", "avg_pool"):
        return (shape[0], *window_of(fields, shape[1:], None).output(shape[1:]))
    if kind in ("global_max_pool", "global_avg_pool"):
        return shape[:1]
    if kind == "upsample":
        factor = pair(fields["factor"])
        return (shape[0], shape[1] * factor[0], shape[2] * factor[1])
    if kind == "flatten":
        return (math.prod(shape),)
    if kind == "reshape":
        return reshaped(shape, fields["shape"])
    if kind == "concat":
        return joined(shapes, one(fields, "axis", 0))
    return broadcast(shapes)


def weights_of(kind, fields, shape, output):
    """Shapes by name; `shape` is the input's."""
    if kind == "dense":
        weights = {"weight": (math.prod(shape), output[0])}
    elif kind == "conv2d":
        weights = {"weight": (output[0], shape[0] // one(fields, "groups", 1), *pair(fields["kernel"]))}
    elif kind == "batch_norm" or kind in IMAGE_NORMS:
        return {"gain": shape[:1], "offset": shape[:1]}
    elif kind == "layer_norm":
        return {"gain": shape[-1:], "offset": shape[-1:]}
    elif kind == "rms_norm":
        return {"gain": shape[-1:]}
    else:
        return {}
    return weights | ({"bias": output[:1]} if one(fields, "bias", True) else {})


class Graph:
    """What a peer needs of a model file. Layers stand in the file in order of computation."""

    def __init__(self, text):
        model = parse(text)
        self.input_name = one(model["inputs"][0], "name")
        self.input_shape = tuple(model["inputs"][0]["shape"])
        self.takes_bytes = any(source in one(model, "data", {}) for source in BYTE_SOURCES)
        self.loss, self.loss_fields = next((kind, value[0]) for kind, value in one(model, "loss").items())
        self.layers = []
        shapes = {self.input_name: self.input_shape}
        for message in model["layers"]:
            self.layers.append(self.layer(message, shapes))
            shapes[self.layers[-1].name] = self.layers[-1].shape
        self.output = one(model, "output", self.layers[-1].name)
        self.output_shape = shapes[self.output]

    def layer(self, message, shapes):
        before = self.layers[-1].name if self.layers else self.input_name
        inputs = tuple(message.get("inputs", [before]))
        kind, fields = next((kind, value[0]) for kind, value in message.items() if kind not in ("name", "inputs"))
        fed = tuple(shapes[name] for name in inputs)
        shape = output_shape(kind, fields, fed)
        return Layer(one(message, "name"), kind, fields, inputs, fed, shape, weights_of(kind, fields, fed[0], shape),
                     tuple(STATES) if kind == "batch_norm" else ())

    def without_dropout(self):
        """Itself, with dropout layers that drop nothing."""
        self.layers = [layer._replace(fields={"rate": [0]}) if layer.kind == "dropout" else layer
                       for layer in self.layers]
        return self

    def dropouts(self):
        return [layer.name for layer in self.layers if layer.kind == "dropout"]
