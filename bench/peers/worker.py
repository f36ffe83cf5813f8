#!/usr/bin/env python3
"""Runs steps of one peer when asked, one line of stdin at a time, answered by one line.   worker.py PEER THREADS

    prepare MODEL FUNCTION BATCH   {"variant": the fastest of the peer's ways}
    20                             the seconds that 20 steps took
    outcome MODEL FUNCTION BATCH FOLDER
                                   of one step of every variant, into FOLDER/VARIANT NUMBER.npz: {"variants": [names]}
"""
import gc
import json
import os
import sys
import time

import networks


def load_peer(name, threads):
    """"torch", "torch.compile" or "jax"; the framework is imported here, for the others cost time and memory."""
    if name == "jax":
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax_peer
        return jax_peer.JIT
    import torch_peer
    torch_peer.configure(threads)
    return torch_peer.EAGER if name == "torch" else torch_peer.COMPILED


def variants(peer, network, function, batch, rate=networks.LEARNING_RATE):
    images, targets = networks.draw_batch(network, int(batch))
    return peer.variants(network, function, networks.draw_weights(network), networks.as_numbers(images), targets, rate)


def seconds_of(step, steps):
    start = time.perf_counter()
    step.run(steps)
    return time.perf_counter() - start


def trial(step):
    """Seconds of a step, at best: the first runs compile and warm up."""
    step.run(3)
    once = seconds_of(step, 1)
    steps = max(1, int(0.02 / once))
    return min(seconds_of(step, steps) / steps for _ in range(5))


def prepare(peer, model, function, batch):
    """The fastest variant's step, warm, and its name."""
    ways = list(variants(peer, networks.network_of(model), function, batch))
    name, make = ways[0] if len(ways) == 1 else min(ways, key=lambda way: trial(way[1]()))
    step = make()
    trial(step)
    return name, step


def write_outcomes(peer, model, function, batch, folder):
    import numpy
    names = []
    network = networks.without_dropout(networks.network_of(model))
    for name, make in variants(peer, network, function, batch, networks.OUTCOME_RATE):
        step = make()
        step.run(1)
        result, weights = step.outcome()
        numpy.savez(f"{folder}/{len(names)}.npz", result=result, **weights)
        names.append(name)
    return names


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a framework prints must not pass for an answer
    peer = load_peer(sys.argv[1], int(sys.argv[2]))
    step = None
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "prepare":
            step = None
            gc.enable()
            gc.collect()
            name, step = prepare(peer, *arguments)
            gc.disable()  # collections would fall on some samples
            print(json.dumps({"variant": name}), file=answers)
        elif command == "outcome":
            print(json.dumps({"variants": write_outcomes(peer, *arguments)}), file=answers)
        else:
            print(seconds_of(step, int(command)), file=answers)


if __name__ == "__main__":
    main()
