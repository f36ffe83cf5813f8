"""A graph of layers in PyTorch: a rule for each kind, from a layer, its inputs and its weights to what it computes."""
import math

import torch
import torch.nn.functional as F

from graph import one, pair, window_of_layer

ACTIVATIONS = {"NONE": lambda x: x, "RELU": F.relu, "SIGMOID": torch.sigmoid, "TANH": torch.tanh, "GELU": F.gelu,
               "SILU": F.silu, "SOFTPLUS": F.softplus, "LEAKY_RELU": F.leaky_relu, "ELU": F.elu}


def activated(layer, x):
    return ACTIVATIONS[one(layer.fields, "activation", "NONE")](x)


def epsilon(layer):
    return one(layer.fields, "epsilon", 1e-5)


def padded(window, x, value=0.0, most=(math.inf, math.inf)):
    """The input and the padding that is left for the layer to do, of which it can do so much."""
    top, bottom, left, right = window.pads
    if window.is_symmetric() and top <= most[0] and left <= most[1]:
        return x, (top, left)
    return F.pad(x, (left, right, top, bottom), value=value), (0, 0)


def dense(layer, x, weights, training):
    return activated(layer, F.linear(x.flatten(1), weights["weight"], weights.get("bias")))


def conv2d(layer, x, weights, training):
    window = window_of_layer(layer)
    x, padding = padded(window, x)
    return activated(layer, F.conv2d(x, weights["weight"], weights.get("bias"), window.stride, padding, window.dilation,
                                     one(layer.fields, "groups", 1)))


def half(kernel):
    """PyTorch's pools pad no more."""
    return kernel[0] // 2, kernel[1] // 2


def max_pool(layer, x, weights, training):
    window = window_of_layer(layer)
    x, padding = padded(window, x, -torch.inf, half(window.kernel))
    return F.max_pool2d(x, window.kernel, window.stride, padding)


def avg_pool(layer, x, weights, training):
    window = window_of_layer(layer)
    x, padding = padded(window, x, most=half(window.kernel))
    return F.avg_pool2d(x, window.kernel, window.stride, padding)


def batch_norm(layer, x, weights, training):
    return F.batch_norm(x, weights["running_mean"], weights["running_variance"], weights["gain"], weights["offset"],
                        training, 1 - one(layer.fields, "momentum", 0.9), epsilon(layer))


def layer_norm(layer, x, weights, training):
    return F.layer_norm(x, x.shape[-1:], weights["gain"], weights["offset"], epsilon(layer))


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
    return F.interpolate(x, scale_factor=tuple(map(float, pair(layer.fields["factor"]))), mode="nearest")


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


RULES = {
    "dense": dense, "conv2d": conv2d, "max_pool": max_pool, "avg_pool": avg_pool, "batch_norm": batch_norm,
    "layer_norm": layer_norm, "rms_norm": rms_norm, "group_norm": group_norm, "instance_norm": group_norm,
    "dropout": dropout, "activation": activation, "upsample": upsample,
    "global_avg_pool": lambda layer, x, weights, training: x.mean((2, 3)),
    "global_max_pool": lambda layer, x, weights, training: x.amax((2, 3)),
    "flatten": lambda layer, x, weights, training: x.flatten(1),
    "reshape": lambda layer, x, weights, training: x.reshape(-1, *layer.shape),
    "softmax": lambda layer, x, weights, training: F.softmax(x, -1),
    "log_softmax": lambda layer, x, weights, training: F.log_softmax(x, -1),
}
JOINS = {"add": add, "mul": mul, "concat": concat}


def forward(graph, tensors, x, training):
    """What the loss sees; `tensors` are weights and states by name."""
    values = {graph.input_name: x}
    for layer in graph.layers:
        fed = [values[name] for name in layer.inputs]
        if layer.kind in JOINS:
            values[layer.name] = JOINS[layer.kind](layer, *fed)
            continue
        own = {part: tensors[f"{layer.name}.{part}"] for part in (*layer.weights, *layer.states)}
        values[layer.name] = RULES[layer.kind](layer, fed[0], own, training)
    return values[graph.output]


def softmax_cross_entropy(fields, x, target):
    return F.cross_entropy(x, target, label_smoothing=one(fields, "label_smoothing", 0.0))


LOSSES = {
    "softmax_cross_entropy": softmax_cross_entropy,
    "binary_cross_entropy_with_logits": lambda fields, x, target: F.binary_cross_entropy_with_logits(x, target),
    "mean_squared_error": lambda fields, x, target: F.mse_loss(x, target),
    "l1": lambda fields, x, target: F.l1_loss(x, target),
    "huber": lambda fields, x, target: F.huber_loss(x, target, delta=one(fields, "delta", 1.0)),
}
PREDICTIONS = {"softmax_cross_entropy": lambda x: F.softmax(x, 1), "binary_cross_entropy_with_logits": torch.sigmoid}


def loss(graph, x, target):
    return LOSSES[graph.loss](graph.loss_fields, x, target)


def prediction(graph, x):
    return PREDICTIONS.get(graph.loss, lambda x: x)(x)
