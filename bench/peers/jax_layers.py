"""Layers in JAX: a rule for each kind, from a layer, its weights and its inputs to what it computes. Weights are Minnow's."""
import functools
import math

import jax
import jax.numpy as jnp
import numpy

from graph import window_of_layer
from model_file import one
from shapes import axis_of, head_width
from windows import output_padding, per_dimension

ACTIVATIONS = {"NONE": lambda x: x, "RELU": jax.nn.relu, "SIGMOID": jax.nn.sigmoid, "TANH": jnp.tanh,
               "GELU": functools.partial(jax.nn.gelu, approximate=False), "GELU_TANH": jax.nn.gelu, "SILU": jax.nn.silu,
               "SOFTPLUS": jax.nn.softplus, "LEAKY_RELU": jax.nn.leaky_relu, "ELU": jax.nn.elu, "RELU6": jax.nn.relu6,
               "HARD_SIGMOID": jax.nn.hard_sigmoid, "HARD_SWISH": jax.nn.hard_swish, "MISH": jax.nn.mish}


def activated(layer, x):
    return ACTIVATIONS[one(layer.fields, "activation", "NONE")](x)


def activation(layer, weights, x):
    function = ACTIVATIONS[one(layer.fields, "function")]
    return function(x, layer.fields["slope"][0]) if "slope" in layer.fields else function(x)


def per_channel(vector, x):
    """[C] beside x [N,C,...]"""
    return vector.reshape(-1, *(1,) * (x.ndim - 2))


def dense(layer, weights, x):
    rows = x if one(layer.fields, "per_position", False) else x.reshape(x.shape[0], -1)
    y = rows @ weights["weight"]
    return activated(layer, y + weights["bias"] if "bias" in weights else y)


def pads_of(window):
    return tuple(zip(window.before(), window.after()))


def convolution(layer, weights, x):
    window = window_of_layer(layer)
    y = jax.lax.conv_general_dilated(x, weights["weight"], window.stride, pads_of(window), rhs_dilation=window.dilation,
                                     feature_group_count=one(layer.fields, "groups", 1))
    return activated(layer, y + per_channel(weights["bias"], y) if "bias" in weights else y)


def transposed_convolution(layer, weights, x):
    """Without groups: a convolution of the input, zeros between its elements, with the mirrored filters."""
    window, rank = window_of_layer(layer), x.ndim - 2
    more = output_padding(layer.fields, rank)
    pads = [(reach - 1 - before, reach - 1 - after + extra)
            for reach, (before, after), extra in zip(window.reach(), pads_of(window), more)]
    filters = jnp.flip(weights["weight"], range(2, x.ndim)).swapaxes(0, 1)
    y = jax.lax.conv_general_dilated(x, filters, (1,) * rank, pads, window.stride, window.dilation)
    return activated(layer, y + per_channel(weights["bias"], y) if "bias" in weights else y)


def pooled(layer, x, start, combine):
    window = window_of_layer(layer)
    return jax.lax.reduce_window(x, start, combine, (1, 1, *window.kernel), (1, 1, *window.stride),
                                 ((0, 0), (0, 0), *pads_of(window)))


def avg_pool(layer, weights, x):
    y = pooled(layer, x, 0.0, jax.lax.add)
    return y / math.prod(window_of_layer(layer).kernel)


def normalized(layer, x, axes):
    centred = x - x.mean(axes, keepdims=True)
    return centred * jax.lax.rsqrt((centred * centred).mean(axes, keepdims=True) + one(layer.fields, "epsilon", 1e-5))


def layer_norm(layer, weights, x):
    return normalized(layer, x, -1) * weights["gain"] + weights["offset"]


def rms_norm(layer, weights, x):
    return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + one(layer.fields, "epsilon", 1e-5)) * weights["gain"]


def group_norm(layer, weights, x):
    groups = x.reshape(x.shape[0], one(layer.fields, "groups", x.shape[1]), -1)
    y = normalized(layer, groups, -1).reshape(x.shape)
    return y * per_channel(weights["gain"], x) + per_channel(weights["offset"], x)


def batch_norm(layer, weights, x, is_training):
    """And the new states."""
    axes, states = (0, *range(2, x.ndim)), {part: weights[part] for part in ("running_mean", "running_variance")}
    if is_training:
        mean, variance, count = x.mean(axes), x.var(axes), x.size // x.shape[1]
        keep = one(layer.fields, "momentum", 0.9)
        states = {"running_mean": keep * states["running_mean"] + (1 - keep) * mean,
                  "running_variance": keep * states["running_variance"] + (1 - keep) * variance * count / (count - 1)}
    else:
        mean, variance = states.values()
    scale = weights["gain"] * jax.lax.rsqrt(variance + one(layer.fields, "epsilon", 1e-5))
    return (x - per_channel(mean, x)) * per_channel(scale, x) + per_channel(weights["offset"], x), states


def dropout(layer, x, key):
    kept = 1 - one(layer.fields, "rate", 0.5)
    return jnp.where(jax.random.bernoulli(key, kept, x.shape), x / kept, 0) if key is not None and kept < 1 else x


def angles(length, exponents, base):
    return numpy.arange(length)[:, None] / base ** exponents


def position(layer, weights, x):
    """x [N,T,D]"""
    if weights:
        return x + weights["weight"]
    column = numpy.arange(x.shape[2])
    turns = angles(x.shape[1], column // 2 * 2 / len(column), one(layer.fields, "base", 10000))
    return x + numpy.where(column % 2 == 0, numpy.sin(turns), numpy.cos(turns)).astype(numpy.float32)


def rotated(x, base):
    """Number i of a head by turns with number i + width/2: x [N,T,H,W]"""
    half = x.shape[-1] // 2
    turns = angles(x.shape[1], numpy.arange(half) / half, base)[:, None]
    cosines, sines = numpy.cos(turns).astype(numpy.float32), numpy.sin(turns).astype(numpy.float32)
    a, b = jnp.split(x, 2, -1)
    return jnp.concatenate((a * cosines - b * sines, b * cosines + a * sines), -1)


def attention(layer, weights, x, memory=None):
    """Without lengths and dropout."""
    width = head_width(layer.fields, x.shape[-1])

    def projected(part, rows):
        return rows @ weights[f"{part}.weight"] + weights.get(f"{part}.bias", 0)

    def heads(part, rows):
        return projected(part, rows).reshape(*rows.shape[:2], -1, width)

    memory = x if memory is None else memory
    query, key = heads("query", x), heads("key", memory)
    if one(layer.fields, "rotary", False):
        query, key = (rotated(rows, one(layer.fields, "rotary_base", 10000)) for rows in (query, key))
    y = jax.nn.dot_product_attention(query, key, heads("value", memory), is_causal=one(layer.fields, "causal", False))
    return projected("out", y.reshape(*y.shape[:2], -1))


def glu(layer, weights, x):
    first, gate = jnp.split(x, 2, 1 + axis_of(layer.fields, "axis", x.shape[1:], -1))
    return first * ACTIVATIONS[one(layer.fields, "gate", "SIGMOID")](gate)


def upsample(layer, weights, x):
    """To the nearest."""
    for i, factor in enumerate(per_dimension(layer.fields["factor"], x.ndim - 2)):
        x = jnp.repeat(x, factor, 2 + i)
    return x


def reduce(layer, weights, x):
    axes = tuple(axis + 1 if axis >= 0 else axis for axis in layer.fields.get("axes", range(x.ndim - 1)))
    function = {"MEAN": jnp.mean, "SUM": jnp.sum, "MAX": jnp.max, "MIN": jnp.min}[one(layer.fields, "function")]
    return function(x, axes).reshape(-1, *layer.shape)


def joined(combine, values):
    """Vectors beside images get their dimensions."""
    rank = max(x.ndim for x in values)
    return functools.reduce(combine, (x.reshape(x.shape + (1,) * (rank - x.ndim)) for x in values))


RULES = {
    "dense": dense, "conv1d": convolution, "conv2d": convolution, "conv3d": convolution, "conv_transpose2d": transposed_convolution,
    "avg_pool": avg_pool,
    "max_pool": lambda layer, weights, x: pooled(layer, x, -jnp.inf, jax.lax.max),
    "activation": activation, "layer_norm": layer_norm, "rms_norm": rms_norm, "group_norm": group_norm,
    "instance_norm": group_norm, "attention": attention, "glu": glu, "upsample": upsample, "reduce": reduce,
    "global_avg_pool": lambda layer, weights, x: x.mean(tuple(range(2, x.ndim))),
    "flatten": lambda layer, weights, x: x.reshape(x.shape[0], -1),
    "reshape": lambda layer, weights, x: x.reshape(-1, *layer.shape),
    "permute": lambda layer, weights, x: x.transpose(0, *(1 + i for i in layer.fields["order"])),
    "position": position,
    "one_hot": lambda layer, weights, x: jax.nn.one_hot(x, one(layer.fields, "vocabulary")),
    "embedding": lambda layer, weights, x: weights["weight"][x],
    "add": lambda layer, weights, *values: joined(jnp.add, values),
    "mul": lambda layer, weights, *values: joined(jnp.multiply, values),
    "concat": lambda layer, weights, *values: jnp.concatenate(values, 1 + one(layer.fields, "axis", 0)),
}
