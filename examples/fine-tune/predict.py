"""Test images of Fashion-MNIST, told apart by ONNX Runtime.

predict.py net.onnx      MINNOW_DATA names the folder with fashion-mnist/
"""
import gzip
import json
import os
import pathlib
import sys

import numpy as np
import onnxruntime

COUNT = 2000


def main():
    folder = pathlib.Path(os.environ["MINNOW_DATA"]) / "fashion-mnist"
    images = gzip.open(folder / "t10k-images-idx3-ubyte.gz").read()[16:]
    labels = gzip.open(folder / "t10k-labels-idx1-ubyte.gz").read()[8:]
    pictures = np.frombuffer(images, np.uint8).reshape(-1, 1, 28, 28)[:COUNT]
    session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
    # Bytes as they are: the file divides them by 255.
    (probabilities,) = session.run(["prediction"], {"image": pictures})
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    right = probabilities.argmax(1) == np.frombuffer(labels, np.uint8)[:COUNT]
    print(f"{100 * right.mean():.2f} % of {COUNT} test images; the first is {classes[probabilities[0].argmax()]}")


if __name__ == "__main__":
    main()
