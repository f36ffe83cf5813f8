"""Inference of the same networks by Minnow, ONNX Runtime and, where they are installed, OpenVINO and LiteRT, on so many threads.

    python bench/peers/onnx_inference.py build/tools/minnow [NAME...] [--rounds N] [--threads N] [--files FOLDER]

Networks from PyTorch, exported as its exporter does, or the files of a folder. LiteRT, which reads no ONNX, has each network
and batch size from litert-torch, as NAME-BATCH.tflite. Programs take turns, one computing while the others wait until their
threads no longer look for work; of each the least time counts. Needs torch, onnx, onnxruntime, onnxscript; openvino and
litert-torch if these are to take part.
"""
import argparse
import contextlib
import importlib.util
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from report import duration, ratio, table  # noqa: E402

BATCHES = (1, 64)
SECONDS = 0.05  # of a sample, or one step
PAUSE_SECONDS = 0.02  # in which the last program's threads stop waiting for more


def is_installed(package):
    return importlib.util.find_spec(package) is not None


def networks():
    import torch
    from torch import nn

    def conv(i, o, stride=1, groups=1, size=3):
        return nn.Sequential(nn.Conv2d(i, o, size, stride, size // 2, groups=groups, bias=False), nn.BatchNorm2d(o), nn.ReLU())

    class Residual(nn.Module):
        def __init__(self, i, o, stride):
            super().__init__()
            self.body = nn.Sequential(conv(i, o, stride), nn.Conv2d(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o))
            self.skip = nn.Conv2d(i, o, 1, stride) if i != o else nn.Identity()

        def forward(self, x):
            return torch.relu(self.body(x) + self.skip(x))

    class Last(nn.Module):
        def __init__(self, cell, width):
            super().__init__()
            self.cell, self.out = cell, nn.Linear(width, 10)

        def forward(self, x):
            return self.out(self.cell(x)[0][:, -1])

    class Vit(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches, self.places = nn.Conv2d(3, 64, 4, 4), nn.Parameter(torch.randn(1, 64, 64))
            layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, norm_first=True, activation="gelu")
            self.blocks, self.out = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False), nn.Linear(64, 10)

        def forward(self, x):
            return self.out(self.blocks(self.patches(x).flatten(2).transpose(1, 2) + self.places).mean(1))

    def pooled(width):
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))

    digit, picture, rows = (1, 28, 28), (3, 32, 32), (32, 32)
    yield "mlp", nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)), digit
    yield "lenet", nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Sigmoid(),
                                 nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(),
                                 nn.Linear(84, 10)), digit
    yield "resnet", nn.Sequential(conv(3, 16), Residual(16, 16, 1), Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 32, 1),
                                  Residual(32, 64, 2), Residual(64, 64, 1), pooled(64)), picture
    yield "mobilenet", nn.Sequential(conv(3, 16, 2), *[nn.Sequential(conv(i, i, s, i), conv(i, o, size=1)) for i, o, s in (
        (16, 32, 1), (32, 64, 2), (64, 64, 1), (64, 128, 2), (128, 128, 1))], pooled(128)), picture
    yield "vgg", nn.Sequential(conv(3, 32), conv(32, 32), nn.MaxPool2d(2), conv(32, 64), conv(64, 64), nn.MaxPool2d(2), pooled(64)), picture
    yield "autoencoder", nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
                                       nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(16, 3, 4, 2, 1), nn.Sigmoid()), picture
    yield "lstm", Last(nn.LSTM(32, 64, batch_first=True), 64), rows
    yield "gru", Last(nn.GRU(32, 64, batch_first=True), 64), rows
    yield "transformer", nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, activation="gelu"), (32, 64)
    yield "vit", Vit(), picture


def export(folder, names):
    import torch

    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    for name, model, shape in networks():
        if not names or name in names:
            torch.onnx.export(model.eval(), (torch.randn(2, *shape),), folder / f"{name}.onnx", input_names=["x"], verbose=False,
                              dynamic_shapes=({0: torch.export.Dim("batch")},), dynamo=True, external_data=False)
            if is_installed("litert_torch"):
                export_to_litert(folder, name, model, shape)


def export_to_litert(folder, name, model, shape):
    """A file for each batch size. A network that litert-torch cannot convert has none, and LiteRT does without it."""
    import litert_torch
    import torch

    for batch in BATCHES:
        path = folder / f"{name}-{batch}.tflite"
        try:
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # it tells of every pass
                litert_torch.convert(model, (torch.randn(batch, *shape),)).export(str(path))
        except Exception as error:  # of any of its parts
            print(f"not converted: {path.stem}, {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)


class Minnow:
    """`minnow bench`, which runs as many steps as it is asked for."""

    def __init__(self, program, path, batch, threads):
        self.process = subprocess.Popen(
            [program, "bench", path, "--function", "infer", "--batch-size", str(batch), "--threads", str(threads), "--on-request"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()  # what it is about to do

    def steps(self, count):
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Called:
    def __init__(self, call):
        self.call = call
        self.steps(1)

    def steps(self, count):
        start = time.perf_counter()
        for _ in range(count):
            self.call()
        return time.perf_counter() - start

    def close(self):
        pass


def feeds(path, batch):
    import onnx

    graph = onnx.load(path).graph
    given = {tensor.name for tensor in graph.initializer}
    rng = np.random.default_rng(0)
    return {value.name: rng.normal(size=[batch if d.dim_param or i == 0 else d.dim_value
                                         for i, d in enumerate(value.type.tensor_type.shape.dim)]).astype(np.float32)
            for value in graph.input if value.name not in given}


def onnx_runtime(path, batch, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = feeds(path, batch)
    return Called(lambda: session.run(None, feed))


def openvino(path, batch, threads):
    import openvino

    core = openvino.Core()
    model = core.read_model(str(path))
    feed = feeds(path, batch)
    model.reshape({name: list(array.shape) for name, array in feed.items()})
    request = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    return Called(lambda: request.infer(feed))


def litert(path, batch, threads):
    """With XNNPACK, which it takes of itself."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(litert_file(path, batch)), num_threads=threads)
    interpreter.allocate_tensors()
    for given, array in zip(interpreter.get_input_details(), feeds(path, batch).values()):
        interpreter.set_tensor(given["index"], array)
    return Called(interpreter.invoke)


def litert_file(path, batch):
    return path.with_name(f"{path.stem}-{batch}.tflite")


def measure(program, path, batch, threads, rounds):
    makers = {"Minnow": lambda: Minnow(program, path, batch, threads), "ONNX Runtime": lambda: onnx_runtime(path, batch, threads)}
    if is_installed("openvino"):
        makers["OpenVINO"] = lambda: openvino(path, batch, threads)
    if is_installed("ai_edge_litert") and litert_file(path, batch).exists():
        makers["LiteRT"] = lambda: litert(path, batch, threads)
    runners = {name: make() for name, make in makers.items()}
    counts = {name: max(1, int(SECONDS / max(1e-7, min(runner.steps(1) for _ in range(3))))) for name, runner in runners.items()}
    best = dict.fromkeys(runners, float("inf"))
    for _ in range(rounds):
        for name, runner in runners.items():
            time.sleep(PAUSE_SECONDS)
            best[name] = min(best[name], runner.steps(counts[name]) / counts[name])
    for runner in runners.values():
        runner.close()
    return best


def measure_apart(*arguments):
    """In a process of its own: threads that a peer leaves behind spinning would slow the next network."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, arguments)


def cells(best, programs):
    """Each program's time and, but for Minnow's, how many times Minnow's it is."""
    return ["" if name not in best else duration(best[name]) + ("" if name == "Minnow" else f" ({ratio(best[name] / best['Minnow'])})")
            for name in programs]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--files", type=pathlib.Path, help="a folder of .onnx files")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = options.files or pathlib.Path(place)
        if not options.files:
            export(folder, options.names)
        found = {}
        for path in sorted(path for path in folder.glob("*.onnx") if not options.names or path.stem in options.names):
            for batch in BATCHES:
                case = f"{path.stem}, {batch}"
                found[case] = measure_apart(options.program, path, batch, options.threads, options.rounds)
                print(case, *cells(found[case], found[case]), sep="  ", file=sys.stderr, flush=True)
        programs = list(dict.fromkeys(name for best in found.values() for name in best))
        print(table(["network, batch", *programs], [[case, *cells(best, programs)] for case, best in found.items()]))


if __name__ == "__main__":
    main()
