"""A graph of layers in PyTorch: a rule for each kind, from a layer, its inputs and its weights to what it computes."""
import functools

import torch
import torch.nn.functional as F

import recurrence
import torch_sequences
from graph import window_of_layer
from model_file import one
from shapes import CONVOLUTIONS, TRANSPOSED_CONVOLUTIONS, axis_of
from windows import output_padding, per_dimension

ACTIVATIONS = {"NONE": lambda x: x, "RELU": F.relu, "SIGMOID": torch.sigmoid, "TANH": torch.tanh, "GELU": F.gelu,
               "SILU": F.silu, "SOFTPLUS": F.softplus, "LEAKY_RELU": F.leaky_relu, "ELU": F.elu,
               "RELU6": F.relu6, "HARD_SIGMOID": F.hardsigmoid, "HARD_SWISH": F.hardswish, "MISH": F.mish,
               "GELU_TANH": functools.partial(F.gelu, approximate="tanh")}
# By the number of dimensions of space
CONVOLVE = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONVOLVE_TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
MAX_POOL = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG_POOL = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
LINEAR_MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}


def activated(layer, x):
    return ACTIVATIONS[one(layer.fields, "activation", "NONE")](x)


def epsilon(layer):
    return one(layer.fields, "epsilon", 1e-5)


def space(x):
    """The number of dimensions behind batch and channels."""
    return x.ndim - 2


def padded(window, x, value=0.0, most=None):
    """The input and the padding that is left for the layer to do, of which it can do so much in each dimension."""
    before, after = window.before(), window.after()
    if window.is_symmetric() and (most is None or all(pad <= limit for pad, limit in zip(before, most))):
        return x, before
    pads = [pad for sides in reversed(list(zip(before, after))) for pad in sides]  # the last dimension first
    return F.pad(x, pads, value=value), (0,) * space(x)


def dense(layer, x, weights, training):
    rows = x if one(layer.fields, "per_position", False) else x.flatten(1)
    return activated(layer, F.linear(rows, weights["weight"], weights.get("bias")))


def convolution(layer, x, weights, training):
    window = window_of_layer(layer)
    x, padding = padded(window, x)
    return activated(layer, CONVOLVE[space(x)](x, weights["weight"], weights.get("bias"), window.stride, padding,
                                               window.dilation, one(layer.fields, "groups", 1)))


def cut(window, y):
    """Without what the padding takes off the edges."""
    for dim, (before, after) in enumerate(zip(window.before(), window.after()), 2):
        y = y.narrow(dim, before, y.shape[dim] - before - after)
    return y


def transposed_convolution(layer, x, weights, training):
    window = window_of_layer(layer)
    padding = window.before() if window.is_symmetric() else (0,) * space(x)
    y = CONVOLVE_TRANSPOSED[space(x)](x, weights["weight"], weights.get("bias"), window.stride, padding,
                                      output_padding(layer.fields, space(x)), one(layer.fields, "groups", 1),
                                      window.dilation)
    return activated(layer, y if window.is_symmetric() else cut(window, y))


def half(kernel):
    """PyTorch's pools pad no more."""
    return tuple(size // 2 for size in kernel)


def max_pool(layer, x, weights, training):
    window = window_of_layer(layer)
    x, padding = padded(window, x, -torch.inf, half(window.kernel))
    return MAX_POOL[space(x)](x, window.kernel, window.stride, padding)


def avg_pool(layer, x, weights, training):
    window = window_of_layer(layer)
    x, padding = padded(window, x, most=half(window.kernel))
    return AVG_POOL[space(x)](x, window.kernel, window.stride, padding)


def batch_norm(layer, x, weights, training):
    return F.batch_norm(x, weights["running_mean"], weights["running_variance"], weights["gain"], weights["offset"],
                        training, 1 - one(layer.fields, "momentum", 0.9), epsilon(layer))


def layer_norm(layer, x, weights, training):
    return F.layer_norm(x, layer.shape[-1:], weights["gain"], weights["offset"], epsilon(layer))


def rms_norm(layer, x, weights, training):
    return F.rms_norm(x, x.shape[-1:], weights["gain"], epsilon(layer))


def group_norm(layer, x, weights, training):
    return F.group_norm(x, one(layer.fields, "groups", x.shape[1]), weights["gain"], weights["offset"], epsilon(layer))


def dropout(layer, x, weights, training):
    return F.dropout(x, one(layer.fields, "rate", 0.5), training)


def activation(layer, x, weights, training):
    function = ACTIVATIONS[one(layer.fields, "function")]
    return function(x, layer.fields["slope"][0]) if "slope" in layer.fields else function(x)


def upsample(layer, x, weights, training):
    factors = tuple(map(float, per_dimension(layer.fields["factor"], space(x))))
    if one(layer.fields, "mode") == "LINEAR":
        return F.interpolate(x, scale_factor=factors, mode=LINEAR_MODES[space(x)], align_corners=False)
    return F.interpolate(x, scale_factor=factors, mode="nearest")


def permute(layer, x, weights, training):
    return x.permute(0, *(1 + i for i in layer.fields["order"]))


def position(layer, x, weights, training):
    return x + weights["weight" if "weight" in weights else "table"]


def embedding(layer, x, weights, training):
    return F.embedding(x, weights["weight"])


def one_hot(layer, x, weights, training):
    return F.one_hot(x, one(layer.fields, "vocabulary")).float()


def prelu(layer, x, weights, training):
    return F.prelu(x, weights["slope"])


def glu(layer, x, weights, training):
    halves = x.chunk(2, 1 + axis_of(layer.fields, "axis", x.shape[1:], -1))
    return halves[0] * ACTIVATIONS[one(layer.fields, "gate", "SIGMOID")](halves[1])


def part(layer, x, weights, training):
    axis = 1 + axis_of(layer.fields, "axis", x.shape[1:], 0)
    chosen = slice(one(layer.fields, "start", 0), one(layer.fields, "limit"), one(layer.fields, "stride", 1))
    return x[(slice(None),) * axis + (chosen,)]


def reduce(layer, x, weights, training):
    dims = [axis + 1 if axis >= 0 else axis for axis in layer.fields.get("axes", range(x.ndim - 1))]
    function = {"MEAN": torch.mean, "SUM": torch.sum, "MAX": torch.amax, "MIN": torch.amin}[one(layer.fields, "function")]
    return function(x, dims).reshape(-1, *layer.shape)


def spread(values):
    """Vectors beside images get their dimensions."""
    rank = max(x.ndim for x in values)
    return [x.reshape(x.shape + (1,) * (rank - x.ndim)) for x in values]


def add(layer, first, *others):
    first, *others = spread((first, *others))
    for x in others:
        first = first + x
    return first


def mul(layer, first, *others):
    first, *others = spread((first, *others))
    for x in others:
        first = first * x
    return first


def concat(layer, *values):
    return torch.cat(values, 1 + one(layer.fields, "axis", 0))


def with_front(x, rank):
    """A batch of matrices with so many dimensions, the new ones behind the batch."""
    return x.reshape(x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:])


def matmul(layer, a, b):
    a_is_row, b_is_column = a.ndim == 2, b.ndim == 2
    a = a.unsqueeze(-2) if a_is_row else a.mT if one(layer.fields, "transpose_a", False) else a
    b = b.unsqueeze(-1) if b_is_column else b.mT if one(layer.fields, "transpose_b", False) else b
    rank = max(a.ndim, b.ndim)
    y = torch.matmul(with_front(a, rank), with_front(b, rank))
    y = y.squeeze(-2) if a_is_row else y.squeeze(-1) if b_is_column else y
    scale = one(layer.fields, "scale", 1)
    return y if scale == 1 else y * scale


RULES = {
    **dict.fromkeys(CONVOLUTIONS, convolution), **dict.fromkeys(TRANSPOSED_CONVOLUTIONS, transposed_convolution),
    "dense": dense, "max_pool": max_pool, "avg_pool": avg_pool, "batch_norm": batch_norm,
    "layer_norm": layer_norm, "rms_norm": rms_norm, "group_norm": group_norm, "instance_norm": group_norm,
    "dropout": dropout, "activation": activation, "upsample": upsample,
    "permute": permute, "position": position, "reduce": reduce, "embedding": embedding, "one_hot": one_hot,
    "prelu": prelu, "glu": glu, "slice": part,
    "global_avg_pool": lambda layer, x, weights, training: x.flatten(2).mean(2),
    "global_max_pool": lambda layer, x, weights, training: x.flatten(2).amax(2),
    "flatten": lambda layer, x, weights, training: x.flatten(1),
    "reshape": lambda layer, x, weights, training: x.reshape(-1, *layer.shape),
    "softmax": lambda layer, x, weights, training: F.softmax(x, -1),
    "log_softmax": lambda layer, x, weights, training: F.log_softmax(x, -1),
}
JOINS = {"add": add, "mul": mul, "concat": concat, "matmul": matmul}


SEQUENCES = {"attention": torch_sequences.attention, **dict.fromkeys(recurrence.GATES, torch_sequences.recurrent)}


def tables(graph):
    """What does not depend on weights and inputs, by names that `forward` knows."""
    found = {f"{layer.name}.table": torch_sequences.table(layer) for layer in graph.layers}
    return {name: tensor for name, tensor in found.items() if tensor is not None}


def weights_of(layer, tensors):
    """By the names of its parts."""
    own = {part: tensors[weight.name].mT if weight.is_turned else tensors[weight.name]
           for part, weight in layer.tensors.items()}
    return own | {"table": tensors[f"{layer.name}.table"]} if f"{layer.name}.table" in tensors else own


def forward(graph, tensors, inputs, training):
    """What the loss sees; `tensors` are weights, states and tables by name, so are the inputs."""
    values = dict(inputs)
    for layer in graph.layers:
        fed = [values[name] for name in layer.inputs]
        if layer.kind in JOINS:
            values[layer.name] = JOINS[layer.kind](layer, *fed)
        elif layer.kind in SEQUENCES:
            values[layer.name] = SEQUENCES[layer.kind](layer, weights_of(layer, tensors), training, *fed)
        else:
            values[layer.name] = RULES[layer.kind](layer, fed[0], weights_of(layer, tensors), training)
    return values[graph.output]


def softmax_cross_entropy(fields, x, target):
    """A mean over all positions that count."""
    return F.cross_entropy(x.flatten(0, -2), target.flatten(), ignore_index=one(fields, "ignore_index", -100),
                           label_smoothing=one(fields, "label_smoothing", 0.0))


LOSSES = {
    "softmax_cross_entropy": softmax_cross_entropy,
    "binary_cross_entropy_with_logits": lambda fields, x, target: F.binary_cross_entropy_with_logits(x, target),
    "mean_squared_error": lambda fields, x, target: F.mse_loss(x, target),
    "l1": lambda fields, x, target: F.l1_loss(x, target),
    "huber": lambda fields, x, target: F.huber_loss(x, target, delta=one(fields, "delta", 1.0)),
}
PREDICTIONS = {"softmax_cross_entropy": lambda x: F.softmax(x, -1), "binary_cross_entropy_with_logits": torch.sigmoid}


def loss(graph, x, target):
    return LOSSES[graph.loss](graph.loss_fields, x, target)


def prediction(graph, x):
    return PREDICTIONS.get(graph.loss, lambda x: x)(x)
