"""Training steps and inferences in PyTorch, eager and through torch.compile.

Eager code is as lean as PyTorch lets it be: functional layers, torch.autograd.grad, so that there is nothing to zero or
accumulate, one _foreach_add_ for the update, inference_mode for inference.
"""
import numpy
import torch
import torch.nn.functional as F

from networks import LEARNING_RATE, Convolution, Dense, Pool, has_convolutions, weighted

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


class State:
    """Weights and a batch as tensors, pictures and filters in the given memory format."""

    def __init__(self, network, weights, images, labels, memory_format):
        self.network = network
        self.weights = []
        for layer in weighted(network):
            weight = torch.from_numpy(weights[layer.name + ".weight"].copy())
            if isinstance(layer, Dense):
                weight = weight.t().contiguous()
            else:
                weight = weight.contiguous(memory_format=memory_format)
            self.weights += [weight, torch.from_numpy(weights[layer.name + ".bias"].copy())]
        self.images = torch.from_numpy(images).contiguous(memory_format=memory_format)
        self.labels = torch.from_numpy(labels.astype(numpy.int64))

    def exported(self):
        """The weights by Minnow's names, in its shapes."""
        arrays = {}
        for i, layer in enumerate(weighted(self.network)):
            weight = self.weights[2 * i].detach()
            arrays[layer.name + ".weight"] = (weight.t() if isinstance(layer, Dense) else weight).contiguous().numpy()
            arrays[layer.name + ".bias"] = self.weights[2 * i + 1].detach().numpy()
        return arrays


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


def eager_train_step(state):
    for weight in state.weights:
        weight.requires_grad_()

    def once():
        loss = F.cross_entropy(forward(state.network, state.weights, state.images), state.labels)
        gradients = torch.autograd.grad(loss, state.weights)
        with torch.no_grad():
            torch._foreach_add_(state.weights, gradients, alpha=-LEARNING_RATE)
        return loss
    return once


def compiled_train_step(state, options):
    """Forward, backward and update as one graph, which is faster than backward through autograd."""
    def loss_of(weights, images, labels):
        return F.cross_entropy(forward(state.network, weights, images), labels)

    @torch.compile(fullgraph=True, dynamic=False, options=options)
    def step(weights, images, labels):
        gradients, loss = torch.func.grad_and_value(loss_of)(weights, images, labels)
        for weight, gradient in zip(weights, gradients):
            weight.sub_(gradient, alpha=LEARNING_RATE)
        return loss

    def once():
        with torch.no_grad():
            return step(state.weights, state.images, state.labels)
    return once


def infer(state, function):
    def once():
        with torch.inference_mode():
            return function(state.weights, state.images)
    return once


def probabilities(state):
    return lambda weights, images: F.softmax(forward(state.network, weights, images), 1)


class Eager:
    def variants(self, network, function, weights, images, labels):
        """(name, a function that makes the step) of each way that may be the fastest."""
        for layout in layouts(network):
            def make(layout=layout):
                state = State(network, weights, images, labels, LAYOUTS[layout])
                once = eager_train_step(state) if function == "train_step" else infer(state, probabilities(state))
                return Step(state, once)
            yield layout, make


class Compiled:
    def variants(self, network, function, weights, images, labels):
        ways = [(layout, False) for layout in layouts(network)] + [("NCHW", True)]
        for layout, tuned in ways:
            def make(layout=layout, tuned=tuned):
                torch._dynamo.reset()
                state = State(network, weights, images, labels, LAYOUTS[layout])
                options = {"max_autotune": tuned}
                if function == "train_step":
                    return Step(state, compiled_train_step(state, options))
                compiled = torch.compile(probabilities(state), fullgraph=True, dynamic=False, options=options)
                return Step(state, infer(state, compiled))
            yield layout + (", max_autotune" if tuned else ""), make


def layouts(network):
    return LAYOUTS if has_convolutions(network) else ["NCHW"]


EAGER = Eager()
COMPILED = Compiled()
