"""A small network in PyTorch, trained on some of MNIST: what cnn.safetensors holds is its state_dict.

pretrain.py [STEPS]      MINNOW_DATA names the folder with mnist/
"""
import gzip
import os
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 5, padding=2)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 5)
        self.head = nn.Linear(32 * 5 * 5, 10)
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.head(x.flatten(1))


def read(split):
    folder = pathlib.Path(os.environ["MINNOW_DATA"]) / "mnist"
    images = gzip.open(folder / f"{split}-images-idx3-ubyte.gz").read()[16:]
    labels = gzip.open(folder / f"{split}-labels-idx1-ubyte.gz").read()[8:]
    pictures = np.frombuffer(images, np.uint8).reshape(-1, 1, 28, 28) / np.float32(255)
    return torch.from_numpy(pictures), torch.from_numpy(np.frombuffer(labels, np.uint8).astype(np.int64))


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network, (images, labels) = Cnn(), read("train")
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    for step in range(steps):
        batch = slice(64 * step % 59968, 64 * step % 59968 + 64)
        loss = nn.functional.cross_entropy(network(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    images, labels = read("t10k")
    with torch.no_grad():
        right = (network.eval()(images[:2000]).argmax(1) == labels[:2000]).float().mean()
    print(f"mnist, {steps} steps: {100 * right:.1f} % of 2,000 test images")
    save_file(network.state_dict(), "cnn.safetensors")


if __name__ == "__main__":
    main()
