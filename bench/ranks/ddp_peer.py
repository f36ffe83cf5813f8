#!/usr/bin/env python3
"""Times training steps of PyTorch's DistributedDataParallel (gloo), or of PyTorch alone with one process.

    ddp_peer.py NETWORK BATCH THREADS STEPS        prints seconds of a step: least of five samples, at rank 0
    torchrun --nproc-per-node 2 ddp_peer.py ...    the same for two processes, which share the batch
"""
import os
import sys
import time

import torch
import torch.distributed
from torch import nn
from torch.nn import functional as F


def lenet():
    """models/lenet-relu.textproto"""
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                         nn.Linear(84, 10))


class Residual(nn.Module):
    def __init__(self, inputs, filters):
        super().__init__()
        stride = 1 if inputs == filters else 2
        self.path = nn.Sequential(nn.Conv2d(inputs, filters, 3, stride, 1, bias=False), nn.BatchNorm2d(filters),
                                  nn.ReLU(), nn.Conv2d(filters, filters, 3, 1, 1, bias=False), nn.BatchNorm2d(filters))
        self.skip = nn.Identity() if stride == 1 else nn.Sequential(nn.Conv2d(inputs, filters, 1, 2, bias=False),
                                                                    nn.BatchNorm2d(filters))

    def forward(self, x):
        return F.relu(self.path(x) + self.skip(x))


def resnet20():
    """models/zoo/resnet20.textproto"""
    widths = [16] * 4 + [32] * 3 + [64] * 3
    blocks = [Residual(a, b) for a, b in zip(widths, widths[1:])]
    return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


NETWORKS = {"lenet-relu": (lenet, (1, 28, 28)), "resnet20": (resnet20, (3, 32, 32))}


def main():
    name, batch, threads, steps = sys.argv[1], *map(int, sys.argv[2:5])
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    make, shape = NETWORKS[name]
    network, ranks, rank = make(), int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    if ranks > 1:
        torch.distributed.init_process_group("gloo")
        network = nn.parallel.DistributedDataParallel(network)
    optimizer = torch.optim.SGD(network.parameters(), 0.001, momentum=0.9 if name == "resnet20" else 0)
    x, y = torch.rand(batch // ranks, *shape), torch.randint(10, (batch // ranks,))

    def run(count):
        start = time.perf_counter()
        for _ in range(count):
            optimizer.zero_grad()
            F.cross_entropy(network(x), y).backward()
            optimizer.step()
        return (time.perf_counter() - start) / count

    run(3)
    least = min(run(steps) for _ in range(5))
    if rank == 0:
        print(least)
    if ranks > 1:
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()
