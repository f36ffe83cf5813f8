"""Two spirals told apart by a network of one's own, from NumPy arrays."""

import numpy as np

import minnow
from minnow import layers, losses, messages, optimizers


def spirals(count, seed):
    """Points [2 * count, 2] of two arms, and the arm of each."""
    random = np.random.default_rng(seed)
    turn = np.sqrt(random.random((2, count))) * 2 * np.pi
    sign = np.array([[1], [-1]])
    points = np.stack([sign * turn * np.cos(turn), sign * turn * np.sin(turn)], axis=-1) / 10
    points += random.normal(0, 0.02, points.shape)
    return points.reshape(-1, 2), np.repeat([0, 1], count)


model = minnow.Model(
    inputs=messages.input(name="point", shape=[2]),
    layers=[
        layers.dense(units=64, activation="RELU"),
        layers.dense(units=64, activation="RELU"),
        layers.dense(units=2),
    ],
    loss=losses.softmax_cross_entropy(),
    training=messages.training(learning_rate=0.01, batch_size=50, optimizer=optimizers.adam()),
)
print(model.summary())

x, y = spirals(500, seed=1)
x_test, y_test = spirals(200, seed=2)
history = model.fit(x, y, validation=(x_test, y_test), epochs=100, progress=False)
print(history[-1])

right = model.predict(x_test).argmax(axis=1) == y_test
assert right.mean() > 0.95, right.mean()
