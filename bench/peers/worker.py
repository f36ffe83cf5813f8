#!/usr/bin/env python3
"""Runs steps of one peer when asked, one line of stdin at a time, answered by one line.   worker.py PEER THREADS LIMIT

    prepare MODEL FUNCTION BATCH   {"variant": the fastest of the peer's ways, "skipped": {way: why}}
    20                             the seconds that 20 steps took
    outcome MODEL FUNCTION BATCH FOLDER
                                   of one step of every way, into FOLDER/NUMBER.npz: {"variants": [names], "skipped": {}}

A way that is not ready in LIMIT seconds, or fails, is left out and in "skipped". Without a limit, 0, a failure ends all.
"""
import gc
import json
import os
import shlex
import signal
import sys
import time

import networks


def load_peer(name, threads):
    """"torch", "torch.compile", "jax" or "keras"; the framework is imported here, for the others cost time and memory."""
    if name == "jax":
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax_peer
        return jax_peer.JIT
    if name == "keras":
        import keras_peer
        keras_peer.configure(threads)
        return keras_peer.PEER
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


class TimeIsUp(BaseException):
    """Not an Exception, which frameworks catch and take for their own."""


def ring(number, frame):
    raise TimeIsUp


def attempt(name, limit, skipped, function):
    """What the function returns, or None if it fails or takes too long; why goes into `skipped`, by name."""
    if not limit:
        return function()
    signal.signal(signal.SIGALRM, ring)
    signal.alarm(limit)
    try:
        return function()
    except TimeIsUp:
        skipped[name] = f"more than {limit} s"
    except Exception as error:
        skipped[name] = f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0][:200]
    finally:
        signal.alarm(0)
    return None


def ready(make):
    step = make()
    return trial(step), step


def prepare(peer, limit, model, function, batch):
    """The fastest way's step, warm, and the answer."""
    ways = dict(variants(peer, networks.network_of(model), function, batch))
    skipped, seconds, step = {}, {}, None
    for name, make in ways.items():
        step = None
        if found := attempt(name, limit, skipped, lambda: ready(make)):
            seconds[name], step = found
    if not seconds:
        return None, {"variant": None, "skipped": skipped}
    best = min(seconds, key=seconds.get)
    if best != name or step is None:  # made again, for ways may change what the framework does
        _, step = ready(ways[best])
    return step, {"variant": best, "skipped": skipped}


def step_once(make):
    step = make()
    step.run(1)
    return step.outcome()


def write_outcomes(peer, limit, model, function, batch, folder):
    import numpy
    names, skipped = [], {}
    network = networks.without_dropout(networks.network_of(model))
    for name, make in variants(peer, network, function, batch, networks.OUTCOME_RATE):
        if outcome := attempt(name, limit, skipped, lambda: step_once(make)):
            result, weights = outcome
            numpy.savez(f"{folder}/{len(names)}.npz", result=result, **weights)
            names.append(name)
    return {"variants": names, "skipped": skipped}


def main():
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a framework prints must not pass for an answer
    peer, limit = load_peer(sys.argv[1], int(sys.argv[2])), int(sys.argv[3])
    step = None
    for line in sys.stdin:
        command, *arguments = shlex.split(line)
        if command == "prepare":
            step = None
            gc.enable()
            gc.collect()
            step, answer = prepare(peer, limit, *arguments)
            gc.disable()  # collections would fall on some samples
            print(json.dumps(answer), file=answers)
        elif command == "outcome":
            print(json.dumps(write_outcomes(peer, limit, *arguments)), file=answers)
        else:
            print(seconds_of(step, int(command)), file=answers)


if __name__ == "__main__":
    main()
