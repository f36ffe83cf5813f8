"""Training steps and inferences in PyTorch, eager and through torch.compile.

Eager code is as lean as PyTorch lets it be: functional layers, torch.autograd.grad, so that there is nothing to zero or
accumulate, one _foreach_add_ for the update, inference_mode for inference.
"""
from typing import NamedTuple

import numpy
import torch
import torch.nn.functional as F

import torch_graph
from graph import Form, Graph
from networks import Convolution, Pool, has_convolutions, is_state

ACTIVATIONS = {"relu": F.relu, "sigmoid": torch.sigmoid, "": lambda x: x}
POOLS = {"max": F.max_pool2d, "average": F.avg_pool2d}
LAYOUTS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}


def configure(threads):
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)


def version():
    return torch.__version__


def forward(network, weights, x):
    """Logits; `weights` holds a weight and a bias per layer, in order."""
    parts = iter(weights)
    for layer in network:
        if isinstance(layer, Pool):
            x = POOLS[layer.kind](x, 2)
        elif isinstance(layer, Convolution):
            x = ACTIVATIONS[layer.activation](F.conv2d(x, next(parts), next(parts), padding=layer.pad))
        else:
            x = ACTIVATIONS[layer.activation](F.linear(x.flatten(1), next(parts), next(parts)))
    return x


def formatted(tensor, memory_format):
    return tensor.contiguous(memory_format=memory_format) if tensor.ndim == 4 else tensor.contiguous()


def with_gates_swapped(array):
    """The first two of three gates [...,3*units]."""
    first, second, third = numpy.split(array, 3, -1)
    return numpy.concatenate((second, first, third), -1)


def imported(array, form, memory_format):
    """A tensor of its own. A matrix of Minnow's is [inputs,units], of PyTorch's [units,inputs]."""
    tensor = torch.from_numpy(with_gates_swapped(array) if form.swaps_gates else array.copy())
    return formatted(tensor.t() if tensor.ndim == 2 and not form.is_table else tensor, memory_format)


def exported(tensor, form):
    """The other way."""
    array = (tensor.t() if tensor.ndim == 2 and not form.is_table else tensor).detach().contiguous().numpy()
    return with_gates_swapped(array) if form.swaps_gates else array


def taken(array):
    """Whole numbers are classes and tokens, 64 bits long in PyTorch."""
    return torch.from_numpy(array.astype(numpy.int64) if array.dtype == numpy.int32 else array)


class State:
    """Weights and a batch as tensors, pictures and filters in the given memory format."""

    def __init__(self, network, arrays, inputs, targets, memory_format):
        self.network = network
        is_graph = isinstance(network, Graph)
        self.forms = {name: network.forms[name] if is_graph else Form() for name in arrays}
        tensors = {name: imported(array, self.forms[name], memory_format) for name, array in arrays.items()}
        self.names = [name for name in tensors if not is_state(name)]
        self.weights = [tensors[name] for name in self.names]
        self.states = {name: tensors[name] for name in tensors if is_state(name)}
        self.tables = torch_graph.tables(network) if is_graph else {}
        self.inputs = {name: formatted(taken(array), memory_format) for name, array in inputs.items()}
        self.targets = taken(targets)

    def output(self, weights, states, inputs, training):
        """Logits, or whatever the loss sees."""
        if isinstance(self.network, Graph):
            tensors = dict(zip(self.names, weights)) | states | self.tables
            return torch_graph.forward(self.network, tensors, inputs, training)
        return forward(self.network, weights, inputs["image"])

    def loss(self, weights, states, inputs, targets):
        output = self.output(weights, states, inputs, True)
        if isinstance(self.network, Graph):
            return torch_graph.loss(self.network, output, targets)
        return F.cross_entropy(output, targets)

    def prediction(self, weights, states, inputs):
        output = self.output(weights, states, inputs, False)
        return torch_graph.prediction(self.network, output) if isinstance(self.network, Graph) else F.softmax(output, 1)

    def exported(self):
        """The weights by Minnow's names, in its shapes."""
        tensors = dict(zip(self.names, self.weights)) | self.states
        return {name: exported(tensor, self.forms[name]) for name, tensor in tensors.items()}


class Step:
    """Something to run again and again. `result` is what the last run gave: the loss, or probabilities."""

    def __init__(self, state, once):
        self.state = state
        self.once = once
        self.result = None

    def run(self, steps):
        once = self.once
        for _ in range(steps):
            result = once()
        self.result = result

    def outcome(self):
        return self.result.detach().numpy(), self.state.exported()


def eager_train_step(state, rate):
    for weight in state.weights:
        weight.requires_grad_()

    def once():
        loss = state.loss(state.weights, state.states, state.inputs, state.targets)
        gradients = torch.autograd.grad(loss, state.weights)
        with torch.no_grad():
            torch._foreach_add_(state.weights, gradients, alpha=-rate)
        return loss
    return once


def compiled_train_step(state, rate, options):
    """Forward, backward and update as one graph, which is faster than backward through autograd."""
    def loss_of(weights, states, inputs, targets):
        """And the new states: the gradient's function may not change the old ones."""
        new = {name: tensor.clone() for name, tensor in states.items()}
        return state.loss(weights, new, inputs, targets), new

    @torch.compile(fullgraph=True, dynamic=False, options=options)
    def step(weights, states, inputs, targets):
        gradients, (loss, new) = torch.func.grad_and_value(loss_of, has_aux=True)(weights, states, inputs, targets)
        for weight, gradient in zip(weights, gradients):
            weight.sub_(gradient, alpha=rate)
        for name, tensor in states.items():
            tensor.copy_(new[name])
        return loss

    def once():
        with torch.no_grad():
            return step(state.weights, state.states, state.inputs, state.targets)
    return once


def infer(state, function):
    def once():
        with torch.inference_mode():
            return function(state.weights, state.states, state.inputs)
    return once


class Way(NamedTuple):
    """That may be the fastest."""
    name: str
    layout: str = "NCHW"
    by_onednn: bool = True
    is_tuned: bool = False


# oneDNN has layers of its own for recurrent networks; without them torch.compile takes every position apart.
RECURRENT_WAYS = [Way("oneDNN"), Way("ATen", by_onednn=False)]


def ways(network):
    if isinstance(network, Graph) and network.is_recurrent():
        return RECURRENT_WAYS
    return [Way(layout, layout) for layout in (LAYOUTS if has_convolutions(network) else ["NCHW"])]


def state_for(way, network, weights, inputs, targets):
    torch.backends.mkldnn.enabled = way.by_onednn
    return State(network, weights, inputs, targets, LAYOUTS[way.layout])


class Eager:
    def variants(self, network, function, weights, inputs, targets, rate):
        """(name, a function that makes the step) of each way."""
        for way in ways(network):
            def make(way=way):
                state = state_for(way, network, weights, inputs, targets)
                once = eager_train_step(state, rate) if function == "train_step" else infer(state, state.prediction)
                return Step(state, once)
            yield way.name, make


class Compiled:
    def variants(self, network, function, weights, inputs, targets, rate):
        found = ways(network)
        if found is not RECURRENT_WAYS:
            found = [*found, Way("NCHW, max_autotune", is_tuned=True)]
        for way in found:
            def make(way=way):
                torch._dynamo.reset()
                state = state_for(way, network, weights, inputs, targets)
                options = {"max_autotune": way.is_tuned}
                if function == "train_step":
                    return Step(state, compiled_train_step(state, rate, options))
                compiled = torch.compile(state.prediction, fullgraph=True, dynamic=False, options=options)
                return Step(state, infer(state, compiled))
            yield way.name, make


EAGER = Eager()
COMPILED = Compiled()
