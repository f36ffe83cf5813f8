"""Training steps and inferences in PyTorch, eager and through torch.compile.

Eager code is as lean as PyTorch lets it be: functional layers, torch.autograd.grad, so that there is nothing to zero or
accumulate, one _foreach_add_ for the update, inference_mode for inference.
"""
import numpy
import torch
import torch.nn.functional as F

import torch_graph
from graph import Graph
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


def imported(array, memory_format):
    """A tensor of its own. What has two dimensions is a dense layer's weight, [units, inputs] in PyTorch."""
    tensor = torch.from_numpy(array.copy())
    return formatted(tensor.t() if tensor.ndim == 2 else tensor, memory_format)


class State:
    """Weights and a batch as tensors, pictures and filters in the given memory format."""

    def __init__(self, network, arrays, images, targets, memory_format):
        self.network = network
        tensors = {name: imported(array, memory_format) for name, array in arrays.items()}
        self.names = [name for name in tensors if not is_state(name)]
        self.weights = [tensors[name] for name in self.names]
        self.states = {name: tensors[name] for name in tensors if is_state(name)}
        self.images = formatted(torch.from_numpy(images), memory_format)
        self.targets = torch.from_numpy(targets.astype(numpy.int64) if targets.dtype == numpy.int32 else targets)

    def output(self, weights, states, images, training):
        """Logits, or whatever the loss sees."""
        if isinstance(self.network, Graph):
            return torch_graph.forward(self.network, dict(zip(self.names, weights)) | states, images, training)
        return forward(self.network, weights, images)

    def loss(self, weights, states, images, targets):
        output = self.output(weights, states, images, True)
        if isinstance(self.network, Graph):
            return torch_graph.loss(self.network, output, targets)
        return F.cross_entropy(output, targets)

    def prediction(self, weights, states, images):
        output = self.output(weights, states, images, False)
        return torch_graph.prediction(self.network, output) if isinstance(self.network, Graph) else F.softmax(output, 1)

    def exported(self):
        """The weights by Minnow's names, in its shapes."""
        tensors = dict(zip(self.names, self.weights)) | self.states
        return {name: (tensor.t() if tensor.ndim == 2 else tensor).detach().contiguous().numpy()
                for name, tensor in tensors.items()}


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
        loss = state.loss(state.weights, state.states, state.images, state.targets)
        gradients = torch.autograd.grad(loss, state.weights)
        with torch.no_grad():
            torch._foreach_add_(state.weights, gradients, alpha=-rate)
        return loss
    return once


def compiled_train_step(state, rate, options):
    """Forward, backward and update as one graph, which is faster than backward through autograd."""
    def loss_of(weights, states, images, targets):
        """And the new states: the gradient's function may not change the old ones."""
        new = {name: tensor.clone() for name, tensor in states.items()}
        return state.loss(weights, new, images, targets), new

    @torch.compile(fullgraph=True, dynamic=False, options=options)
    def step(weights, states, images, targets):
        gradients, (loss, new) = torch.func.grad_and_value(loss_of, has_aux=True)(weights, states, images, targets)
        for weight, gradient in zip(weights, gradients):
            weight.sub_(gradient, alpha=rate)
        for name, tensor in states.items():
            tensor.copy_(new[name])
        return loss

    def once():
        with torch.no_grad():
            return step(state.weights, state.states, state.images, state.targets)
    return once


def infer(state, function):
    def once():
        with torch.inference_mode():
            return function(state.weights, state.states, state.images)
    return once


class Eager:
    def variants(self, network, function, weights, images, targets, rate):
        """(name, a function that makes the step) of each way that may be the fastest."""
        for layout in layouts(network):
            def make(layout=layout):
                state = State(network, weights, images, targets, LAYOUTS[layout])
                once = eager_train_step(state, rate) if function == "train_step" else infer(state, state.prediction)
                return Step(state, once)
            yield layout, make


class Compiled:
    def variants(self, network, function, weights, images, targets, rate):
        ways = [(layout, False) for layout in layouts(network)] + [("NCHW", True)]
        for layout, tuned in ways:
            def make(layout=layout, tuned=tuned):
                torch._dynamo.reset()
                state = State(network, weights, images, targets, LAYOUTS[layout])
                options = {"max_autotune": tuned}
                if function == "train_step":
                    return Step(state, compiled_train_step(state, rate, options))
                compiled = torch.compile(state.prediction, fullgraph=True, dynamic=False, options=options)
                return Step(state, infer(state, compiled))
            yield layout + (", max_autotune" if tuned else ""), make


def layouts(network):
    return LAYOUTS if has_convolutions(network) else ["NCHW"]


EAGER = Eager()
COMPILED = Compiled()
