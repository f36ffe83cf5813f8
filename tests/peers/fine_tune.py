"""The commands of examples/fine-tune, in less time: what PyTorch trained is frozen, the rest learns, ONNX Runtime agrees.

fine_tune.py MINNOW PROJECT
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import onnxruntime  # noqa: F401
    import safetensors.torch  # noqa: F401
    import torch  # noqa: F401
except ImportError as missing:
    print(f"{missing.name} is not installed: nothing to compare with")
    sys.exit(77)

from tensor_file import read_tensors

FROZEN = ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias"]


def run(folder, *arguments):
    done = subprocess.run([str(a) for a in arguments], cwd=folder, capture_output=True, text=True)
    print(done.stdout + done.stderr, flush=True)
    assert done.returncode == 0, arguments
    return done.stdout + done.stderr


def percent(text):
    return float(re.search(r"([\d.]+) %", text).group(1))


def main():
    minnow, project = sys.argv[1:]
    data = os.environ.get("MINNOW_DATA", "")
    if not pathlib.Path(data, "mnist").is_dir() or not pathlib.Path(data, "fashion-mnist").is_dir():
        print("MINNOW_DATA names no folder with mnist/ and fashion-mnist/")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place) / "fine-tune"
        shutil.copytree(pathlib.Path(project) / "examples/fine-tune", folder)
        assert percent(run(folder, sys.executable, "pretrain.py", "60").split("steps:")[1]) > 80
        less = ("--set", "data.train_examples=4000", "--set", "data.validation_examples=2000")
        told = run(folder, minnow, "train", "fine-tune.textproto", *less, "--out", "run")
        assert "8 weights matched, 2 missing, 2 left over" in told
        before, after = read_tensors(folder / "cnn.safetensors"), read_tensors(folder / "run/weights.safetensors")
        for name in FROZEN:
            assert (before[name] == after[name]).all(), name
        assert (before["bn1.running_var"] == after["bn1.running_variance"]).all()
        assert "clothes.weight.m" in after and "conv1.weight.m" not in after
        run(folder, minnow, "export", "run", "-o", "net.onnx")
        found = run(folder, sys.executable, "predict.py", "net.onnx")
        ours = run(folder, minnow, "eval", "run", "--set", "data.validation_examples=2000")
        assert percent(found) > 60
        assert abs(percent(found) - percent(ours[ours.index("accuracy"):])) < 0.11, (found, ours)


if __name__ == "__main__":
    main()
