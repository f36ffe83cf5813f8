"""Networks written in PyTorch, exported both ways, give PyTorch's numbers, and after one step PyTorch's weights.

torch_training.py MINNOW PROJECT [NAME...]

The networks are those of tests/onnx/torch_networks.py and the odd ones below. Each learns from one batch, whose examples come in
another order, by SGD and by Adam, in a model file that names the graph. All is relative to the largest number. Exits with 77, which a test takes for skipped, where
torch or what its exporters need is not installed.
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
from tensor_file import read_tensors

RATE, EPSILON = 0.05, 1e-2  # of Adam, so large that small gradients stay small steps


class Tied(nn.Module):
    """The rows of an embedding are the weights of the last layer, too."""

    def __init__(self):
        super().__init__()
        self.tokens, self.hidden = nn.Embedding(11, 8), nn.Linear(8, 8)

    def forward(self, i):
        return torch.relu(self.hidden(self.tokens(i))).cumsum(1) @ self.tokens.weight.t()


class Cells(nn.Module):
    """A loop in Python, which exporters write out."""

    def __init__(self):
        super().__init__()
        self.lstm, self.gru, self.out = nn.LSTMCell(5, 6), nn.GRUCell(6, 4), nn.Linear(4, 3)

    def forward(self, x):
        h = x.new_zeros(x.shape[0], 6)
        c, s, outputs = torch.zeros_like(h), x.new_zeros(x.shape[0], 4), []
        for t in range(x.shape[1]):
            h, c = self.lstm(x[:, t], (h, c))
            s = self.gru(h, s)
            outputs.append(self.out(s))
        return torch.stack(outputs, 1)


class Squeeze(nn.Module):
    """Channels are weighed by what is in them, pictures padded by themselves."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Conv2d(3, 6, 3, padding=1, padding_mode="reflect", groups=3)
        self.weigh, self.norm = nn.Sequential(nn.Linear(6, 2), nn.ReLU(), nn.Linear(2, 6), nn.Sigmoid()), nn.BatchNorm2d(6)

    def forward(self, x):
        y = self.norm(self.inner(x))
        return (y * self.weigh(y.mean((2, 3)))[:, :, None, None]).amax(dim=3)


class Mixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.over, self.along, self.norm = nn.Linear(7, 7), nn.Linear(5, 10), nn.RMSNorm(5)
        self.gate = nn.Parameter(torch.randn(5))

    def forward(self, x):
        x = x + self.over(self.norm(x).transpose(1, 2)).transpose(1, 2)
        y = nn.functional.glu(self.along(x), -1) * torch.sigmoid(self.gate)
        return torch.where(y > 0, y, 0.1 * y) + torch.einsum("nti,nsi->nts", x, x).softmax(-1) @ x


class Metric(nn.Module):
    """Distances and angles."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 4), nn.Linear(6, 4, bias=False)

    def forward(self, x):
        a, b = self.a(x), self.b(x)
        near = (a[:, None] - b[:, :, None]).square().sum(-1).add(1).log()
        return torch.cat([nn.functional.cosine_similarity(a, b, dim=1)[:, None], near, nn.functional.normalize(a, dim=1)], 1)


def odd_networks():
    image, row = torch.randn(2, 3, 8, 8), torch.randn(2, 7, 5)
    yield "tied", Tied(), torch.randint(0, 11, (3, 6))
    yield "cells", Cells(), row
    yield "squeeze", Squeeze(), image
    yield "mixer", Mixer(), row
    yield "metric", Metric(), torch.randn(4, 6)
    yield "generator", nn.Sequential(
        nn.Linear(6, 32), nn.Unflatten(1, (8, 2, 2)), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False),
        nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.ConvTranspose2d(4, 2, 4, 2, 1, groups=2), nn.Tanh()), torch.randn(4, 6)
    yield "stacked-gru", nn.Sequential(nn.GRU(5, 6, num_layers=2, bidirectional=True, batch_first=True), First(), nn.Linear(12, 2)), row
    yield "unshuffle", nn.Sequential(
        nn.PixelUnshuffle(2), nn.Conv2d(12, 4, 1), nn.GroupNorm(2, 4), nn.SELU(), nn.ZeroPad2d((1, 0, 2, -1)), nn.LPPool2d(2, 2)), image


class First(nn.Module):
    def forward(self, pair):
        return pair[0]


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


def step(minnow, folder, model, x, target, name, optimizer):
    """The largest difference of a weight after a step, and which it is of."""
    (folder / "m.textproto").write_text(f"""
        network {{ onnx: "net.onnx" }}
        loss {{ mean_squared_error {{}} }}
        training {{ {name} learning_rate: {RATE} batch_size: {len(x)} epochs: 1 seed: 1 }}
        data {{ npy {{ train_inputs: "{folder}/x.npy" train_targets: "{folder}/t.npy" validation_inputs: "{folder}/x.npy"
               validation_targets: "{folder}/t.npy" }} }}
    """)
    run(minnow, "train", folder / "m.textproto", "--out", folder / name.split()[0])
    # In f64, so that what is compared is not the rounding of two programs.
    trained = copy.deepcopy(model).train().double()
    optimiser = optimizer(trained.parameters())
    nn.functional.mse_loss(trained(x.double() if x.is_floating_point() else x), target.double()).backward()
    optimiser.step()
    found = read_tensors(folder / name.split()[0] / "weights.safetensors")
    # What a batch norm takes away again has a gradient of rounding alone, of which Adam makes a step.
    sizes = {key: float(value.grad.abs().max()) for key, value in trained.named_parameters()}
    learnt = {key: value for key, value in trained.named_parameters() if sizes[key] > 1e-5 * max(sizes.values())}
    return max((relative(found[key], value.detach().numpy()), key) for key, value in learnt.items())


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
                    far, key = step(minnow, folder, model, x, target, text, optimizer)
                    verdicts.add(f"{case} {text.split()[0]} {key}", far)

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
    for make in (networks, odd_networks):
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
