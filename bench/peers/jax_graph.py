"""Recurrent networks in JAX: a rule for each kind of layer, the loops along sequences as lax.scan. Weights are Minnow's."""
import jax
import jax.numpy as jnp

import recurrence
from model_file import one

sigmoid, tanh = jax.nn.sigmoid, jnp.tanh


def rnn(fields, x, h, state):
    function = jax.nn.relu if one(fields, "activation", "TANH") == "RELU" else tanh
    return (function(x + h),)


def lstm(fields, x, h, state):
    i, f, g, o = jnp.split(x + h, 4, -1)
    memory = sigmoid(f) * state[1] + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(memory), memory


def gru(fields, x, h, state):
    (rx, zx, nx), (rh, zh, nh) = jnp.split(x, 3, -1), jnp.split(h, 3, -1)
    r, z = sigmoid(rx + rh), sigmoid(zx + zh)
    if recurrence.has_other_gates("gru", fields):
        r, z = z, r
    n = tanh(nx + r * nh)
    return (n + z * (state[0] - n),)


STEPS = {"rnn": rnn, "gru": gru, "lstm": lstm}


def run(cell, layer, weights, x, unroll):
    """x [T,N,I] → h behind the last position [N,U] and that of every one [T,N,U]."""
    units = one(layer.fields, "units")
    products = x @ weights[cell.prefix + "input.weight"]
    bias = weights.get(cell.prefix + "recurrent.bias", 0)
    if recurrence.has_biases(layer.fields):
        products += weights[cell.prefix + "input.bias"]
    if layer.kind != "gru":  # whose reset gate multiplies it
        products, bias = products + bias, 0

    def step(state, product):
        new = STEPS[layer.kind](layer.fields, product, state[0] @ weights[cell.prefix + "recurrent.weight"] + bias, state)
        return new, new[0]

    start = (jnp.zeros((x.shape[1], units)),) * (2 if layer.kind == "lstm" else 1)
    last, every = jax.lax.scan(step, start, products, reverse=cell.reverse, unroll=unroll)
    return last[0], every


def recurrent(layer, weights, x, unroll):
    """Neither with lengths nor with dropout."""
    x = x.swapaxes(0, 1)
    every, last = [], []
    for cell in recurrence.cells(layer.fields):
        if not cell.reverse:
            x = jnp.concatenate(every, -1) if every else x
            every, last = [], []
        end, sequence = run(cell, layer, weights, x, unroll)
        last.append(end)
        every.append(sequence)
    if recurrence.gives_last(layer.fields):
        return jnp.concatenate(last, -1)
    return jnp.concatenate(every, -1).swapaxes(0, 1)


def dense(layer, weights, x):
    rows = x if one(layer.fields, "per_position", False) else x.reshape(x.shape[0], -1)
    y = rows @ weights["weight"]
    return y + weights["bias"] if "bias" in weights else y


RULES = {
    "dense": dense,
    "one_hot": lambda layer, weights, x: jax.nn.one_hot(x, one(layer.fields, "vocabulary")),
    "embedding": lambda layer, weights, x: weights["weight"][x],
}


def forward(graph, unroll, tensors, inputs):
    """Logits."""
    values = dict(inputs)
    for layer in graph.layers:
        weights = {part: tensors[weight.name] for part, weight in layer.tensors.items()}
        x = values[layer.inputs[0]]
        values[layer.name] = (recurrent(layer, weights, x, unroll) if layer.kind in STEPS
                              else RULES[layer.kind](layer, weights, x))
    return values[graph.output]
