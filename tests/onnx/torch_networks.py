#!/usr/bin/env python3
"""Small networks from PyTorch as cases in the form of ONNX's own: FOLDER/torch/NAME/model.onnx and test_data_set_0.

    python tests/onnx/torch_networks.py FOLDER
    MINNOW_ONNX_DATA=FOLDER build/tests/onnx_tests

Each is exported both ways, with and without dynamo. Needs torch, onnx and onnxscript.
"""
import pathlib
import sys
import warnings

import onnx.numpy_helper
import torch
from torch import nn


class Shuffle(nn.Module):
    def forward(self, x):
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(),
                                  nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels))

    def forward(self, x):
        return torch.relu(x + self.body(x))


class Last(nn.Module):
    """A recurrent network's last output through a linear layer."""

    def __init__(self, cell, width):
        super().__init__()
        self.cell, self.fc = cell, nn.Linear(width, 3)

    def forward(self, x):
        return self.fc(self.cell(x)[0][:, -1])


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(17, 16), nn.Embedding(8, 16)
        self.norm, self.qkv, self.out, self.head = nn.LayerNorm(16), nn.Linear(16, 48), nn.Linear(16, 16), nn.Linear(16, 17)

    def forward(self, i):
        x = self.tokens(i) + self.places(torch.arange(i.shape[1], device=i.device))
        q, k, v = self.qkv(self.norm(x)).view(i.shape[0], i.shape[1], 3, 4, 4).permute(2, 0, 3, 1, 4)
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.head(x + self.out(y.transpose(1, 2).reshape(x.shape)))


class Vit(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, 16, 4, 4), nn.Parameter(torch.randn(1, 1, 16))
        self.places = nn.Parameter(torch.randn(1, 5, 16))
        self.block = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=True, activation="gelu")
        self.head = nn.Linear(16, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        return self.head(self.block(x)[:, 0])


def networks():
    image, row = torch.randn(2, 3, 8, 8), torch.randn(2, 7, 5)
    yield "mlp", nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)), torch.randn(4, 6)
    yield "mlp-gelu", nn.Sequential(nn.Linear(6, 8), nn.GELU(), nn.LayerNorm(8), nn.Linear(8, 3), nn.Softmax(1)), torch.randn(4, 6)
    yield "mlp-odd", nn.Sequential(nn.Linear(6, 8), nn.SiLU(), nn.Linear(8, 8), nn.Mish(), nn.Linear(8, 8), nn.Softplus(), nn.Hardswish(), nn.ELU()), torch.randn(3, 6)
    yield "lenet", nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 8, 3), nn.Sigmoid(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 4)), image
    yield "batch-norm", nn.Sequential(nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten()), image
    yield "residual", nn.Sequential(nn.Conv2d(3, 4, 1), Residual(4), Residual(4), nn.MaxPool2d(3, 2, 1)), image
    yield "depthwise", nn.Sequential(nn.Conv2d(3, 6, 3, stride=2, padding=1, groups=3), nn.PReLU(6), nn.Conv2d(6, 4, 1), nn.LeakyReLU(0.2)), image
    yield "dilated", nn.Sequential(nn.Conv2d(3, 4, 3, dilation=2, padding=2), nn.InstanceNorm2d(4, affine=True), nn.Hardtanh()), image
    yield "shuffle", nn.Sequential(nn.Conv2d(3, 4, 1), Shuffle(), nn.PixelShuffle(2), nn.GroupNorm(1, 1)), image
    yield "autoencoder", nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(), nn.ConvTranspose2d(6, 3, 3, 2, 1, output_padding=1), nn.Sigmoid()), image
    yield "upsample", nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), nn.Conv2d(3, 2, 3), nn.Upsample(scale_factor=2)), image
    yield "cubic", nn.Upsample(size=(11, 5), mode="bicubic", align_corners=True), image
    yield "conv1d", nn.Sequential(nn.Conv1d(7, 6, 3, padding=1), nn.ReLU(), nn.MaxPool1d(2), nn.ConvTranspose1d(6, 2, 3)), row
    yield "conv3d", nn.Sequential(nn.Conv3d(2, 3, 2), nn.BatchNorm3d(3), nn.AvgPool3d(2)), torch.randn(1, 2, 5, 5, 5)
    yield "lstm", Last(nn.LSTM(5, 6, batch_first=True, bidirectional=True, num_layers=2), 12), row
    yield "gru", Last(nn.GRU(5, 6, batch_first=True), 6), row
    yield "rnn", Last(nn.RNN(5, 6, batch_first=True), 6), row
    yield "transformer", nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), torch.randn(2, 6, 16)
    yield "gpt", Gpt(), torch.randint(0, 17, (2, 8))
    yield "vit", Vit(), image


def write(folder, name, model, x, dynamo):
    case = folder / "torch" / f"{name}-{'dynamo' if dynamo else 'script'}"
    (case / "test_data_set_0").mkdir(parents=True, exist_ok=True)
    options = {} if dynamo else {"dynamic_axes": {"x": {0: "batch"}}, "input_names": ["x"]}
    torch.onnx.export(model, (x,), case / "model.onnx", dynamo=dynamo, **options)
    with torch.no_grad():
        y = model(x)
    for kind, tensor in (("input", x), ("output", y)):
        data = onnx.numpy_helper.from_array(tensor.numpy())
        (case / "test_data_set_0" / f"{kind}_0.pb").write_bytes(data.SerializeToString())


def main():
    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    for name, model, x in networks():
        for dynamo in (False, True):
            try:
                write(pathlib.Path(sys.argv[1]), name, model.eval(), x, dynamo)
            except Exception as error:  # what one of the exporters cannot do
                print(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)


if __name__ == "__main__":
    main()
