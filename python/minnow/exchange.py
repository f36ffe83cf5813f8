"""Networks of other frameworks, as models."""

from __future__ import annotations

import importlib
import os
import pathlib
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import messages
from .errors import UsageError
from .model import Model

if TYPE_CHECKING:
    from ._message import MessageLike


def from_onnx(
    source: str | os.PathLike[str] | bytes, *, sizes: Mapping[str, int] | None = None, **arguments: Any
) -> Model:
    """The network of an .onnx file. Without a loss it predicts; with one it learns, from the file's weights on:

        minnow.from_onnx("net.onnx", loss=losses.softmax_cross_entropy(), training=messages.training(learning_rate=0.01))

    Args:
        source: The file, or its bytes.
        sizes: Of dimensions that the file leaves open under a name, all but the batch: {"length": 128}.
        arguments: Those of Model, but for what the file says, inputs and layers: loss, losses, training, data, output, set,
            backend, threads and so on.

    Raises:
        ModelError: The operator or input that is not supported, by its node.
    """
    if isinstance(source, bytes):
        return _from_bytes(source, sizes, arguments)
    path = os.path.abspath(os.fspath(source))
    if not path.endswith(".onnx"):
        raise UsageError("is no .onnx file", path, "minnow.load takes other files")
    given = [f"{name}={size}" for name, size in (sizes or {}).items()]
    network: MessageLike = messages.network(onnx=path, sizes=given) if given else messages.network(onnx=path)
    return Model(network=network, **arguments)


def from_torch(
    module: Any, example: Any, *, input_names: Iterable[str] | None = None, dynamo: bool = True, **arguments: Any
) -> Model:
    """The network of a torch.nn.Module with its weights, under their own names, by torch.onnx.export.

        model = minnow.from_torch(net, torch.zeros(1, 3, 32, 32), loss=losses.softmax_cross_entropy())
        model.fit(x, y, epochs=3)

    torch.nn.Dropout drops while the model learns, as much as the module says; dropout within other layers is left out.
    Buffers, and parameters that need no gradient, are constants; a parameter without dimensions is a weight of shape (1,).
    The module itself stays as it is.

    Args:
        module: In whatever mode.
        example: What it is called with, a tensor or a tuple of them. The first dimension of each is the batch, whose size
            here does not matter.
        input_names: What the inputs are to be called; by default as forward calls them.
        dynamo: By which of PyTorch's exporters.
        arguments: As for from_onnx.

    Raises:
        ModuleNotFoundError: torch, or onnxscript, which it exports with, is not installed.
        ModelError: An operator that is not supported.
        UsageError: An example without a batch, or more examples than names.
    """
    import inspect

    examples = tuple(example) if isinstance(example, (tuple, list)) else (example,)
    names = list(input_names) if input_names is not None else list(inspect.signature(module.forward).parameters)
    if len(names) < len(examples):
        raise UsageError(f"are {len(names)}, but {len(examples)} are given", "inputs")
    for name, x in zip(names, examples):
        if x.ndim == 0 or x.shape[0] == 0:
            raise UsageError(f"is of shape {tuple(x.shape)}, without a batch, which its first dimension is", f"example \"{name}\"")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "net.onnx")
        _export(module, examples, names[: len(examples)], dynamo, path)
        return _from_bytes(path.read_bytes(), None, arguments)


# With weights under their names and batch norms as they are: what optimises a graph for inference folds both.
def _export(module: Any, examples: tuple[Any, ...], names: list[str], dynamo: bool, path: pathlib.Path) -> None:
    torch: Any = importlib.import_module("torch")  # whose types are not at hand
    batched = tuple(x if x.shape[0] > 1 else torch.cat([x, x]) for x in examples)  # 1 would be taken for fixed
    modes = {part: part.training for part in module.modules()}
    options: dict[str, Any] = {"input_names": names, "verbose": False, "dynamo": dynamo}
    if dynamo:
        batch = torch.export.Dim("batch")
        options |= {"optimize": False, "external_data": False, "dynamic_shapes": tuple({0: batch} for _ in batched)}
    else:
        options |= {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE,
                    "dynamic_axes": {name: {0: "batch"} for name in names}}
    try:
        module.eval()
        # A dropout is to be a node, which drops where the model learns.
        for part in modes:
            if isinstance(part, torch.nn.Dropout):
                part.train()
        torch.onnx.export(module, batched, str(path), **options)
    finally:
        for part, mode in modes.items():
            part.training = mode
    onnx: Any = importlib.import_module("onnx")
    model = onnx.load(path)
    _leave_mode_open(model)
    parameters = dict(module.named_parameters(remove_duplicate=False))
    trained = {name for name, value in parameters.items() if value.requires_grad}
    buffers = {name for name, _ in module.named_buffers(remove_duplicate=False)}
    _make_constants(onnx, model.graph, (parameters.keys() | buffers) - trained)
    _give_dimensions(onnx, model.graph, trained)
    onnx.save(model, path)


# A dropout that says that it drops would do so in predictions.
def _leave_mode_open(model: Any) -> None:
    for nodes in (model.graph.node, *(function.node for function in model.functions)):
        for node in nodes:
            if node.op_type == "Dropout":
                del node.input[2:]


# What no node gives, floats with dimensions, is trained; statistics of a batch norm are its own.
def _make_constants(onnx: Any, graph: Any, names: set[str]) -> None:
    statistics = {name for node in graph.node if node.op_type == "BatchNormalization" for name in node.input[3:]}
    for tensor in [tensor for tensor in graph.initializer if tensor.name in names - statistics]:
        graph.node.insert(0, onnx.helper.make_node("Constant", [], [tensor.name], value=tensor))
        graph.initializer.remove(tensor)


# What has none is a constant to a graph.
def _give_dimensions(onnx: Any, graph: Any, names: set[str]) -> None:
    for tensor in graph.initializer:
        if tensor.name in names and not tensor.dims:
            tensor.dims.append(1)
            scalar = f"{tensor.name}.scalar"
            for node in graph.node:
                for i, name in enumerate(node.input):
                    if name == tensor.name:
                        node.input[i] = scalar
            graph.node.insert(0, onnx.helper.make_node("Squeeze", [tensor.name], [scalar]))


# The model's text names the file, which therefore stays as long as the model does.
def _from_bytes(source: bytes, sizes: Mapping[str, int] | None, arguments: dict[str, Any]) -> Model:
    folder = tempfile.TemporaryDirectory(prefix="minnow-")
    path = pathlib.Path(folder.name, "net.onnx")
    path.write_bytes(source)
    try:
        model = from_onnx(path, sizes=sizes, **arguments)
    except BaseException:
        folder.cleanup()
        raise
    weakref.finalize(model, folder.cleanup)
    return model
