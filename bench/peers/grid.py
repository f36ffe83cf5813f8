"""Recurrent networks of many sizes: their names, and the model files, which are made and not kept. One layer reads a
sequence of as many numbers per position as it has units; ten classes are told from its last state."""
import itertools
import re

CELLS, UNITS, LENGTHS = ("rnn", "gru", "lstm"), (32, 128, 512), (16, 64, 256)
NAMES = [f"{cell}-{units}x{length}" for cell, units, length in itertools.product(CELLS, UNITS, LENGTHS)]
NAME = re.compile(r"(rnn|gru|lstm)-(\d+)x(\d+)")
TEXT = """inputs {{ name: "x" shape: [{length}, {units}] }}
layers {{ name: "state" {cell} {{ units: {units} output: LAST }} }}
layers {{ name: "classes" dense {{ units: 10 }} }}
loss {{ softmax_cross_entropy {{}} }}
"""


def parts(name):
    """(cell, units, length), or None: "lstm-128x64" has 128 units and sequences of 64 positions."""
    match = NAME.fullmatch(name)
    return match and (match[1], int(match[2]), int(match[3]))


def text(name):
    cell, units, length = parts(name)
    return TEXT.format(cell=cell, units=units, length=length)
