"""Training steps and inferences of recurrent networks in Keras, on TensorFlow: its layers in one tf.function, as fit and
predict make one, but nothing beside it: no metrics, no optimiser's counters.
"""
from typing import NamedTuple

import keras
import numpy
import tensorflow as tf

import recurrence
from model_file import one

LAYERS = {"rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


def configure(threads):
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)


class Way(NamedTuple):
    """How a position comes after another: by tf.while_loop, or as operations of its own."""
    is_unrolled: bool = False
    by_xla: bool = False


WAYS = {"loop": Way(), "loop, XLA": Way(by_xla=True), "unrolled": Way(is_unrolled=True)}


def keras_layer(layer, way):
    units = one(layer.fields, "units")
    if layer.kind == "dense":
        return keras.layers.Dense(units)
    return LAYERS[layer.kind](units, return_sequences=not recurrence.gives_last(layer.fields), unroll=way.is_unrolled)


def with_gates_swapped(array):
    """The first two of a GRU's gates [...,3*units], of which Keras has the other one first."""
    first, second, third = numpy.split(array, 3, -1)
    return numpy.concatenate((second, first, third), -1)


class Form:
    """How a layer's weights, by Minnow's parts of their names, are Keras' list, and the other way."""

    def __init__(self, layer):
        self.swaps = layer.kind == "gru" and not recurrence.is_keras(layer.fields)
        self.adds_biases = layer.kind in ("rnn", "lstm") and "recurrent.bias" in layer.tensors
        self.parts = [part for part in layer.tensors if not part.endswith("bias")]
        self.biases = [part for part in layer.tensors if part.endswith("bias")]

    def imported(self, arrays):
        """Keras has a GRU's biases in one tensor [2,3*units], and of the others one bias, which is the sum."""
        arrays = {part: with_gates_swapped(array) for part, array in arrays.items()} if self.swaps else arrays
        biases = [arrays[part] for part in self.biases]
        bias = sum(biases) if self.adds_biases else numpy.stack(biases) if len(biases) > 1 else biases[0]
        return [*(arrays[part] for part in self.parts), bias]

    def exported(self, tensors, drawn):
        """Both of two biases take the step that their sum takes."""
        *matrices, bias = tensors
        if self.adds_biases:
            biases = [drawn[part] + (bias - sum(drawn[other] for other in self.biases)) for part in self.biases]
        else:
            biases = list(bias) if len(self.biases) > 1 else [bias]
        arrays = dict(zip((*self.parts, *self.biases), (*matrices, *biases)))
        return {part: with_gates_swapped(array) for part, array in arrays.items()} if self.swaps else arrays


class Network:
    """Layers one behind the other."""

    def __init__(self, graph, way, weights, batch):
        self.drawn = {layer.name: {part: weights[weight.name] for part, weight in layer.tensors.items()}
                      for layer in graph.layers}
        self.forms = {layer.name: Form(layer) for layer in graph.layers}
        self.layers = [keras_layer(layer, way) for layer in graph.layers]
        self.model = keras.Sequential([keras.Input(graph.inputs[0].shape, batch), *self.layers])
        for layer, (name, form) in zip(self.layers, self.forms.items()):
            layer.set_weights(form.imported(self.drawn[name]))

    def exported(self):
        """The weights by Minnow's names, in its shapes."""
        return {f"{name}.{part}": array for layer, (name, form) in zip(self.layers, self.forms.items())
                for part, array in form.exported(layer.get_weights(), self.drawn[name]).items()}


def train_step(model, rate):
    """Plain SGD."""
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    variables = [variable.value for variable in model.trainable_variables]

    def step(x, labels):
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(x, training=True))
        for variable, gradient in zip(variables, tape.gradient(loss, variables)):
            variable.assign_sub(rate * gradient)
        return loss
    return step


class Step:
    """`result` is what the last run gave: the loss, or probabilities."""

    def __init__(self, network, way, function, x, labels, rate):
        self.network = network
        given = [tf.constant(x)] + ([tf.constant(labels)] if function == "train_step" else [])
        once = train_step(network.model, rate) if function == "train_step" else (
            lambda x: tf.nn.softmax(network.model(x, training=False)))
        traced = tf.function(once, jit_compile=way.by_xla).get_concrete_function(*given)
        self.once = lambda: traced(*given)
        self.result = None

    def run(self, steps):
        for _ in range(steps):
            result = self.once()
        self.result = result.numpy()

    def outcome(self):
        return self.result, self.network.exported()


class Peer:
    def variants(self, network, function, weights, inputs, labels, rate):
        x, = inputs.values()
        for name, way in WAYS.items():
            def make(way=way):
                keras.backend.clear_session()
                return Step(Network(network, way, weights, len(x)), way, function, x, labels, rate)
            yield name, make


PEER = Peer()
