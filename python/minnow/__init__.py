"""Minnow: a graph compiler and interpreter for small neural networks.

    import minnow
    model = minnow.load(minnow.models_folder / "lenet.textproto")
    model.fit(x, y, validation=(x_test, y_test), epochs=10)
    model.predict(x_test[:1])

Models are files, texts, or messages of `layers`, `losses`, `optimizers`, `schedules`, `initializers` and `messages`.
"""

from __future__ import annotations

import pathlib

from . import initializers, layers, losses, messages, optimizers, schedules
from .errors import ModelError, NotFiniteError, StoppedError, UsageError
from .exchange import from_onnx, from_torch
from .history import Epoch, History, Outcome, Step
from .model import Model, load
from .summary import Layer, Summary
from .weights import Weights

__version__ = "0.1.0"

#: The models that come with the package, "lenet.textproto" among them, and more in zoo/ and recipes/.
models_folder = pathlib.Path(__file__).parent / "models"

__all__ = [
    "Epoch", "History", "Layer", "Model", "ModelError", "NotFiniteError", "Outcome", "Step", "StoppedError", "Summary",
    "UsageError", "Weights", "from_onnx", "from_torch", "initializers", "layers", "load", "losses", "messages",
    "models_folder", "optimizers", "schedules",
]
