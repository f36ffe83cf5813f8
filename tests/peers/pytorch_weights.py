"""Weights of PyTorch modules, read by name or by order, give the modules' outputs; written back, they load into the modules.

pytorch_weights.py MINNOW PROJECT
"""
import pathlib
import sys
import tempfile

try:
    import numpy as np
    import onnxruntime  # noqa: F401
    import torch
    from safetensors.torch import load_file, save_file
    from torch import nn
except ImportError as missing:
    print(f"{missing.name} is not installed: nothing to compare with")
    sys.exit(77)

from exchange import Verdicts, difference, predictions, run, write_model


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.norm, self.fc2 = nn.Linear(6, 6), nn.LayerNorm(6), nn.Linear(6, 3, bias=False)

    def forward(self, x):
        return self.fc2(torch.relu(self.norm(self.fc1(x))))


def cnn():
    return nn.Sequential(
        nn.Conv2d(3, 8, (3, 2), padding=1),
        nn.BatchNorm2d(8),
        nn.PReLU(8),
        nn.Conv2d(8, 8, 3, groups=4, bias=False),
        nn.GroupNorm(2, 8),
        nn.ConvTranspose2d(8, 4, 3, stride=2, groups=2, output_padding=1),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * 7 * 9, 5),
    )


CNN = """
    layers { name: "first" conv2d { filters: 8 kernel: [3,2] pad: 1 } }
    layers { name: "bn" batch_norm {} }
    layers { name: "act" prelu {} }
    layers { name: "second" conv2d { filters: 8 kernel: 3 groups: 4 bias: false } }
    layers { name: "gn" group_norm { groups: 2 } }
    layers { name: "up" conv_transpose2d { filters: 4 kernel: 3 stride: 2 groups: 2 output_padding: 1 } }
    layers { name: "pool" avg_pool { kernel: 2 } }
    layers { name: "fc" dense { units: 5 } }"""


class Tagger(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.embed = nn.Embedding(11, 5)
        self.cell = cell
        self.fc = nn.Linear(2 * cell.hidden_size if cell.bidirectional else cell.hidden_size, 3)

    def forward(self, tokens):
        return self.fc(self.cell(self.embed(tokens))[0])


def tagger(kind, fields):
    return f"""
    layers {{ name: "embed" embedding {{ vocabulary: 11 units: 5 }} }}
    layers {{ name: "cell" {kind} {{ {fields} }} }}
    layers {{ name: "fc" dense {{ units: 3 per_position: true }} }}"""


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.place = nn.Parameter(torch.randn(1, 7, 8))
        self.attn = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8)

    def forward(self, x):
        x = x + self.place
        return self.norm(x + self.attn(x, x, x)[0])


ENCODER = """
    layers { name: "place" position { code: LEARNED } }
    layers { name: "attn" attention { heads: 2 } }
    layers { name: "sum" add {} inputs: ["place", "attn"] }
    layers { name: "norm" layer_norm {} }"""


def images(*shape):
    return f'inputs {{ name: "x" shape: [{",".join(map(str, shape))}] }}'


TOKENS = 'inputs { name: "x" shape: 7 type: I32 }'
CASES = {
    "mlp": (Mlp, images(6), """
    layers { name: "fc1" dense { units: 6 } }
    layers { name: "norm" layer_norm {} }
    layers { name: "relu" activation { function: RELU } }
    layers { name: "fc2" dense { units: 3 bias: false } }""", (6,)),
    "numbered cnn": (cnn, images(3, 8, 9), CNN, (3, 8, 9)),
    "conv1d, conv3d": (lambda: nn.Sequential(nn.Conv1d(2, 6, 3, dilation=2), nn.Unflatten(1, (1, 2, 3)), nn.Conv3d(1, 2, (2, 1, 3))),
                       images(2, 9), """
    layers { name: "line" conv1d { filters: 6 kernel: 3 dilation: 2 } }
    layers { name: "box" reshape { shape: [1,2,3,5] } }
    layers { name: "volume" conv3d { filters: 2 kernel: [2,1,3] } }""", (2, 9)),
    "lstm": (lambda: Tagger(nn.LSTM(5, 4, num_layers=2, bidirectional=True, batch_first=True)), TOKENS,
             tagger("lstm", "units: 4 layers: 2 bidirectional: true"), None),
    "lstm of Keras' convention": (lambda: Tagger(nn.LSTM(5, 4, batch_first=True)), TOKENS,
                                  tagger("lstm", "units: 4 convention: KERAS"), None),
    "gru": (lambda: Tagger(nn.GRU(5, 4, batch_first=True)), TOKENS, tagger("gru", "units: 4"), None),
    "gru of Keras' convention": (lambda: Tagger(nn.GRU(5, 4, bidirectional=True, batch_first=True)), TOKENS,
                                 tagger("gru", "units: 4 bidirectional: true convention: KERAS"), None),
    "rnn": (lambda: Tagger(nn.RNN(5, 4, nonlinearity="relu", batch_first=True)), TOKENS,
            tagger("rnn", "units: 4 activation: RELU"), None),
    "encoder": (Encoder, images(7, 8), ENCODER, (7, 8)),
}


def randomize(module):
    """Running statistics and biases that a mistake would show in."""
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.5 if name.endswith("running_var") else torch.randn_like(tensor) / 2)


def example(shape):
    if shape is None:
        return np.random.default_rng(1).integers(0, 11, (3, 7)).astype(np.int32)
    return np.random.default_rng(1).standard_normal((3, *shape)).astype(np.float32)


def output(module, x):
    with torch.no_grad():
        return module.eval()(torch.from_numpy(x.astype(np.int64) if x.dtype == np.int32 else x)).numpy()


def check(minnow, folder, case, verdicts, name, dtype):
    make, inputs, layers, shape = case
    torch.manual_seed(3)
    module = make()
    randomize(module)
    if dtype != torch.float32:
        module = module.to(dtype)
    save_file({key: value.contiguous() for key, value in module.state_dict().items()}, folder / "w.safetensors")
    module = module.float()
    model = write_model(folder, inputs, layers)
    names = ("--set", "training.weights_names=PYTORCH")
    weights = ("--set", f"training.weights_from={folder}/w.safetensors")
    run(minnow, "export", model, *names, *weights, "-o", folder / "net.onnx")
    x = example(shape)
    expected = output(module, x)
    verdicts.add(f"{name} {str(dtype)[6:]}", difference(predictions(folder / "net.onnx", x=x), expected))
    if dtype != torch.float32 or name.startswith("numbered") or name.startswith("conv1d"):
        return
    run(minnow, "export", model, *names, *weights, "-o", folder / "back.safetensors", "--names", "pytorch")
    again = make()
    back = load_file(folder / "back.safetensors")
    if "place.weight" in back:  # a parameter of the module itself, where Minnow has a layer
        back["place"] = back.pop("place.weight")[None]
    again.load_state_dict(back)
    verdicts.add(f"{name} written back", difference(output(again, x), expected))


def main():
    minnow = sys.argv[1]
    verdicts = Verdicts()
    for name, case in CASES.items():
        for dtype in (torch.float32, torch.bfloat16, torch.float16, torch.float64):
            with tempfile.TemporaryDirectory() as place:
                try:
                    check(minnow, pathlib.Path(place), case, verdicts, name, dtype)
                except Exception as error:
                    verdicts.fail(name, error)
    sys.exit(verdicts.code())


if __name__ == "__main__":
    main()
