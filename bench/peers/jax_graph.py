"""A graph of layers in JAX: recurrent ones, whose loops along sequences are lax.scan, and those of jax_layers.py. Weights are
Minnow's."""
import jax
import jax.numpy as jnp

import recurrence
from jax_layers import RULES, batch_norm, dropout
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


def weights_of(layer, tensors):
    """By the names of its parts."""
    return {part: tensors[weight.name].T if weight.is_turned else tensors[weight.name]
            for part, weight in layer.tensors.items()}


def forward(graph, unroll, tensors, inputs, key):
    """What the loss sees, and new states by name. A key, for random numbers, has whoever trains."""
    values, states = dict(inputs), {}
    for i, layer in enumerate(graph.layers):
        weights, fed = weights_of(layer, tensors), [values[name] for name in layer.inputs]
        if layer.kind in STEPS:
            y = recurrent(layer, weights, fed[0], unroll)
        elif layer.kind == "dropout":
            y = dropout(layer, *fed, None if key is None else jax.random.fold_in(key, i))
        elif layer.kind == "batch_norm":
            y, new = batch_norm(layer, weights, *fed, key is not None)
            states |= {layer.tensors[part].name: state for part, state in new.items()}
        else:
            y = RULES[layer.kind](layer, weights, *fed)
        values[layer.name] = y
    return values[graph.output], states
