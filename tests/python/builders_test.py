"""Models built from messages: every layer is there, and says where it is wrong."""

import inspect
import unittest

import numpy as np
import small

import minnow
from minnow import initializers, layers, losses, messages, optimizers, schedules
from minnow._schema import FIELDS


def dense_network(*some, **fields):
    fields = {"inputs": messages.input(name="x", shape=[6]), "loss": losses.mean_squared_error(), **fields}
    return minnow.Model(layers=[*some, layers.dense(units=2)], **fields)


class Builders(unittest.TestCase):
    def test_a_lenet_is_that_of_the_file(self):
        weights = {"weight_init": initializers.xavier_uniform(), "bias_init": initializers.fan_in_uniform()}
        built = minnow.Model(
            name="lenet-glyphs",
            inputs=messages.input(name="image", shape=[1, 28, 28]),
            layers=[
                layers.conv2d(name="conv1", filters=6, kernel=5, pad=2, activation="RELU", **weights),
                layers.max_pool(name="pool1", kernel=2),
                layers.conv2d(name="conv2", filters=16, kernel=5, activation="RELU", **weights),
                layers.max_pool(name="pool2", kernel=2),
                layers.flatten(name="flatten"),
                layers.dense(name="fc1", units=120, activation="RELU", **weights),
                layers.dense(name="fc2", units=84, activation="RELU", **weights),
                layers.dense(name="fc3", units=10, **weights),
            ],
            loss=losses.softmax_cross_entropy(),
            training=messages.training(learning_rate=0.05, batch_size=128, epochs=8, optimizer=optimizers.sgd()),
            data=messages.data(builtin="GLYPHS", train_examples=12000, validation_examples=2000),
        )
        self.assertEqual(built.text, minnow.load(minnow.models_folder / "lenet-glyphs.textproto").text)

    def test_every_kind_and_field_is_there(self):
        for module, message, taken in (
            (layers, "spec.Layer", {"name", "inputs", "share", "share_transposed"}),
            (losses, "spec.Loss", {"output", "weight", "target"}),
            (initializers, "spec.Initializer", set()),
            (schedules, "spec.Schedule", {"warmup_epochs"}),
        ):
            kinds = {name: type for name, type in FIELDS[message].items() if name not in taken}
            for name, type in kinds.items():
                with self.subTest(kind=name):
                    parameters = inspect.signature(getattr(module, name)).parameters
                    self.assertEqual(set(parameters), set(FIELDS[type]) | taken)
                    self.assertTrue(getattr(module, name).__doc__)

    def test_names_by_kind(self):
        model = dense_network(layers.dense(units=3), layers.activation(function="TANH"))
        self.assertEqual([row.name for row in model.summary()], ["dense1", "activation1", "dense2"])

    def test_dicts_stand_for_messages(self):
        model = dense_network(training={"learning_rate": 0.5, "adam": {"beta1": 0.8}, "schedule": schedules.cosine(final=0.1)})
        self.assertIn("beta1: 0.8", model.text)
        self.assertIn("final: 0.1", model.text)

    def test_texts_are_quoted(self):
        name = 'a "quoted" \\ näme'
        self.assertIn("n\\303\\244me" if "\\303" in dense_network(name=name).text else "näme", dense_network(name=name).text)
        self.assertEqual(minnow.load(dense_network(name=name).text).text, dense_network(name=name).text)

    def test_mistakes(self):
        for build, place in (
            (lambda: layers.dense(units="3"), "Dense.units"),
            (lambda: layers.dense(units=True), "Dense.units"),
            (lambda: layers.dense(units=2.5), "Dense.units"),
            (lambda: layers.dense(units=2, bias=1), "Dense.bias"),
            (lambda: layers.dense(units=2, weight_init=layers.flatten()), "Dense.weight_init"),
            (lambda: messages.training(optimizer=layers.flatten()), "Training"),
            (lambda: dense_network(training={"learning_rat": 1}), "Training"),
            (lambda: dense_network(lose=1), "Model"),
        ):
            with self.assertRaises(minnow.ModelError) as caught:
                build()
            self.assertEqual(caught.exception.place, place)
        with self.assertRaises(minnow.ModelError) as caught:
            dense_network(training={"learning_rat": 1})
        self.assertEqual(caught.exception.hint, "did you mean learning_rate?")

    def test_the_library_tells_what_only_it_knows(self):
        with self.assertRaises(minnow.ModelError) as caught:
            dense_network(layers.conv2d(filters=2, kernel=3))
        self.assertIn("conv2d1", str(caught.exception))
        self.assertRegex(caught.exception.place, r"^model:\d+:\d+")

    def test_several_inputs_by_name(self):
        model = minnow.Model(
            inputs=[messages.input(name="a", shape=[2]), messages.input(name="b", shape=[2])],
            layers=[layers.add(inputs=["a", "b"]), layers.dense(units=1)],
            loss=losses.mean_squared_error(),
        )
        a, b = np.ones((3, 2), np.float32), np.zeros((3, 2), np.float32)
        np.testing.assert_allclose(model.predict({"b": b, "a": a}), model.predict({"a": b, "b": a}))
        with self.assertRaises(minnow.UsageError):
            model.predict(a)
        model.train_step({"a": a, "b": b}, np.ones((3, 1), np.float32))

    def test_models_of_the_package_load(self):
        self.assertGreater(len(list(minnow.models_folder.rglob("*.textproto"))), 40)
        self.assertGreater(len(small.model().text), 100)


class Names(unittest.TestCase):
    def names(self, *given):
        model = minnow.Model(inputs=messages.input(name="x", shape=[6]), loss=losses.mean_squared_error(), layers=given)
        return [row.name for row in model.summary()]

    def test_are_kinds_and_numbers_that_are_free(self):
        first, named = layers.dense(units=2), layers.dense(name="dense2", units=2)
        self.assertEqual(self.names(first, named, {"dense": {"units": 2}}), ["dense1", "dense2", "dense3"])
        self.assertEqual(self.names(named, first), ["dense2", "dense3"])
        self.assertEqual(self.names(first, layers.dense(name="dense3", units=2), first), ["dense1", "dense3", "dense4"])


if __name__ == "__main__":
    unittest.main()
