#!/usr/bin/env python3
"""One hash of weights for each model and optimiser, on any number of ranks and threads. Takes hours; scripts/test has a few.

    tests/cluster/wide.py MINNOW [--models NAME...] [--optimizers NAME...] [--ranks N...] [--threads N...] [--steps N]

Models are those of models/ whose data are there (MINNOW_DATA). Prints a line for each; ends with 1 if a hash differs.
"""
import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

MODELS = pathlib.Path(__file__).resolve().parents[2] / "models"
MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1"}


def tensors(path):
    """The bytes of a safetensors file behind its header, which tells the time of epochs."""
    whole = path.read_bytes()
    return whole[8 + int.from_bytes(whole[:8], "little"):]


def train(arguments, model, optimizer, ranks, threads, folder):
    """The weights' hash, or what was said instead of training."""
    launcher = ["mpirun", "-n", str(ranks)] if ranks > 1 else []
    shutil.rmtree(folder / "run", ignore_errors=True)
    command = [*launcher, arguments.minnow, "train", MODELS / f"{model}.textproto", "--optimizer", optimizer, "--lr", "0.001",
               "--steps", arguments.steps, "--threads", threads, "--out", folder / "run"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=os.environ | MPI,
                          timeout=3600)
    if done.returncode != 0:
        return "failed: " + done.stderr.strip().splitlines()[0]
    return hashlib.sha256(tensors(folder / "run/weights.safetensors")).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("minnow")
    parser.add_argument("--models", nargs="+", default=sorted(path.stem for path in MODELS.glob("*.textproto")))
    parser.add_argument("--optimizers", nargs="+", default=["sgd", "momentum", "adam", "adamw", "rmsprop"])
    parser.add_argument("--ranks", nargs="+", type=int, default=[1, 2, 3, 4, 8])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--steps", type=int, default=100)
    arguments = parser.parse_args()
    differs = 0
    with tempfile.TemporaryDirectory() as name:
        for model in arguments.models:
            for optimizer in arguments.optimizers:
                hashes = {(ranks, threads): train(arguments, model, optimizer, ranks, threads, pathlib.Path(name))
                          for ranks in arguments.ranks for threads in arguments.threads}
                same = len(set(hashes.values())) == 1 and not hashes[arguments.ranks[0], arguments.threads[0]].startswith("failed")
                differs += not same
                print(f"{model:20} {optimizer:9} {'one hash, ' + next(iter(hashes.values())) if same else hashes}", flush=True)
    sys.exit(differs > 0)


if __name__ == "__main__":
    main()
