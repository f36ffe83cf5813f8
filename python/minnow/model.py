"""Models: loaded or built, trained, asked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._arrays import ArrayLike, Fed, Named, Slot, named_arrays
from ._build import model_message
from ._callbacks import Callback, each_of, epoch_caller, step_caller
from ._options import Assignments, load_options
from .errors import UsageError
from .history import Epoch, History, Outcome
from .progress import Progress
from .summary import Layer, Summary
from .weights import Weights

if TYPE_CHECKING:
    import numpy as np

    from ._message import MessageLike
    from ._minnow import Handle


class Model:
    """A network with its weights, loss, optimiser and, if it names any, data.

    Built from the text of a model file, or from messages:

        Model(inputs=messages.input(name="x", shape=[784]), layers=[layers.dense(units=10)],
              loss=losses.softmax_cross_entropy(), training=messages.training(learning_rate=0.1))

    Args:
        text: A model file's text. Or, by keyword, the fields of the message Model: name, inputs, layers, output, loss,
            training, data, losses, blocks, network. Layers without a name are called after their kinds: dense1, dense2.
        set: Changes of single fields: {"training.batch_size": 64}, or ["training.batch_size=64"].
        backend: "jit", or "interpreter", the slow reference.
        threads: 0 takes as many as the machine has. The results are the same.
        max_bytes: A model that needs more is refused; 0: no limit.
        infers_only: Keep no optimiser state; never train.
        cache: Keep machine code on disk.

    Raises:
        ModelError: With the place in the text and a hint.
    """

    def __init__(
        self, text: str | None = None, *, set: Assignments = (), backend: str = "jit", threads: int = 0,
        max_bytes: int = 0, infers_only: bool = False, cache: bool = True,
        **fields: MessageLike | Iterable[MessageLike] | str | None,
    ) -> None:
        if (text is None) == (not fields):
            raise UsageError("a model is made of either a text or fields", "Model")
        source = str(model_message(fields)) if text is None else text
        options = load_options(set, backend, threads, max_bytes, infers_only, cache)
        self._adopt(_module().parse(source, "model", *options))

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, set: Assignments = (), backend: str = "jit", threads: int = 0,
        max_bytes: int = 0, infers_only: bool = False, cache: bool = True,
    ) -> Model:
        """The model of a file (.textproto, binary, .ir, .onnx), or of a run's folder, with its weights.

        A graph of ONNX predicts; to train, it needs the loss that a model file gives it: network { onnx: "net.onnx" }.

        The arguments are those of Model.
        """
        model = cls.__new__(cls)
        options = load_options(set, backend, threads, max_bytes, infers_only, cache)
        model._adopt(_module().load(_path(path), *options))
        return model

    def _adopt(self, handle: Handle) -> None:
        self._handle = handle
        self._inputs = [Slot(*slot) for slot in handle.inputs()]
        self._targets = [Slot(*slot) for slot in handle.targets()]
        output = handle.output()
        self._output = Slot(*output) if output else None

    # ---- What it is ----

    @property
    def inputs(self) -> list[Slot]:
        """Name, type and shape of what it is fed."""
        return list(self._inputs)

    @property
    def targets(self) -> list[Slot]:
        """Name, type and shape of what it is compared with."""
        return list(self._targets)

    @property
    def output(self) -> Slot | None:
        """Of `predict`, which says why where it is None: a program has no function @infer, a graph is not of batches."""
        return self._output

    @property
    def class_names(self) -> list[str]:
        """The classes that it tells apart, as the data, the run or the weights that it has seen call them, or the model, else
        by number."""
        return self._handle.class_names()

    def data(
        self, split: str = "train", *, data_dir: str | os.PathLike[str] | None = None
    ) -> dict[str, np.ndarray[Any, Any]]:
        """The model's own data: an array for each input and target, where the model has them.

        Args:
            split: "train" or "validation".
            data_dir: Where the files lie.

        Raises:
            ModelError: There are none, or they are a text, whose windows are gathered as they are needed.
        """
        if split not in ("train", "validation"):
            raise UsageError(f"is {split!r}", "split", "train or validation")
        folder = None if data_dir is None else _path(data_dir)
        return dict(self._handle.data(folder, split == "validation"))

    @property
    def batch_size(self) -> int:
        """training.batch_size of the model."""
        return self._handle.batch_size()

    @property
    def text(self) -> str:
        """The model as a file would hold it, with all defaults."""
        return self._handle.text()

    def summary(self) -> Summary:
        """The layers with their outputs, weights and work."""
        return Summary(Layer(*layer) for layer in self._handle.layers())

    def ir(self, function: str = "train_step", stage: str = "optimized", batch_size: int = 0) -> str:
        """A function as text.

        Args:
            function: "infer", "evaluate", "loss" or "train_step".
            stage: "lowered", a pass such as "fuse" (the text behind it), "optimized", "llvm" or "asm".
            batch_size: 0: the model's.
        """
        return self._handle.ir(function, stage, batch_size)

    @property
    def weights(self) -> Weights:
        """What is trained, and running statistics: NumPy views of the model's memory, by name. See Weights."""
        return Weights({name: view for name, kind, view in self._handle.weights() if kind != "optimizer"})

    @property
    def optimizer_state(self) -> Weights:
        """What the optimiser remembers, such as momentum, likewise."""
        return Weights({name: view for name, kind, view in self._handle.weights() if kind == "optimizer"})

    # ---- What it does ----

    def predict(self, x: Fed, *, copy: bool = True) -> np.ndarray[Any, Any]:
        """Predictions for any number of examples; of a classifier, probabilities.

        Args:
            x: An array [N,...] of the input's shape, or a dict of arrays by input. Arrays of the input's type that are
                row-major are read where they lie.
            copy: False: a view of the model's memory, good until the model runs again.

        Returns:
            float32 [N,...], of the shape of `output`.

        Raises:
            ModelError: Another shape, tokens outside of the vocabulary.
            NotFiniteError: A prediction is infinite or no number.
        """
        arrays = named_arrays(x, self._inputs, "input")
        if not copy or self._output is None or not arrays or not arrays[0][1].ndim:
            return self._handle.infer_view(arrays)
        import numpy as np

        out = np.empty((arrays[0][1].shape[0], *self._output.shape[1:]), self._output.dtype)
        self._handle.infer(arrays, out)
        return out

    def evaluate(self, x: Fed | None = None, y: Fed | None = None) -> Outcome:
        """Loss and accuracy on examples, or on the validation part of the model's own data.

        Args:
            x: As for `predict`.
            y: Labels int32 [N,...] or targets float32 [N,...], or a dict by target.
        """
        return Outcome(*self._handle.evaluate(self._both(x, y)))

    def train_step(self, x: Fed, y: Fed | None = None, *, learning_rate: float | None = None) -> Outcome:
        """One step on these examples as one batch, which says what the loss was before it.

        Args:
            x: As for `predict`.
            y: As for `evaluate`.
            learning_rate: None: that of the model's schedule, for which `steps_per_epoch` has to be set unless it is
                constant.

        Raises:
            NotFiniteError: The loss is no longer finite; the weights are then of no more use.
        """
        rate = float("nan") if learning_rate is None else learning_rate
        return Outcome(*self._handle.train_step(self._both(x, y), rate))

    def fit(
        self, x: Fed | None = None, y: Fed | None = None, *, validation: tuple[Fed, Fed] | None = None,
        epochs: int | None = None, callbacks: Callback | Iterable[Callback] = (), progress: bool = True,
        data_dir: str | os.PathLike[str] | None = None,
    ) -> History:
        """Trains on from where the model is.

        Args:
            x: As for `predict`; without it, on the model's own data.
            y: As for `evaluate`.
            validation: Such a pair of arrays, on which each epoch is evaluated.
            epochs: So many further ones, at least 1; None: up to training.epochs of the model.
            callbacks: Functions of an Epoch, or objects with on_step(Step) and on_epoch(Epoch). They may look at weights
                and call `stop`; an exception ends the training behind its step and comes out here, as Ctrl-C does.
            progress: A bar in a notebook or on a terminal.
            data_dir: Where the files of the model's data lie.

        Returns:
            All epochs done so far.

        Raises:
            NotFiniteError: A loss or weight is no longer finite: which value went bad first, and where. The model is then
                as it was before.
        """
        if epochs is not None and epochs < 1:
            raise UsageError(f"is {epochs}, but must be at least 1", "epochs", "None goes up to training.epochs")
        heard = each_of(callbacks)
        if progress:
            bar = Progress(None if epochs is None else len(self.history) + epochs)
            heard += [bar] if bar.is_seen else []
        self._handle.fit(
            train=[] if x is None else self._both(x, y),
            validation=[] if validation is None else self._both(*validation),
            epochs=0 if epochs is None else epochs,
            data_dir=None if data_dir is None else _path(data_dir),
            on_step=step_caller(heard),
            on_epoch=epoch_caller(heard),
        )
        return self.history

    def stop(self) -> None:
        """Ends the `fit` under way behind its step; a further `fit` goes on from there. For callbacks and threads."""
        self._handle.cancel()

    @property
    def history(self) -> History:
        """The epochs done so far."""
        return History(Epoch(*epoch) for epoch in self._handle.epochs())

    @property
    def steps(self) -> int:
        """Steps done since the start."""
        return self._handle.steps()

    def set_steps_per_epoch(self, steps: int) -> None:
        """How long an epoch is for schedules of the learning rate, where `train_step` is called by hand."""
        self._handle.set_steps_per_epoch(steps)

    # ---- Files ----

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes all that training goes on from, as safetensors."""
        self._handle.save(_path(path))

    def export_onnx(self, path: str | os.PathLike[str], *, logits: bool = False) -> None:
        """Writes the network with its weights as ONNX, for inference elsewhere.

        Args:
            logits: End before the softmax or sigmoid, so that it can be trained on.

        Raises:
            ModelError: A layer that ONNX has no form for.
        """
        self._handle.export_onnx(_path(path), logits)

    def load_weights(self, path: str | os.PathLike[str]) -> None:
        """Takes weights and running statistics from such a file."""
        self._handle.load_weights(_path(path))

    def load_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Takes the optimiser's state and the place in the run, too."""
        self._handle.load_checkpoint(_path(path))

    def __repr__(self) -> str:
        fed = ", ".join(map(str, self._inputs))
        return f"<minnow.Model {fed} → {self._output or 'no output'}>"

    def _both(self, x: Fed | None, y: Fed | None) -> Named:
        if x is None:
            if y is not None:
                raise UsageError("are given, but no examples", "targets")
            return []
        arrays = named_arrays(x, self._inputs, "input")
        return arrays if y is None and not self._targets else arrays + named_arrays(_given(y), self._targets, "target")


def load(path_or_text: str | os.PathLike[str], **options: Any) -> Model:
    """A model from a file, a run's folder, or the text of a model file; options as for Model.

    What has a line break or a brace is a text.
    """
    is_text = isinstance(path_or_text, str) and any(c in path_or_text for c in "\n{")
    return Model(str(path_or_text), **options) if is_text else Model.load(path_or_text, **options)


def _path(path: str | os.PathLike[str]) -> str:
    """As the library takes it, to which a path ends at a null byte."""
    text = os.fspath(path)
    if "\0" in text:
        raise UsageError("has a null byte", repr(text))
    return text


def _given(y: Fed | None) -> ArrayLike:
    if y is None:
        raise UsageError("are missing", "targets")
    return y


def _module() -> type[Handle]:
    from ._minnow import Handle

    return Handle
