#!/usr/bin/env python3
"""Training steps in one process and in two, of one thread each, on two cores; PyTorch with DDP beside it, in turns.

    bench/ranks/compare.py MINNOW [--python PYTHON] [--rounds N] [--batch N]

PYTHON has torch. Each number is the least of all rounds: other work on the machine only ever adds.
"""
import argparse
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = {"lenet-relu": ROOT / "models/lenet-relu.textproto", "resnet20": ROOT / "models/zoo/resnet20.textproto"}
MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
STEPS = {"lenet-relu": 10, "resnet20": 1}  # of a sample of PyTorch's


def output(command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=os.environ | MPI)
    if result.returncode != 0:
        raise SystemExit(f"{command}: {result.stderr}")
    return result.stdout


def minnow(program, model, batch, ranks, threads):
    """Seconds of a fused step, the lower quartile of a run."""
    launcher = ["mpirun", "-n", ranks, "--bind-to", "core"] if ranks > 1 else ["taskset", "-c", "0-1" if threads > 1 else "1"]
    rows = json.loads(output([*launcher, program, "bench", MODELS[model], "--batch-size", batch, "--no-interpreter",
                              "--threads", threads, "--repeats", 15, "--json"]))["results"]
    return next(row["lower_quartile_seconds"] for row in rows if row["fused"] and row["threads"] == threads)


def torch(python, model, batch, ranks, threads):
    script = pathlib.Path(__file__).with_name("ddp_peer.py")
    launcher = [python, "-m", "torch.distributed.run", "--nproc-per-node", ranks] if ranks > 1 else [
        "taskset", "-c", "0-1" if threads > 1 else "1", python]
    return float(output([*launcher, script, model, batch, threads, STEPS[model]]).split()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("minnow")
    parser.add_argument("--python")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    arguments = parser.parse_args()
    ways = [(1, 1), (1, 2), (2, 1)]
    print(f"{'':24}{'1 process':>12}{'2 threads':>12}{'2 ranks':>12}{'speed-up':>10}{'to threads':>12}")
    for model in arguments.models:
        peers = {"minnow": lambda way: minnow(arguments.minnow, model, arguments.batch, *way)}
        if arguments.python:
            peers["PyTorch"] = lambda way: torch(arguments.python, model, arguments.batch, *way)
        least = {}
        for _ in range(arguments.rounds):
            for peer, measure in peers.items():
                for way in ways:
                    least[peer, way] = min(least.get((peer, way), float("inf")), measure(way))
        for peer in peers:
            one, threads, ranks = (least[peer, way] for way in ways)
            print(f"{model + ', ' + peer:24}{one * 1e3:9.2f} ms{threads * 1e3:9.2f} ms{ranks * 1e3:9.2f} ms"
                  f"{one / ranks:9.2f}x{ranks / threads:11.2f}x")


if __name__ == "__main__":
    main()
