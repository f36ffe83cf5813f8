"""Training steps and inferences in JAX, under jit. A step is one program; new weights get the old ones' memory."""
import functools

import jax
import jax.numpy as jnp

import jax_graph
from graph import Graph
from networks import Convolution, Pool, has_convolutions

ACTIVATIONS = {"relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid, "": lambda x: x}
UNROLLS = {"scan": 1, "scan, 8 unrolled": 8}  # positions of a loop's body


def version():
    return jax.__version__


def pool_by_windows(kind, x, dims):
    shape = tuple(2 if i in dims else 1 for i in range(4))
    if kind == "max":
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, shape, shape, "VALID")
    return jax.lax.reduce_window(x, 0.0, jax.lax.add, shape, shape, "VALID") / 4


def pool_by_reshape(kind, x, dims):
    """The same where no two of a window's numbers are equal and positive."""
    rows, columns = dims
    shape = list(x.shape)
    shape[rows:columns + 1] = [x.shape[rows] // 2, 2, x.shape[columns] // 2, 2]
    reduce = jnp.max if kind == "max" else jnp.mean
    return reduce(x.reshape(shape), axis=(rows + 1, columns + 2))


POOLS = {"reduce_window": pool_by_windows, "reshape": pool_by_reshape}


class Layout:
    """Where the channels of pictures and filters stand."""

    def __init__(self, name):
        self.is_last = name == "NHWC"
        self.numbers = ("NHWC", "HWIO", "NHWC") if self.is_last else ("NCHW", "OIHW", "NCHW")
        self.picture = (1, 2) if self.is_last else (2, 3)  # dimensions

    def images(self, array):
        return array.transpose(0, 2, 3, 1) if self.is_last and array.ndim == 4 else array

    def filters(self, array):
        return array.transpose(2, 3, 1, 0) if self.is_last and array.ndim == 4 else array

    def exported_filters(self, array):
        return array.transpose(3, 2, 0, 1) if self.is_last and array.ndim == 4 else array

    def flattened(self, x):
        """In the order of channels, rows, columns."""
        if x.ndim == 4 and self.is_last:
            x = x.transpose(0, 3, 1, 2)
        return x.reshape(x.shape[0], -1)


def forward(network, layout, pool, weights, x):
    for layer in network:
        if isinstance(layer, Pool):
            x = pool(layer.kind, x, layout.picture)
            continue
        weight, bias = weights[layer.name + ".weight"], weights[layer.name + ".bias"]
        if isinstance(layer, Convolution):
            pads = [(layer.pad, layer.pad)] * 2
            x = jax.lax.conv_general_dilated(x, weight, (1, 1), pads, dimension_numbers=layout.numbers)
            x = x + (bias if layout.is_last else bias[:, None, None])
        else:
            x = layout.flattened(x) @ weight + bias
        x = ACTIVATIONS[layer.activation](x)
    return x


def cross_entropy(logits, labels):
    """The mean over all positions."""
    log = jax.nn.log_softmax(logits)
    return -jnp.mean(jnp.take_along_axis(log, labels[..., None], axis=-1))


# By the name of the loss, which is of what it sees and a target; and what is predicted of the same.
LOSSES = {"softmax_cross_entropy": cross_entropy, "mean_squared_error": lambda y, target: jnp.mean((y - target) ** 2),
          "binary_cross_entropy_with_logits": lambda y, target: jnp.mean(jax.nn.softplus(y) - y * target)}
PREDICTIONS = {"softmax_cross_entropy": jax.nn.softmax, "mean_squared_error": lambda y: y,
               "binary_cross_entropy_with_logits": jax.nn.sigmoid}


class Step:
    """`forward_of` makes what the loss sees, and new states, of weights with states and inputs, by name and in the layout."""

    def __init__(self, forward_of, loss, function, layout, weights, inputs, targets, rate):
        self.layout = layout
        self.weights = {name: jnp.array(layout.filters(array)) for name, array in weights.items()}
        self.inputs = {name: jnp.array(layout.images(array)) for name, array in inputs.items()}
        self.targets = jnp.array(targets)
        self.key = jax.random.key(0, impl="rbg")  # whose numbers come faster than the default's
        self.result = None

        def loss_of(weights, key, inputs, targets):
            y, states = forward_of(weights, inputs, key)
            return LOSSES[loss](y, targets), states

        def train_step(weights, key, inputs, targets):
            grad = jax.value_and_grad(loss_of, has_aux=True)
            (value, states), gradients = grad(weights, key, inputs, targets)
            return {name: w - rate * gradients[name] for name, w in weights.items()} | states, value

        def infer(weights, inputs):
            return PREDICTIONS[loss](forward_of(weights, inputs, None)[0])

        self.trains = function == "train_step"
        self.function = jax.jit(train_step, donate_argnums=0) if self.trains else jax.jit(infer)

    def run(self, steps):
        for _ in range(steps):
            if self.trains:
                self.weights, self.result = self.function(self.weights, self.key, self.inputs, self.targets)
            else:
                self.result = self.function(self.weights, self.inputs)
        jax.block_until_ready((self.weights, self.result))

    def outcome(self):
        weights = jax.device_get(self.weights)
        return jax.device_get(self.result), {k: self.layout.exported_filters(v) for k, v in weights.items()}


def ways(network):
    """(name, layout, a function as Step wants it)"""
    if isinstance(network, Graph):
        for name, unroll in (UNROLLS if network.is_recurrent() else {"plain": 1}).items():
            yield name, Layout("NCHW"), functools.partial(jax_graph.forward, network, unroll)
        return
    for layout in map(Layout, ("NCHW", "NHWC") if has_convolutions(network) else ("NCHW",)):
        for pool in POOLS if has_convolutions(network) else ("reduce_window",):
            def forward_of(weights, inputs, key, layout=layout, pool=pool):
                return forward(network, layout, POOLS[pool], weights, inputs["image"]), {}
            yield f"{layout.numbers[0]}, {pool}" if has_convolutions(network) else "plain", layout, forward_of


class Peer:
    def variants(self, network, function, weights, inputs, targets, rate):
        loss = network.loss if isinstance(network, Graph) else "softmax_cross_entropy"
        for name, layout, forward_of in ways(network):
            def make(layout=layout, forward_of=forward_of):
                return Step(forward_of, loss, function, layout, weights, inputs, targets, rate)
            yield name, make


JIT = Peer()
