#!/usr/bin/env python3
"""Writes glyphs.onnx: a small convolutional network for pictures of 28 by 28, untrained.   make_glyphs.py FILE.onnx"""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

random = numpy.random.default_rng(1)


def drawn(name, *shape):
    fan_in = numpy.prod(shape[1:])
    return numpy_helper.from_array((random.standard_normal(shape) * (2 / fan_in) ** 0.5).astype("float32"), name)


def filled(name, size, value):
    return numpy_helper.from_array(numpy.full(size, value, "float32"), name)


def block(i, x, inputs, outputs):
    names = {part: f"bn{i}.{part}" for part in ("weight", "bias", "running_mean", "running_var")}
    nodes = [
        helper.make_node("Conv", [x, f"conv{i}.weight"], [f"conv{i}.y"], f"conv{i}", pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", [f"conv{i}.y", *names.values()], [f"bn{i}.y"], f"bn{i}"),
        helper.make_node("Relu", [f"bn{i}.y"], [f"relu{i}.y"], f"relu{i}"),
        helper.make_node("MaxPool", [f"relu{i}.y"], [f"pool{i}.y"], f"pool{i}", kernel_shape=[2, 2], strides=[2, 2]),
    ]
    weights = [drawn(f"conv{i}.weight", outputs, inputs, 3, 3), filled(names["weight"], outputs, 1), filled(names["bias"], outputs, 0),
               filled(names["running_mean"], outputs, 0), filled(names["running_var"], outputs, 1)]
    return nodes, weights


def main():
    first, first_weights = block(1, "image", 1, 8)
    second, second_weights = block(2, "pool1.y", 8, 12)
    last = [helper.make_node("Flatten", ["pool2.y"], ["flat.y"], "flat"),
            helper.make_node("Gemm", ["flat.y", "fc.weight", "fc.bias"], ["scores"], "fc", transB=1)]
    graph = helper.make_graph(
        [*first, *second, *last], "glyphs",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 28, 28])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])],
        [*first_weights, *second_weights, drawn("fc.weight", 10, 12 * 7 * 7), filled("fc.bias", 10, 0)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8, producer_name="minnow")
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, sys.argv[1])


if __name__ == "__main__":
    main()
