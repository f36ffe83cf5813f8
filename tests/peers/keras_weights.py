"""Weights of Keras 3 models, read by their paths, give the models' outputs.

keras_weights.py MINNOW PROJECT
"""
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "torch")
try:
    import keras
    import numpy as np
    import onnxruntime  # noqa: F401
    from keras import layers
except ImportError as missing:
    print(f"{missing.name} is not installed: nothing to compare with")
    sys.exit(77)

from exchange import Verdicts, difference, predictions, run, write_model
from tensor_file import write_tensors


def cnn():
    return keras.Sequential([
        layers.Input((8, 9, 3)),
        layers.Conv2D(6, (3, 2), padding="same", name="conv2d"),
        layers.BatchNormalization(name="batch_normalization"),
        layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise_conv2d"),
        layers.PReLU(shared_axes=[1, 2], name="p_re_lu"),
        layers.Conv2DTranspose(4, 2, strides=2, name="conv2d_transpose"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.BatchNormalization(name="batch_normalization_1"),
        layers.Dense(5, name="dense"),
    ])


CNN = """
    layers { name: "conv2d" conv2d { filters: 6 kernel: [3,2] padding: SAME } }
    layers { name: "batch_normalization" batch_norm { epsilon: 0.001 } }
    layers { name: "depthwise_conv2d" conv2d { filters: 12 kernel: 3 groups: 6 } }
    layers { name: "p_re_lu" prelu {} }
    layers { name: "conv2d_transpose" conv_transpose2d { filters: 4 kernel: 2 stride: 2 } }
    layers { name: "pool" max_pool { kernel: 2 } }
    layers { name: "flatten" flatten {} }
    layers { name: "batch_normalization_1" batch_norm { epsilon: 0.001 } }
    layers { name: "dense" dense { units: 5 } }"""


def tagger(cell):
    return keras.Sequential([
        layers.Input((7,), dtype="int32"), layers.Embedding(11, 5, name="embedding"), cell, layers.Dense(3, name="dense"),
    ])


def tagger_text(kind, name, fields):
    return f"""
    layers {{ name: "embedding" embedding {{ vocabulary: 11 units: 5 }} }}
    layers {{ name: "{name}" {kind} {{ {fields} }} }}
    layers {{ name: "dense" dense {{ units: 3 per_position: true }} }}"""


def encoder():
    x = keras.Input((7, 8))
    y = layers.MultiHeadAttention(2, 4, name="multi_head_attention")(x, x)
    y = layers.LayerNormalization(name="layer_normalization")(layers.Add()([x, y]))
    return keras.Model(x, y)


ENCODER = """
    layers { name: "multi_head_attention" attention { heads: 2 } }
    layers { name: "sum" add {} inputs: ["x", "multi_head_attention"] }
    layers { name: "layer_normalization" layer_norm { epsilon: 0.001 } }"""

IMAGE = 'inputs { name: "x" shape: [3,8,9] }'
TOKENS = 'inputs { name: "x" shape: 7 type: I32 }'
CASES = {
    "cnn": (cnn, IMAGE, CNN, (8, 9, 3)),
    "lstm": (lambda: tagger(layers.LSTM(4, return_sequences=True, name="lstm")), TOKENS,
             tagger_text("lstm", "lstm", "units: 4 convention: KERAS"), None),
    "lstm of PyTorch's convention": (lambda: tagger(layers.LSTM(4, return_sequences=True, name="lstm")), TOKENS,
                                     tagger_text("lstm", "lstm", "units: 4"), None),
    "gru": (lambda: tagger(layers.GRU(4, return_sequences=True, name="gru")), TOKENS,
            tagger_text("gru", "gru", "units: 4 convention: KERAS"), None),
    "gru of PyTorch's convention, both ways": (
        lambda: tagger(layers.Bidirectional(layers.GRU(4, return_sequences=True), name="bidirectional")), TOKENS,
        tagger_text("gru", "bidirectional", "units: 4 bidirectional: true"), None),
    "rnn": (lambda: tagger(layers.SimpleRNN(4, return_sequences=True, name="simple_rnn")), TOKENS,
            tagger_text("rnn", "simple_rnn", "units: 4"), None),
    "encoder": (encoder, 'inputs { name: "x" shape: [7,8] }', ENCODER, (7, 8)),
}


def check(minnow, folder, case, verdicts, name):
    make, inputs, text, shape = case
    rng = np.random.default_rng(2)
    model = make()
    tensors = {}
    for weight in model.weights:
        if "seed" in weight.path:
            continue
        low = 0.5 if weight.path.endswith("variance") else -0.7
        weight.assign(rng.uniform(low, 1, weight.shape).astype(np.float32))
        tensors[weight.path] = keras.ops.convert_to_numpy(weight.value)
    write_tensors(folder / "w.safetensors", tensors)
    path = write_model(folder, inputs, text)
    run(minnow, "export", path, "--weights", folder / "w.safetensors", "-o", folder / "net.onnx")
    if shape is None:
        x = rng.integers(0, 11, (3, 7)).astype(np.int32)
    else:
        x = rng.standard_normal((3, *shape)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(model(x, training=False))
    ours = np.moveaxis(x, -1, 1) if len(shape or ()) == 3 else x
    verdicts.add(name, difference(predictions(folder / "net.onnx", x=np.ascontiguousarray(ours)), expected))


def main():
    verdicts = Verdicts()
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as place:
            try:
                check(sys.argv[1], pathlib.Path(place), case, verdicts, name)
            except Exception as error:
                verdicts.fail(name, error)
    sys.exit(verdicts.code())


if __name__ == "__main__":
    main()
