"""What the tests with other frameworks share: runs of minnow, and of the files that it exports."""
import pathlib
import subprocess

import numpy as np


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
    return done.stdout


def session_of(path):
    """An ONNX Runtime session of a file that the checker passes."""
    import onnx
    import onnxruntime

    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def predictions(path, **inputs):
    return session_of(path).run(["prediction"], inputs)[0]


def write_model(folder, inputs, layers):
    """A model whose output is what its last layer gives."""
    path = pathlib.Path(folder) / "model.textproto"
    path.write_text(f"{inputs}\n{layers}\nloss {{ mean_squared_error {{}} }}\n")
    return path


def difference(one, other):
    one, other = np.asarray(one), np.asarray(other)
    assert one.shape == other.shape, (one.shape, other.shape)
    return float(np.abs(one - other).max()) / max(1.0, float(np.abs(other).max()))


class Verdicts:
    """A line for each case, and the exit code of the test."""

    def __init__(self):
        self.failures = 0

    def add(self, name, found, allowed=1e-5):
        good = found <= allowed
        self.failures += not good
        print(f"{name:32} {found:9.2g}  {'ok' if good else 'FAILED'}", flush=True)

    def fail(self, name, why):
        self.failures += 1
        print(f"{name:32} {why}", flush=True)

    def code(self):
        return 1 if self.failures else 0
