"""Networks that come from ONNX and PyTorch, and go to ONNX."""

import importlib.util
import pathlib
import tempfile
import unittest

import numpy as np
import small

import minnow
from minnow import losses, messages

GRAPH = minnow.models_folder / "onnx/glyphs.onnx"
HAS_TORCH = all(importlib.util.find_spec(name) for name in ("torch", "onnxscript"))


def pictures(count):
    return np.sin(np.arange(count * 784, dtype=np.float32)).reshape(count, 1, 28, 28)


class FromOnnx(unittest.TestCase):
    def test_path_and_bytes_are_one(self):
        expected = minnow.load(GRAPH).predict(pictures(5))
        for source in (GRAPH, str(GRAPH), GRAPH.read_bytes()):
            np.testing.assert_array_equal(minnow.from_onnx(source).predict(pictures(5)), expected)

    def test_it_learns_from_the_weights_of_the_file(self):
        plain = minnow.from_onnx(GRAPH)
        model = minnow.from_onnx(GRAPH.read_bytes(), loss=losses.softmax_cross_entropy(),
                                 training=messages.training(batch_size=8, learning_rate=0.05))
        self.assertEqual(list(model.weights), list(plain.weights))
        before = model.weights["fc.weight"].copy()
        np.testing.assert_array_equal(before, plain.weights["fc.weight"])
        history = model.fit(pictures(16), np.arange(16) % 10, epochs=3, progress=False)
        self.assertLess(history[-1].train_loss, history[0].train_loss)
        self.assertFalse(np.array_equal(before, model.weights["fc.weight"]))
        self.assertEqual(minnow.load(model.text).targets, model.targets)

    def test_work_of_a_graph(self):
        rows = {row.name: row for row in minnow.from_onnx(GRAPH).summary()}
        self.assertEqual(rows["conv1"].flops, 2 * 9 * 8 * np.prod(rows["conv1"].shape[1:]))
        self.assertEqual(rows["fc"].flops, 2 * 10 * 588)

    def test_many_examples_are_one_batch(self):
        self.assertEqual(minnow.from_onnx(GRAPH).batch_size, 64)
        self.assertEqual(minnow.from_onnx(GRAPH, set={"training.batch_size": 3}).batch_size, 3)

    def test_what_is_wrong_is_said(self):
        with self.assertRaises(minnow.UsageError):
            minnow.from_onnx("net.pt")
        with self.assertRaises(minnow.ModelError) as caught:
            minnow.from_onnx(b"no graph")
        self.assertIn("ONNX", str(caught.exception))
        with self.assertRaises(minnow.ModelError) as caught:
            minnow.from_onnx(GRAPH, output="score")
        self.assertIn("scores", caught.exception.hint)


class ToOnnx(unittest.TestCase):
    def test_what_is_exported_predicts_and_learns_the_same(self):
        model = small.model()
        images, labels = small.examples(16)
        model.train_step(images, labels)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "net.onnx")
            model.export_onnx(path)
            np.testing.assert_allclose(minnow.from_onnx(path).predict(images), model.predict(images), atol=1e-6)
            model.export_onnx(path, logits=True)
            again = minnow.from_onnx(path, loss=losses.softmax_cross_entropy(), training=messages.training(learning_rate=0.05))
            np.testing.assert_allclose(again.predict(images), model.predict(images), atol=1e-6)
            again.export_onnx(path)
            np.testing.assert_allclose(minnow.from_onnx(path).predict(images), model.predict(images), atol=1e-6)
            with self.assertRaises(minnow.ModelError):
                model.export_onnx(pathlib.Path(folder, "none", "net.onnx"))


@unittest.skipUnless(HAS_TORCH, "torch and onnxscript are not installed")
class FromTorch(unittest.TestCase):
    def network(self):
        import torch
        from torch import nn

        torch.manual_seed(3)
        return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(),
                             nn.Linear(4 * 64, 5)), torch.randn(6, 3, 8, 8)

    def test_it_predicts_what_the_module_does(self):
        import torch

        net, x = self.network()
        for dynamo in (True, False):
            model = minnow.from_torch(net, x[:1], dynamo=dynamo)
            self.assertTrue(net.training and net[3].training, "the module stays as it is")
            with torch.no_grad():
                expected = net.eval()(x).numpy()
            net.train()
            np.testing.assert_allclose(model.predict(x), expected, atol=1e-5)
            self.assertEqual({name for name, _ in net.named_parameters()} - set(model.weights), set())
            np.testing.assert_array_equal(model.weights["0.weight"], net[0].weight.detach().numpy())

    def test_what_the_module_does_not_train_stays(self):
        import torch

        class Parts(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = torch.nn.Linear(4, 2)
                self.scale = torch.nn.Parameter(torch.tensor(0.5))
                self.kept = torch.nn.Parameter(torch.ones(2), requires_grad=False)
                self.register_buffer("mean", torch.tensor([1.0, 2.0, 3.0, 4.0]))
                self.register_buffer("shift", torch.tensor([0.1, 0.2]), persistent=False)

            def forward(self, x):
                return (self.fc((x - self.mean) * self.scale) + self.shift) * self.kept

        torch.manual_seed(4)
        x, target = torch.randn(6, 4), torch.randn(6, 2)
        for dynamo in (True, False):
            net = Parts()
            model = minnow.from_torch(net, x, dynamo=dynamo, loss=losses.mean_squared_error())
            self.assertEqual(set(model.weights), {"fc.weight", "fc.bias", "scale"})
            optimiser = torch.optim.SGD([value for value in net.parameters() if value.requires_grad], 0.1)
            for _ in range(3):
                model.train_step(x, target.numpy(), learning_rate=0.1)
                optimiser.zero_grad()
                torch.nn.functional.mse_loss(net(x), target).backward()
                optimiser.step()
            for name, value in model.weights.items():
                np.testing.assert_allclose(value, net.state_dict()[name].numpy().reshape(value.shape), atol=1e-5, err_msg=name)
            net.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in model.weights.items()}, strict=False)
            np.testing.assert_allclose(model.predict(x), net(x).detach().numpy(), atol=1e-5)

    def test_an_example_has_a_batch(self):
        import torch

        for example in (torch.tensor(1.0), torch.zeros(0, 3, 8, 8)):
            with self.assertRaises(minnow.UsageError) as caught:
                minnow.from_torch(self.network()[0], example)
            self.assertIn('example "input"', str(caught.exception))

    def test_it_learns_what_the_module_does(self):
        import torch

        net, x = self.network()
        net[3].p = 0.0
        target = torch.randn(6, 5)
        model = minnow.from_torch(net, x, loss=losses.mean_squared_error())
        model.train_step(x, target.numpy(), learning_rate=0.1)
        optimiser = torch.optim.SGD(net.train().parameters(), 0.1)
        torch.nn.functional.mse_loss(net(x), target).backward()
        optimiser.step()
        for name, value in net.named_parameters():
            np.testing.assert_allclose(model.weights[name], value.detach().numpy(), atol=1e-5, err_msg=name)

    def test_dropout_drops_while_it_learns(self):
        net, x = self.network()
        for dynamo in (True, False):
            model = minnow.from_torch(net, x, dynamo=dynamo, loss=losses.mean_squared_error())
            self.assertIn("random", model.ir("loss", "lowered"))
            self.assertNotIn("random", model.ir("infer", "lowered"))

    def test_inputs_are_called_as_forward_calls_them(self):
        import torch

        class Two(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.table, self.out = torch.nn.Embedding(7, 4), torch.nn.Linear(9, 2)

            def forward(self, tokens, more):
                return self.out(torch.cat([self.table(tokens).mean(1), more], 1))

        net, tokens, more = Two(), torch.randint(0, 7, (3, 6)), torch.randn(3, 5)
        for dynamo in (True, False):
            model = minnow.from_torch(net, (tokens, more), dynamo=dynamo)
            self.assertEqual([slot.name for slot in model.inputs], ["tokens", "more"])
            found = model.predict({"tokens": tokens.numpy().astype(np.int32), "more": more})
            np.testing.assert_allclose(found, net(tokens, more).detach().numpy(), atol=1e-5)


if __name__ == "__main__":
    unittest.main()
