"""Networks that PyTorch exports, as bundles for C: what they predict is what ONNX Runtime says.

onnx_bundles.py MINNOW PROJECT

Each as machine code and as plain C, with the weights inside and in a file, linked by the C compiler and run. Exits with
77, which a test takes for skipped, where torch, onnx, onnxruntime or a C compiler are missing.
"""
import pathlib
import shutil
import sys
import tempfile
import warnings

try:
    import numpy as np
    import onnx  # noqa: F401
    import onnxruntime  # noqa: F401
    import torch
    from torch import nn
except ImportError as missing:
    print(f"{missing.name} is not installed: nothing to compare with")
    sys.exit(77)
if shutil.which("cc") is None:
    print("there is no C compiler")
    sys.exit(77)

from exchange import Verdicts, difference, run, session_of

PROGRAM = r"""
#include <stdio.h>
#include "net.h"
static unsigned char room[NET_MEMORY_SIZE + NET_ALIGNMENT], file[1 << 20];
static float x[NET_INFER_X_SIZE], y[NET_INFER_Y_SIZE];
int main(void) {
  void *memory = room + (NET_ALIGNMENT - (uintptr_t)room % NET_ALIGNMENT) % NET_ALIGNMENT;
  FILE *in = fopen("x.bin", "rb");
  if (in == NULL || fread(x, 4, NET_INFER_X_SIZE, in) != NET_INFER_X_SIZE) return 100;
  int error = net_init(memory);
#ifdef FILE_OF_WEIGHTS
  in = fopen(FILE_OF_WEIGHTS, "rb");
  if (error == 0) error = net_load(memory, file, fread(file, 1, sizeof file, in));
#endif
  if (error == 0) error = net_infer(memory, x, y);
  FILE *out = fopen("y.bin", "wb");
  fwrite(y, 4, NET_INFER_Y_SIZE, out);
  fclose(out);
  return error;
}
"""


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory, self.last = nn.LSTM(5, 12, batch_first=True), nn.Linear(12, 3)

    def forward(self, x):
        return self.last(self.memory(x)[0][:, -1])


class Attentive(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0)
        self.last = nn.Linear(16, 4)

    def forward(self, x):
        return self.last(self.encoder(x).mean(1))


def networks():
    """(name, module, shape of its input)."""
    relu = nn.ReLU
    yield "mlp", nn.Sequential(nn.Linear(8, 16), relu(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 4)), (1, 8)
    yield "cnn", nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), relu(), nn.MaxPool2d(2),
                               nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), relu(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                               nn.Linear(16, 5)), (1, 3, 16, 16)
    yield "lstm", Recurrent(), (1, 7, 5)
    yield "transformer", Attentive(), (2, 6, 16)
    yield "autoencoder", nn.Sequential(nn.Conv2d(1, 4, 3, 2, 1), relu(), nn.Conv2d(4, 8, 3, 2, 1), relu(),
                                       nn.ConvTranspose2d(8, 4, 3, 2, 1, 1), relu(),
                                       nn.ConvTranspose2d(4, 1, 3, 2, 1, 1), nn.Sigmoid()), (1, 1, 16, 16)


def exported(module, shape, path):
    """What ONNX Runtime makes of numbers drawn for the input, which it gives as well."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.5, 0.5)
            part.running_var.uniform_(0.5, 2)
    x = torch.randn(*shape)
    torch.onnx.export(module.eval(), (x,), path, dynamo=False, input_names=["x"], output_names=["y"])
    return x.numpy(), session_of(path).run(["y"], {"x": x.numpy()})[0]


def bundled(minnow, folder, kind, weights):
    """Flags for the C compiler, of a bundle of net.onnx."""
    bundle = folder / f"{kind}-{weights}"
    run(minnow, "compile", folder / "net.onnx", f"--emit={kind}", "--weights", weights, "--name", "net", "-o", bundle)
    object_ = bundle / ("net.o" if kind == "bundle" else "net.c")
    flags = ["-std=c99", "-O1", f"-I{bundle}", object_]
    if weights == "file" and (bundle / "net.safetensors").exists():
        flags.append(f'-DFILE_OF_WEIGHTS="{bundle}/net.safetensors"')
    return flags


def main(minnow):
    torch.manual_seed(0)
    warnings.simplefilter("ignore")
    verdicts = Verdicts()
    for name, module, shape in networks():
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            x, expected = exported(module, shape, folder / "net.onnx")
            (folder / "main.c").write_text(PROGRAM)
            (folder / "x.bin").write_bytes(x.tobytes())
            for kind in ("bundle", "c"):
                for weights in ("embedded", "file"):
                    program = folder / "program"
                    run("cc", folder / "main.c", *bundled(minnow, folder, kind, weights), "-lm", "-o", program)
                    run("sh", "-c", f"cd {folder} && ./program")
                    y = np.fromfile(folder / "y.bin", np.float32).reshape(expected.shape)
                    verdicts.add(f"{name} {kind} {weights}", difference(y, expected))
    return verdicts.code()


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
