"""Do the peers compute what the model files say? A step from the same weights on the same batch, by Minnow and by every
variant of every peer."""
import pathlib
import subprocess
import tempfile

import numpy

import networks
from contenders import PLAIN_SGD, Case, Failure, model_path

BATCH_SEEDS = (2, 3, 4)
BATCH = 20  # more than a block of Minnow's, and a remainder
TOLERANCE = 1e-4         # of the loss, or of probabilities
UPDATE_TOLERANCE = 1e-2  # of a weight's update, a small difference of large numbers


def minnow(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(done.stderr.strip())
    return done.stdout


def no_dropout(network):
    """Flags: each framework draws other numbers."""
    for name in networks.dropouts(network):
        yield from ("--set", f"layers.{name}.dropout.rate=0")


def minnow_step(program, model, function, seed, folder):
    """Results of the compiled function by name, from the weights and batch that the peers draw."""
    ir = folder / "step.ir"
    network = networks.network_of(model)
    minnow(program, "compile", model_path(model), "--function", function, "--batch-size", BATCH, "--passes", "",
           *PLAIN_SGD, *no_dropout(network), "-o", ir)
    images, targets = networks.draw_batch(network, BATCH, seed)
    given = {networks.input_name(network): images, **networks.draw_weights(network)}
    if function == "train_step":
        given |= {"target": targets, "learning_rate": numpy.float32(networks.OUTCOME_RATE)}
    inputs = []
    for name, array in given.items():
        numpy.save(folder / f"{name}.npy", array)
        inputs += ["--input", f"{name}=@{folder / name}.npy"]
    minnow(program, "run", ir, "--passes=default", *inputs, "--out", folder / "results")
    return {path.stem: numpy.load(path) for path in (folder / "results").glob("*.npy")}


def difference(found, expected, drawn=0):
    """The largest, relative to the largest element; of weights, relative to the step that they took."""
    return float(numpy.max(numpy.abs(found - expected)) / numpy.max(numpy.abs(expected - drawn)))


def compare(found, expected, drawn):
    """The largest difference of the loss or the probabilities, and that of any weight's update."""
    of_result = difference(found["result"], expected["loss" if "loss" in expected else "prediction"])
    updates = [difference(found[name], expected[name], start) for name, start in drawn.items()
               if name in expected]
    return of_result, max(updates, default=None)


def check_batch(program, peer, model, function, seed):
    """A JSON object per variant; "same" tells whether it computes what Minnow does."""
    rows = []
    drawn = networks.draw_weights(networks.network_of(model))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        expected = minnow_step(program, model, function, seed, folder)
        for i, variant in enumerate(peer.outcomes(Case(model, function, BATCH, 1), seed, folder)):
            of_result, of_updates = compare(numpy.load(folder / f"{i}.npz"), expected, drawn)
            rows.append({"peer": peer.name, "model": model, "function": function, "variant": variant,
                         "result": of_result, "updates": of_updates,
                         "same": of_result < TOLERANCE and (of_updates is None or of_updates < UPDATE_TOLERANCE)})
    return rows


def check(program, peer, model, function):
    """The row of each variant on the first batch on which it is the same, or on the last: where a rectifier's input is
    almost 0, rounding decides whether its gradient passes."""
    rows = []
    for seed in BATCH_SEEDS:
        found = check_batch(program, peer, model, function, seed)
        rows = [old if old["same"] else new for old, new in zip(rows or found, found)]
        if all(row["same"] for row in rows):
            break
    return rows
