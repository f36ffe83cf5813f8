"""A training loop of one's own: batches, learning rate and weights in the caller's hands."""

import numpy as np

import minnow

MODEL = """
inputs { name: "x" shape: [3] }
layers { name: "line" dense { units: 1 } }
loss { huber { delta: 0.5 } }
training { learning_rate: 0.1 momentum { momentum: 0.8 } }
"""

model = minnow.load(MODEL)
random = np.random.default_rng(0)
slope = np.array([[2.0], [-3.4], [0.5]])

for step in range(400):
    x = random.normal(size=(32, 3))
    y = x @ slope + 4.2
    outcome = model.train_step(x, y, learning_rate=0.05 * 0.99**step)
    # Weights are views of the model's memory: this is L1 shrinkage behind the step.
    weight = model.weights["line.weight"]
    weight[:] = np.sign(weight) * np.maximum(np.abs(weight) - 1e-5, 0)

print(f"loss {outcome.loss:.5f}")
print(model.weights["line.weight"].ravel(), model.weights["line.bias"])
np.testing.assert_allclose(model.weights["line.weight"], slope, atol=0.05)
