"""Networks written in PyTorch, exported both ways, give PyTorch's numbers, and after one step PyTorch's weights.

torch_training.py MINNOW PROJECT [NAME...]

The networks are those of tests/onnx/torch_networks.py, of odd_networks.py and of the zoo. Each learns from one batch, whose examples come in
another order, by SGD and by Adam, in a model file that names the graph. All is relative to the largest number. Exits with 77,
which a test takes for skipped, where torch or what its exporters need is not installed.
"""
import copy
import logging
import pathlib
import sys
import tempfile
import warnings

try:
    import numpy as np
    import onnxscript  # noqa: F401
    import onnx
    import torch
    from torch import nn
except ImportError as missing:
    print(f"{missing.name} is not installed: nothing to compare with")
    sys.exit(77)

from exchange import Verdicts, run
from odd_networks import odd_networks
from tensor_file import read_tensors
from zoo_networks import zoo_networks

RATE, EPSILON = 0.05, 1e-2  # of Adam, so large that small gradients stay small steps


def export(model, x, path, **options):
    try:
        torch.onnx.export(model, (x,), path, input_names=["x"], output_names=["y"], verbose=False, **options)
    except Exception as error:
        raise NotExported(error) from error


def export_to_predict(model, x, dynamo, path):
    """As the exporters write a file when nothing is asked for."""
    export(model.eval(), x, path, dynamo=dynamo)


def export_to_learn(model, x, dynamo, path):
    """Weights keep their names, and a batch norm is one."""
    options = {"optimize": False} if dynamo else {"do_constant_folding": False, "training": torch.onnx.TrainingMode.TRAINING}
    export(model, x, path, dynamo=dynamo, **options)


def relative(found, expected):
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-30)) if expected.size else 0.0


def outputs(minnow, folder, model, x):
    """How far what the graph gives is from what the model does, where batch norms do not learn."""
    run(minnow, "run", folder / "plain.onnx", "--input", f"x=@{folder}/x.npy", "--out", folder / "out")
    with torch.no_grad():
        return relative(np.load(folder / "out" / "y.npy"), copy.deepcopy(model).eval()(x).numpy())


def stepped(model, x, target, optimizer):
    """A copy of the model after PyTorch's own step, in the floats of the target."""
    trained = copy.deepcopy(model).train().to(target.dtype)
    optimiser = optimizer(trained.parameters())
    nn.functional.mse_loss(trained(x.to(target.dtype) if x.is_floating_point() else x), target).backward()
    optimiser.step()
    return dict(trained.named_parameters())


def step(minnow, folder, model, x, target, name, optimizer):
    """The largest difference of a weight after a step, how large it may be, and which it is of."""
    (folder / "m.textproto").write_text(f"""
        network {{ onnx: "net.onnx" }}
        loss {{ mean_squared_error {{}} }}
        training {{ {name} learning_rate: {RATE} batch_size: {len(x)} epochs: 1 seed: 1 }}
        data {{ npy {{ train_inputs: "{folder}/x.npy" train_targets: "{folder}/t.npy" validation_inputs: "{folder}/x.npy"
               validation_targets: "{folder}/t.npy" }} }}
    """)
    run(minnow, "train", folder / "m.textproto", "--out", folder / name.split()[0])
    # In f64, so that what is compared is not the rounding of two programs; where a gradient is little but rounding, f32
    # takes PyTorch as far away.
    exact, rounded = stepped(model, x, target.double(), optimizer), stepped(model, x, target, optimizer)
    found = read_tensors(folder / name.split()[0] / "weights.safetensors")
    # What a batch norm takes away again has a gradient of rounding alone, of which Adam makes a step.
    sizes = {key: float(value.grad.abs().max()) for key, value in exact.items()}
    learnt = {key: value.detach().numpy() for key, value in exact.items() if sizes[key] > 1e-5 * max(sizes.values())}
    far = {key: (relative(found[key], value), max(1e-5, 4 * relative(rounded[key].detach().numpy(), value)))
           for key, value in learnt.items()}
    worst = max(far, key=lambda key: far[key][0] / far[key][1])
    return *far[worst], worst


class NotExported(Exception):
    """What one of PyTorch's exporters cannot do."""


def attempt(verdicts, case, test):
    try:
        test()
    except NotExported as error:
        print(f"{case:32} PyTorch exports none: {str(error).splitlines()[0][:80]}", flush=True)
    except Exception as error:  # the next network may still say something
        verdicts.fail(case, error)


def compare(minnow, verdicts, name, model, x):
    model = model.train()
    for dynamo in (False, True):
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            case = f"{name}-{'dynamo' if dynamo else 'script'}"
            np.save(folder / "x.npy", x.numpy() if x.is_floating_point() else x.numpy().astype(np.int32))

            def predicts():
                export_to_predict(copy.deepcopy(model), x, dynamo, folder / "plain.onnx")
                verdicts.add(f"{case} output", outputs(minnow, folder, model, x))

            def learns():
                export_to_learn(copy.deepcopy(model), x, dynamo, folder / "net.onnx")
                with torch.no_grad():
                    target = torch.randn_like(copy.deepcopy(model)(x))
                np.save(folder / "t.npy", target.numpy())
                for text, optimizer in (("sgd {}", lambda p: torch.optim.SGD(p, RATE)),
                                        (f"adam {{ epsilon: {EPSILON} }}", lambda p: torch.optim.Adam(p, RATE, eps=EPSILON))):
                    far, allowed, key = step(minnow, folder, model, x, target, text, optimizer)
                    verdicts.add(f"{case} {text.split()[0]} {key}", far, allowed)

            attempt(verdicts, case, predicts)
            if list(model.parameters()):
                attempt(verdicts, case, learns)


def main():
    minnow, project, *names = sys.argv[1:]
    sys.path.insert(0, str(pathlib.Path(project) / "tests/onnx"))
    from torch_networks import networks

    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.manual_seed(1)
    verdicts = Verdicts()
    for make in (networks, odd_networks, zoo_networks):
        for name, model, x in make():
            if names and name not in names:
                continue
            for module in model.modules():
                if hasattr(module, "p") and isinstance(module, nn.Dropout):
                    module.p = 0.0
                if isinstance(module, nn.MultiheadAttention):
                    module.dropout = 0.0
            compare(minnow, verdicts, name, model, x)
    sys.exit(verdicts.code())


if __name__ == "__main__":
    main()
