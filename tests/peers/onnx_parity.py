"""Every shipped model, exported to ONNX and run by ONNX Runtime, gives what Minnow gives.

onnx_parity.py MINNOW PROJECT [NAME...]

Weights and running statistics are random, so that no zero bias hides a mistake, and batches have two sizes. Exits with 77,
which a test takes for skipped, where onnx or onnxruntime are not installed.
"""
import pathlib
import re
import sys
import tempfile

try:
    import numpy as np
    import onnx  # noqa: F401
    import onnxruntime  # noqa: F401
except ImportError as missing:
    print(f"{missing.name} is not installed: nothing to compare with")
    sys.exit(77)

from exchange import Verdicts, difference, run, session_of
from tensor_file import write_tensors

BATCHES = (1, 5)


def parameters(ir):
    """(name, dtype, shape, role) of each parameter of the function in this text."""
    head = re.search(r"func @infer\((.*?)\) ->", ir, re.S).group(1)
    found = re.findall(r'%("[^"]+"|[\w.\-]+): (\w+)\[([\d,]*)\](?: (\w+))?', head)
    return [(n.strip('"'), d, tuple(int(x) for x in s.split(",") if x), r or "input") for n, d, s, r in found]


def random_weight(rng, name, shape):
    if name.endswith("running_variance"):
        return rng.uniform(0.5, 2, shape).astype(np.float32)
    fan_in = max(1, int(np.prod(shape[1:]))) if len(shape) > 2 else max(1, shape[0] if shape else 1)
    scale = 1 / np.sqrt(fan_in) if len(shape) > 1 else 0.2
    centre = 1 if name.endswith("gain") else 0
    return (centre + rng.uniform(-1, 1, shape) * scale).astype(np.float32)


def vocabulary(model):
    """What tokens lie below, as the layers that read them say."""
    text = pathlib.Path(model).read_text()
    sizes = [int(n) for n in re.findall(r"vocabulary: *(\d+)", text)]
    return min(sizes) if sizes else 2


def random_input(rng, dtype, shape, tokens):
    if dtype == "i32":
        return rng.integers(0, tokens, shape).astype(np.int32)
    if dtype == "u8":
        return rng.integers(0, 256, shape).astype(np.uint8)
    return rng.standard_normal(shape).astype(np.float32)


def lowered(minnow, model, batch, folder):
    path = folder / f"infer{batch}.ir"
    run(minnow, "compile", model, "--function=infer", "--passes", "", f"--batch-size={batch}", "-o", path)
    return path


def compare(minnow, model, folder):
    """The largest difference of a prediction, over both batches."""
    rng = np.random.default_rng(7)
    tokens = vocabulary(model)
    weights = {}
    for name, _, shape, role in parameters(lowered(minnow, model, BATCHES[0], folder).read_text()):
        if role in ("weight", "state"):
            weights[name] = random_weight(rng, name, shape)
    write_tensors(folder / "w.safetensors", weights, {"minnow.names": "minnow"})
    run(minnow, "export", model, "--weights", folder / "w.safetensors", "-o", folder / "net.onnx")
    session = session_of(folder / "net.onnx")
    worst = 0.0
    for batch in BATCHES:
        ir = lowered(minnow, model, batch, folder)
        feed, flags = {}, []
        for name, dtype, shape, role in parameters(ir.read_text()):
            value = random_input(rng, dtype, shape, tokens) if role == "input" else weights[name]
            if role == "input":
                feed[name] = value
            np.save(folder / "value.npy", value)
            path = folder / f"{len(flags)}.npy"
            (folder / "value.npy").rename(path)
            flags += ["--input", f"{name}=@{path}"]
        run(minnow, "run", ir, "--function=infer", "--out", folder / "out", "--backend=interpreter", *flags)
        expected = np.load(folder / "out" / "prediction.npy")
        actual = session.run(["prediction"], feed)[0]
        worst = max(worst, difference(actual, expected))
    return worst


def main():
    minnow, project, *names = sys.argv[1:]
    folder = pathlib.Path(project) / "models"
    verdicts = Verdicts()
    for path in sorted(folder.glob("*.textproto")) + sorted((folder / "zoo").glob("*.textproto")):
        if names and path.stem not in names:
            continue
        with tempfile.TemporaryDirectory() as place:
            try:
                verdicts.add(path.stem, compare(minnow, path, pathlib.Path(place)))
            except Exception as error:  # the next model may still say something
                verdicts.fail(path.stem, error)
    sys.exit(verdicts.code())


if __name__ == "__main__":
    main()
