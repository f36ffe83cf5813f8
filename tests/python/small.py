"""A small model, and examples for it."""

import numpy as np

import minnow

TEXT = """
inputs { name: "image" shape: [1, 5, 7] }
layers { name: "conv" conv2d { filters: 3 kernel: 3 padding: SAME activation: RELU } }
layers { name: "fc" dense { units: 4 } }
loss { softmax_cross_entropy {} }
training { learning_rate: 0.05 batch_size: 8 epochs: 3 seed: 5 momentum {} }
"""


def model(**options):
    options = {"threads": 1, "cache": False, **options}
    return minnow.load(TEXT, **options)


def examples(count):
    images = np.sin(np.arange(count * 35, dtype=np.float32)).reshape(count, 1, 5, 7)
    labels = (np.arange(count, dtype=np.int32) * 7) % 4
    images += (np.arange(35).reshape(1, 5, 7) % 4 == labels.reshape(-1, 1, 1, 1)).astype(np.float32)
    return images, labels


def numbers(model):
    return np.concatenate([view.ravel() for part in (model.weights, model.optimizer_state) for view in part.values()])
