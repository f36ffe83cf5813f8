"""Do the peers compute what the model files say? A step from the same weights on the same batch, by Minnow and by every
variant of every peer."""
import pathlib
import subprocess
import sys
import tempfile

import numpy

import networks
from contenders import PLAIN_SGD, Case, Failure, model_path

BATCH = 20  # more than a block of Minnow's, and a remainder
TOLERANCE = 1e-4         # of the loss, or of probabilities
# Of a weight's step. Most agree to 1e-3, but rounding decides whether the gradient of a rectifier passes whose input is
# almost 0: PyTorch's batch norm in channels_last is off by 3e-6, by which ResNet-20 takes steps that differ by 6 %.
UPDATE_TOLERANCE = 1e-1


def minnow(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(done.stderr.strip())
    return done.stdout


def no_dropout(network):
    """Flags: each framework draws other numbers."""
    for field in networks.dropouts(network):
        yield from ("--set", f"layers.{field}=0")


def minnow_step(program, model, function, folder):
    """Results of the compiled function by name, from the weights and batch that the peers draw."""
    ir = folder / "step.ir"
    network = networks.network_of(model)
    minnow(program, "compile", model_path(model), "--function", function, "--batch-size", BATCH, "--passes", "",
           *PLAIN_SGD, *no_dropout(network), "-o", ir)
    drawn, targets = networks.draw_batch(network, BATCH)
    given = {**drawn, **networks.draw_weights(network)}
    if function == "train_step":
        given |= {"target": targets, "learning_rate": numpy.float32(networks.OUTCOME_RATE)}
    inputs = []
    for name, array in given.items():
        numpy.save(folder / f"{name}.npy", array)
        inputs += ["--input", f"{name}=@{folder / name}.npy"]
    minnow(program, "run", ir, "--passes=default", *inputs, "--out", folder / "results")
    return {path.stem: numpy.load(path) for path in (folder / "results").glob("*.npy")}


def difference(found, expected):
    """The largest, relative to the largest element."""
    return float(numpy.max(numpy.abs(found - expected)) / numpy.max(numpy.abs(expected)))


def update_difference(found, expected, drawn, rate):
    """The largest, relative to the largest step that the weight took. The gradient of a bias that a norm takes off again,
    or a softmax, is 0 but for rounding; so no step counts as shorter than one of which, at a rate of 1, UPDATE_TOLERANCE
    is the weight's own rounding."""
    rounding = numpy.finfo(numpy.float32).eps * numpy.max(numpy.abs(drawn))
    step = max(numpy.max(numpy.abs(expected - drawn)), rate * rounding / UPDATE_TOLERANCE)
    return float(numpy.max(numpy.abs(found - expected)) / step)


def compare(found, expected, drawn):
    """The largest difference of the loss or the probabilities, and that of any weight's update."""
    of_result = difference(found["result"], expected["loss" if "loss" in expected else "prediction"])
    updates = [update_difference(found[name], expected[name], start,
                                 1 if networks.is_state(name) else networks.OUTCOME_RATE)
               for name, start in drawn.items() if name in expected]
    return of_result, max(updates, default=None)


def check(program, peer, model, function):
    """A JSON object per variant; "same" tells whether it computes what Minnow does."""
    rows = []
    drawn = networks.draw_weights(networks.network_of(model))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        expected = minnow_step(program, model, function, folder)
        outcomes = peer.outcomes(Case(model, function, BATCH, 1), folder)
        for variant, why in outcomes["skipped"].items():
            print(f"not compared: {variant}, {why}", file=sys.stderr)
        for i, variant in enumerate(outcomes["variants"]):
            of_result, of_updates = compare(numpy.load(folder / f"{i}.npz"), expected, drawn)
            rows.append({"peer": peer.name, "model": model, "function": function, "variant": variant,
                         "result": of_result, "updates": of_updates,
                         "same": of_result < TOLERANCE and (of_updates is None or of_updates < UPDATE_TOLERANCE)})
    return rows
