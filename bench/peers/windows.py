"""Windows of convolutions and pools, and what size they make of a size."""
import math
from typing import NamedTuple

from model_file import one


class Window(NamedTuple):
    """Of a convolution or a pool: a number for each dimension of space, pads two, as (top, bottom, left, right)."""
    kernel: tuple
    stride: tuple
    dilation: tuple
    pads: tuple

    def before(self):
        return self.pads[::2]

    def after(self):
        return self.pads[1::2]

    def is_symmetric(self):
        return self.before() == self.after()

    def reach(self):
        """How many elements it spans in each dimension."""
        return tuple(dilation * (kernel - 1) + 1 for dilation, kernel in zip(self.dilation, self.kernel))

    def output(self, size):
        return tuple((n + before + after - reach) // stride + 1 for n, before, after, reach, stride in
                     zip(size, self.before(), self.after(), self.reach(), self.stride))

    def transposed_output(self, size, more):
        """Of the transposed convolution; `more` is its output_padding."""
        return tuple((n - 1) * stride - before - after + reach + extra for n, before, after, reach, stride, extra in
                     zip(size, self.before(), self.after(), self.reach(), self.stride, more))


def per_dimension(values, rank):
    """One value is that of all dimensions."""
    return tuple(values) if len(values) == rank else (values[0],) * rank


def same_pads(size, kernel, stride, dilation):
    pads = []
    for n, k, s, d in zip(size, kernel, stride, dilation):
        total = max((math.ceil(n / s) - 1) * s + d * (k - 1) + 1 - n, 0)
        pads += [total // 2, total - total // 2]
    return tuple(pads)


def window_of(kind, fields, size):
    """`size` is that of the input, without its channels."""
    rank = len(size)
    kernel = per_dimension(fields["kernel"], rank)
    stride = per_dimension(fields.get("stride", kernel if kind.endswith("pool") else [1]), rank)
    dilation = per_dimension(fields.get("dilation", [1]), rank)
    if one(fields, "padding") == "SAME":
        return Window(kernel, stride, dilation, same_pads(size, kernel, stride, dilation))
    pads = fields.get("pad", [0])
    if len(pads) != 2 * rank:
        pads = [pad for pad in per_dimension(pads, rank) for _ in range(2)]
    return Window(kernel, stride, dilation, tuple(pads))


def output_padding(fields, rank):
    return per_dimension(fields.get("output_padding", [0]), rank)
