"""Layers of sequences in PyTorch: recurrent ones and attention, with what nn.RNN, nn.GRU and nn.LSTM call themselves."""
import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

import recurrence
from graph import has_lengths
from shapes import head_width
from model_file import one


def function_of(layer):
    """[N,T,I], or packed rows and their batch sizes → what it gives for each position, the last states."""
    if layer.kind == "rnn":
        return torch.rnn_relu if one(layer.fields, "activation", "TANH") == "RELU" else torch.rnn_tanh
    return {"gru": torch.gru, "lstm": torch.lstm}[layer.kind]


def flat_weights(layer, weights):
    """In PyTorch's order. It has two biases or none."""
    flat = []
    for cell in recurrence.cells(layer.fields):
        flat += [weights[cell.prefix + "input.weight"], weights[cell.prefix + "recurrent.weight"]]
        if recurrence.has_biases(layer.fields):
            bias = weights[cell.prefix + "input.bias"]
            flat += [bias, weights.get(cell.prefix + "recurrent.bias", torch.zeros_like(bias))]
    return flat


def recurrent(layer, weights, training, x, lengths=None):
    fields, count = layer.fields, recurrence.directions(layer.fields)
    layers = one(fields, "layers", 1)
    zeros = x.new_zeros(layers * count, x.shape[0], one(fields, "units"))
    start = (zeros, zeros) if layer.kind == "lstm" else zeros
    rest = (flat_weights(layer, weights), recurrence.has_biases(fields), layers, float(one(fields, "dropout", 0)),
            training, count == 2)
    if lengths is None:
        every, last, *_ = function_of(layer)(x, start, *rest, True)
    else:
        packed = pack_padded_sequence(x, lengths.flatten().long(), batch_first=True, enforce_sorted=False)
        rows, last, *_ = function_of(layer)(packed.data, packed.batch_sizes, start, *rest)
        last = last.index_select(1, packed.unsorted_indices)
        every, _ = pad_packed_sequence(PackedSequence(rows, *packed[1:]), batch_first=True, total_length=x.shape[1])
    return torch.cat(tuple(last[-count:]), 1) if recurrence.gives_last(fields) else every


def angles(length, exponents, base):
    return torch.arange(length, dtype=torch.float64)[:, None] / base ** exponents


def sinusoidal(length, width, base):
    """[T,D]"""
    column = torch.arange(width, dtype=torch.float64)
    turns = angles(length, column // 2 * 2 / width, base)
    return torch.where(column % 2 == 0, turns.sin(), turns.cos()).float()


def rotary(length, width, base):
    """Cosines and sines [2,T,width/2]"""
    turns = angles(length, torch.arange(width // 2, dtype=torch.float64) / (width // 2), base)
    return torch.stack((turns.cos(), turns.sin())).float()


def table(layer):
    """What a layer needs that does not depend on its input, or None."""
    length, width = layer.input_shapes[0][0], layer.input_shapes[0][-1]
    if layer.kind == "position" and not layer.tensors:
        return sinusoidal(length, width, one(layer.fields, "base", 10000))
    if layer.kind == "attention" and one(layer.fields, "rotary", False):
        longest = max(shape[0] for shape in layer.input_shapes)
        return rotary(longest, head_width(layer.fields, width), one(layer.fields, "rotary_base", 10000))
    return None


def rotated(x, turns):
    """Number i of a head by turns with number i + width/2: x [N,H,T,W], turns [2,T,W/2]"""
    cosines, sines = turns[:, :x.shape[2]]
    a, b = x.chunk(2, -1)
    return torch.cat((a * cosines - b * sines, b * cosines + a * sines), -1)


def mask(is_causal, lengths, length, memory):
    """Whether a position [T,S] of an example, [N,1,T,S], counts."""
    inside = torch.arange(memory) < lengths.reshape(-1, 1, 1, 1)
    return inside & torch.ones(length, memory, dtype=torch.bool).tril() if is_causal else inside


def attention(layer, weights, training, x, *others):
    fields, heads = layer.fields, one(layer.fields, "heads")
    width, is_causal = head_width(fields, x.shape[-1]), one(fields, "causal", False)
    *others, lengths = others if has_lengths(layer) else (*others, None)
    memory = others[0] if others else x

    def projected(part, rows):
        return F.linear(rows, weights[f"{part}.weight"], weights.get(f"{part}.bias"))

    def split(part, rows):
        return projected(part, rows).unflatten(-1, (-1, width)).transpose(1, 2)

    query, key = split("query", x), split("key", memory)
    if "table" in weights:
        query, key = rotated(query, weights["table"]), rotated(key, weights["table"])
    counts = None if lengths is None else mask(is_causal, lengths, x.shape[1], memory.shape[1])
    y = F.scaled_dot_product_attention(query, key, split("value", memory), counts,
                                       one(fields, "dropout", 0) if training else 0.0, is_causal and counts is None,
                                       enable_gqa=one(fields, "key_value_heads", heads) != heads)
    return projected("out", y.transpose(1, 2).flatten(2))
