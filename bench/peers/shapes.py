"""What shapes a layer's output and its weights have, by the kind of layer. Shapes are of one example; weights have Minnow's
names and shapes."""
import math

import recurrence
from model_file import one
from windows import output_padding, per_dimension, window_of

IMAGE_NORMS = ("group_norm", "instance_norm")
CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
TRANSPOSED_CONVOLUTIONS = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")


def reshaped(shape, wanted):
    known = math.prod(size for size in wanted if size > 0)
    return tuple(math.prod(shape) // known if size == -1 else size for size in wanted)


def joined(shapes, axis):
    return (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1:])


def broadcast(shapes):
    rank = max(map(len, shapes))
    return tuple(map(max, zip(*(shape + (1,) * (rank - len(shape)) for shape in shapes))))


def matrix_product(fields, one_shape, other):
    """Dimensions in front of the matrices come together from the last; a vector's are none."""
    front = max(one_shape[:-2], other[:-2], key=len)
    padded = [(1,) * (len(front) - len(shape[:-2])) + shape[:-2] for shape in (one_shape, other)]
    rows = one_shape[-1 if one(fields, "transpose_a", False) else -2] if len(one_shape) > 1 else None
    columns = other[-2 if one(fields, "transpose_b", False) else -1] if len(other) > 1 else None
    return (*map(max, *padded), *(size for size in (rows, columns) if size is not None))


def output_shape(kind, fields, shapes):
    shape = shapes[0]
    if kind == "dense":
        return (*(shape[:-1] if one(fields, "per_position", False) else ()), one(fields, "units"))
    if kind in CONVOLUTIONS:
        return (one(fields, "filters"), *window_of(kind, fields, shape[1:]).output(shape[1:]))
    if kind in TRANSPOSED_CONVOLUTIONS:
        size = shape[1:]
        more = output_padding(fields, len(size))
        return (one(fields, "filters"), *window_of(kind, fields, size).transposed_output(size, more))
    if kind in ("max_pool", "avg_pool"):
        return (shape[0], *window_of(kind, fields, shape[1:]).output(shape[1:]))
    if kind in ("global_max_pool", "global_avg_pool"):
        return shape[:1]
    if kind == "upsample":
        factors = per_dimension(fields["factor"], len(shape) - 1)
        return (shape[0], *(n * factor for n, factor in zip(shape[1:], factors)))
    if kind == "flatten":
        return (math.prod(shape),)
    if kind == "reshape":
        return reshaped(shape, fields["shape"])
    if kind == "concat":
        return joined(shapes, one(fields, "axis", 0))
    if kind == "permute":
        return tuple(shape[i] for i in fields["order"])
    if kind == "matmul":
        return matrix_product(fields, *shapes)
    if kind in recurrence.GATES:
        return recurrence.output_of(fields, shape)
    if kind == "embedding":
        return (*shape, one(fields, "units"))
    if kind == "one_hot":
        return (*shape, one(fields, "vocabulary"))
    if kind == "attention":
        return shape
    if kind in RESHAPED:
        return RESHAPED[kind](fields, shape)
    return broadcast(shapes)


def axis_of(fields, field, shape, default):
    axis = one(fields, field, default)
    return axis + len(shape) if axis < 0 else axis


def reduced(fields, shape):
    """All dimensions become one of size 1."""
    axes = {axis % len(shape) for axis in fields.get("axes", range(len(shape)))}
    kept = tuple(1 if i in axes else size for i, size in enumerate(shape) if one(fields, "keep", False) or i not in axes)
    return kept or (1,)


def sliced(fields, shape):
    axis = axis_of(fields, "axis", shape, 0)
    part = range(shape[axis])[one(fields, "start", 0):one(fields, "limit"):one(fields, "stride", 1)]
    return (*shape[:axis], len(part), *shape[axis + 1:])


def halved(fields, shape):
    axis = axis_of(fields, "axis", shape, -1)
    return (*shape[:axis], shape[axis] // 2, *shape[axis + 1:])


def bias_of(fields, outputs):
    return {"bias": (outputs,)} if one(fields, "bias", True) else {}


RESHAPED = {"reduce": reduced, "slice": sliced, "glu": halved}


def head_width(fields, features):
    return one(fields, "width", features // one(fields, "heads"))


def weights_of_attention(fields, shapes):
    features, memory, heads = shapes[0][-1], shapes[-2 if one(fields, "lengths", False) else -1][-1], one(fields, "heads")
    width, shared = head_width(fields, features), one(fields, "key_value_heads", heads)
    weights = {"query": (features, heads * width), "key": (memory, shared * width), "value": (memory, shared * width),
               "out": (heads * width, features)}
    biases = {f"{part}.bias": shape[1:] for part, shape in weights.items() if one(fields, "bias", True)}
    return {f"{part}.weight": shape for part, shape in weights.items()} | biases


def weights_of(kind, fields, shapes, output):
    """Shapes by name; `shapes` are the inputs'."""
    shape = shapes[0]
    if kind == "attention":
        return weights_of_attention(fields, shapes)
    if kind in recurrence.GATES:
        return recurrence.weights_of(kind, fields, shape)
    if kind == "embedding":
        return {"weight": (one(fields, "vocabulary"), one(fields, "units"))}
    if kind == "position":
        return {"weight": shape} if one(fields, "code") == "LEARNED" else {}
    if kind == "prelu":
        return {"slope": shape[:1]}
    if kind == "dense":
        inputs = shape[-1] if one(fields, "per_position", False) else math.prod(shape)
        return {"weight": (inputs, output[-1])} | bias_of(fields, output[-1])
    if kind in CONVOLUTIONS:
        kernel = per_dimension(fields["kernel"], len(shape) - 1)
        return {"weight": (output[0], shape[0] // one(fields, "groups", 1), *kernel)} | bias_of(fields, output[0])
    if kind in TRANSPOSED_CONVOLUTIONS:
        kernel = per_dimension(fields["kernel"], len(shape) - 1)
        return {"weight": (shape[0], output[0] // one(fields, "groups", 1), *kernel)} | bias_of(fields, output[0])
    if kind == "batch_norm" or kind in IMAGE_NORMS:
        return {"gain": shape[:1], "offset": shape[:1]}
    if kind == "layer_norm":
        return {"gain": shape[-1:], "offset": shape[-1:]}
    if kind == "rms_norm":
        return {"gain": shape[-1:]}
    return {}
