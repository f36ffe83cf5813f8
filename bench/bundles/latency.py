#!/usr/bin/env python3
"""Latency of one example: bundles beside ONNX Runtime, and OpenVINO where it is installed.

    latency.py MINNOW [--rounds N]

Networks are written as model files, with the weights that training draws. Each is compiled to a bundle and linked with a
loop in C, and exported for the others, which are called from Python with their inputs bound beforehand, on one thread. A
round measures each runtime once; the minimum over the rounds counts. Prints a table in Markdown. Pin it to a core that is
idle: taskset -c 1 latency.py ...
"""
import argparse
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime

DENSE = 'inputs {{ name: "x" shape: [{0}] }}\nlayers {{ name: "y" dense {{ units: {0} activation: RELU }} }}\n'
RECURRENT = 'inputs {{ name: "x" shape: [{1}, 64] }}\nlayers {{ name: "y" {0} {{ units: 64 }} }}\n'
LENET = """
inputs { name: "x" shape: [1, 28, 28] }
layers { name: "conv1" conv2d { filters: 6 kernel: 5 pad: 2 activation: RELU } }
layers { name: "pool1" max_pool { kernel: 2 } }
layers { name: "conv2" conv2d { filters: 16 kernel: 5 activation: RELU } }
layers { name: "pool2" max_pool { kernel: 2 } }
layers { name: "fc1" dense { units: 120 activation: RELU } }
layers { name: "fc2" dense { units: 84 activation: RELU } }
layers { name: "fc3" dense { units: 10 } }
"""
NETWORKS = {
    "dense 4 → 4": DENSE.format(4), "dense 16 → 16": DENSE.format(16), "dense 64 → 64": DENSE.format(64),
    "GRU 64, one step": RECURRENT.format("gru", 1), "GRU 64, 16 steps": RECURRENT.format("gru", 16),
    "LSTM 64, one step": RECURRENT.format("lstm", 1), "LSTM 64, 16 steps": RECURRENT.format("lstm", 16), "LeNet": LENET,
}

LOOP = r"""
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "net.h"
static unsigned char room[NET_MEMORY_SIZE + NET_ALIGNMENT];
static float x[NET_INFER_X_SIZE], y[NET_INFER_PREDICTION_SIZE];
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec; }
int main(int count, char **arguments) {
  void *memory = room + (NET_ALIGNMENT - (uintptr_t)room % NET_ALIGNMENT) % NET_ALIGNMENT;
  int calls = atoi(arguments[count - 1]);
  for (int i = 0; i < NET_INFER_X_SIZE; ++i) x[i] = (float)(i % 7) / 7;
  if (net_init(memory) != 0) return 1;
  double best = 1;
  for (int part = 0; part < 300; ++part) {
    double begin = now();
    for (int i = 0; i < calls; ++i) if (net_infer(memory, x, y) != 0) return 1;
    double each = (now() - begin) / calls;
    if (each < best) best = each;
  }
  printf("%.3e %.6f\n", best, (double)y[0]);
  return 0;
}
"""


def run(*arguments):
    return subprocess.run([str(a) for a in arguments], check=True, capture_output=True, text=True).stdout


class Bundle:
    def __init__(self, minnow, folder):
        run(minnow, "compile", folder / "m.textproto", "--emit=bundle", "--batch-size", "1", "--name", "net", "-o", folder / "b")
        (folder / "loop.c").write_text(LOOP)
        self.program = folder / "loop"
        run("cc", "-O2", "-std=c99", f"-I{folder}/b", folder / "loop.c", folder / "b/net.o", "-o", self.program)

    def measure(self):
        seconds, first = run(self.program, 50).split()
        self.answer = float(first)
        return float(seconds)


def best_of(call, calls=10, parts=200):
    best = 1.0
    for _ in range(parts):
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - begin) / calls)
    return best


class OnnxRuntime:
    def __init__(self, path, x):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        binding.bind_cpu_input(session.get_inputs()[0].name, x)
        binding.bind_output(session.get_outputs()[0].name)
        self.call = lambda: session.run_with_iobinding(binding)
        self.call()
        self.answer = float(binding.copy_outputs_to_cpu()[0].ravel()[0])

    def measure(self):
        return best_of(self.call)


class OpenVino:
    def __init__(self, path, x):
        import openvino

        core = openvino.Core()
        model = core.read_model(str(path))
        model.reshape({model.inputs[0]: list(x.shape)})
        request = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY",
                                                    "INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
        request.set_input_tensor(openvino.Tensor(x))
        self.call = request.infer
        self.call()
        self.answer = float(request.get_output_tensor().data.ravel()[0])

    def measure(self):
        return best_of(self.call)


def runtimes(minnow, folder, text):
    (folder / "m.textproto").write_text(text + "loss { mean_squared_error {} }\n")
    run(minnow, "export", folder / "m.textproto", "-o", folder / "m.onnx")
    shape = onnxruntime.InferenceSession(str(folder / "m.onnx")).get_inputs()[0].shape
    shape = [1] + shape[1:]
    x = ((np.arange(np.prod(shape)) % 7) / 7).astype(np.float32).reshape(shape)
    made = {"bundle": Bundle(minnow, folder), "ONNX Runtime": OnnxRuntime(folder / "m.onnx", x)}
    try:
        made["OpenVINO"] = OpenVino(folder / "m.onnx", x)
    except ImportError:
        pass
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minnow", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    flags = parser.parse_args()
    names = None
    for network, text in NETWORKS.items():
        with tempfile.TemporaryDirectory() as place:
            made = runtimes(flags.minnow.resolve(), pathlib.Path(place), text)
            best = {name: float("inf") for name in made}
            for _ in range(flags.rounds):
                for name, runtime in made.items():
                    best[name] = min(best[name], runtime.measure())
            for name, runtime in made.items():
                assert abs(runtime.answer - made["bundle"].answer) < 1e-4, (network, name, runtime.answer, made["bundle"].answer)
        if names is None:
            names = list(made)
            print("| microseconds | " + " | ".join(names) + " |\n" + "|---" * (len(names) + 1) + "|")
        print(f"| {network} | " + " | ".join(f"{best[name] * 1e6:.3g}" for name in names) + " |", flush=True)


if __name__ == "__main__":
    main()
