"""The zoo's networks as PyTorch has them, by the rules with which bench/peers builds them from their model files."""
import pathlib
import sys

import numpy as np
import torch
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(FOLDER / "bench/peers"))

import networks
import torch_graph
from graph import Graph
from torch_peer import State, taken

EXAMPLES = 3


class Twin(nn.Module):
    def __init__(self, graph, state):
        super().__init__()
        self.graph, self.tables = graph, state.tables
        # PyTorch's names have no dots of their own.
        self.members = {name: name.replace(".", "_") for name in (*state.names, *state.states)}
        for name, weight in zip(state.names, state.weights):
            self.register_parameter(self.members[name], nn.Parameter(weight.clone()))
        for name, value in state.states.items():
            self.register_buffer(self.members[name], value.clone())

    def forward(self, x):
        tensors = {name: getattr(self, member) for name, member in self.members.items()}
        tables = {name: table.to(x.dtype) if table.is_floating_point() else table for name, table in self.tables.items()}
        return torch_graph.forward(self.graph, tensors | tables, {self.graph.inputs[0].name: x}, self.training)


# Of what is drawn by default one number before a ReLU is as far from 0 as rounding: its gradient is 0 or not.
SEEDS = {"resnet20": 3}


def zoo_networks():
    for path in sorted((FOLDER / "models/zoo").glob("*.textproto")):
        graph = Graph(path.read_text()).without_dropout()
        if len(graph.inputs) != 1:
            continue
        inputs, targets = networks.draw_batch(graph, EXAMPLES, SEEDS.get(path.stem, 2))
        inputs = networks.as_numbers(inputs)
        state = State(graph, networks.draw_weights(graph), inputs, targets, torch.contiguous_format)
        yield path.stem, Twin(graph, state), taken(np.ascontiguousarray(*inputs.values()))
