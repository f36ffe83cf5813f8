#!/usr/bin/env python3
"""What a script does until its first training step is done: import, load Fashion-MNIST, build, step. Prints how
long the step took, most of it compiling.   first_step.py PEER MODEL BATCH THREADS DATA_FOLDER"""
import gzip
import json
import os
import sys
import time

import numpy

import networks
import worker


def read_idx(path):
    """A gzipped file of bytes, http://yann.lecun.com/exdb/mnist/."""
    with gzip.open(path) as file:
        data = file.read()
    shape = numpy.frombuffer(data, ">i4", data[3], 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * data[3]).reshape(shape)


def load(folder):
    images = read_idx(os.path.join(folder, "fashion-mnist/train-images-idx3-ubyte.gz"))
    labels = read_idx(os.path.join(folder, "fashion-mnist/train-labels-idx1-ubyte.gz"))
    return images.reshape(-1, 1, 28, 28), labels.astype(numpy.int32)


def main():
    peer_name, model, batch, threads, folder = sys.argv[1:]
    cache = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    peer = worker.load_peer(peer_name, int(threads))
    if peer_name == "jax" and cache:
        import jax
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    images, labels = load(folder)
    chosen = numpy.random.default_rng(0).permutation(len(images))[:int(batch)]
    network = networks.network_of(model)
    ways = peer.variants(network, "train_step", networks.draw_weights(network), networks.as_numbers({"image": images[chosen]}),
                         labels[chosen], networks.LEARNING_RATE)
    _, make = next(iter(ways))
    step = make()
    start = time.perf_counter()
    step.run(1)
    print(json.dumps({"first_step_seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
