"""Models: what they say of themselves, what they compute, where their arrays lie."""

import gc
import pathlib
import tempfile
import threading
import unittest

import numpy as np
import small

import minnow
from minnow._arrays import Slot, as_array


class Description(unittest.TestCase):
    def test_slots(self):
        model = small.model()
        self.assertEqual(str(model.inputs[0]), "image: float32 [N, 1, 5, 7]")
        self.assertEqual(str(model.targets[0]), "target: int32 [N]")
        self.assertEqual(str(model.output), "prediction: float32 [N, 4]")
        self.assertEqual((model.class_names, model.batch_size), (["0", "1", "2", "3"], 8))

    def test_summary(self):
        summary = small.model().summary()
        self.assertEqual([(row.name, row.kind, row.weights) for row in summary], [("conv", "conv2d", 30), ("fc", "dense", 424)])
        self.assertIn("454", repr(summary))
        self.assertIn("<td", summary._repr_html_())

    def test_ir(self):
        model = small.model()
        self.assertNotIn("fused", model.ir(stage="lowered"))
        self.assertIn("fused", model.ir("train_step", stage="fuse"))
        self.assertIn("f32[3,1,5,7]", model.ir("infer", batch_size=3))
        self.assertIn("define", model.ir("infer", "llvm"))
        with self.assertRaises(minnow.UsageError) as caught:
            model.ir(stage="fusee")
        self.assertIn("fuse", caught.exception.hint)

    def test_text_loads_to_the_same_model(self):
        model = small.model()
        np.testing.assert_array_equal(small.numbers(minnow.load(model.text)), small.numbers(model))

    def test_own_data(self):
        model = minnow.load(minnow.models_folder / "lenet-glyphs.textproto", set={"data.train_examples": 60})
        data = model.data()
        self.assertEqual({name: (a.dtype, a.shape) for name, a in data.items()},
                         {"image": ("uint8", (60, 1, 28, 28)), "target": ("int32", (60,))})
        self.assertEqual(len(model.data("validation")["target"]), 2000)
        self.assertEqual(model.evaluate(**dict(zip("xy", model.data("validation").values()))), model.evaluate())
        with self.assertRaises(minnow.ModelError):
            small.model().data()
        with self.assertRaises(minnow.UsageError):
            model.data("test")

    def test_files_and_assignments(self):
        model = minnow.load(minnow.models_folder / "lenet.textproto", set={"training.batch_size": 3, "inputs.0.shape": [1, 28, 28]})
        self.assertEqual(model.batch_size, 3)
        for five in (["training.batch_size=5"], "training.batch_size=5"):
            self.assertEqual(minnow.load(minnow.models_folder / "lenet.textproto", set=five).batch_size, 5)

    def test_graphs_of_onnx(self):
        graph = minnow.models_folder / "onnx/glyphs.onnx"
        model = minnow.load(graph, set={"training.batch_size": 4})
        self.assertEqual((str(model.output), model.targets), ("prediction: float32 [N, 10]", []))
        images = np.sin(np.arange(7 * 784, dtype=np.float32)).reshape(7, 1, 28, 28)
        expected = minnow.load(graph, backend="interpreter").predict(images)
        np.testing.assert_allclose(model.predict(images), expected, atol=1e-4)
        with self.assertRaises(minnow.ModelError) as caught:
            model.fit()
        self.assertIn("loss", caught.exception.hint)
        learns = minnow.load(f'network {{ onnx: "{graph}" }} loss {{ softmax_cross_entropy {{}} }}')
        self.assertEqual(learns.train_step(images, np.arange(7)).examples, 7)


class Errors(unittest.TestCase):
    def test_of_a_model(self):
        with self.assertRaises(minnow.ModelError) as caught:
            minnow.load(small.TEXT.replace("filters", "filter"))
        self.assertRegex(caught.exception.place, r"^model:3:")
        self.assertIn("filters", caught.exception.hint)
        self.assertIn("hint:", str(caught.exception))

    def test_of_a_file(self):
        with self.assertRaises(minnow.ModelError) as caught:
            minnow.load("/nowhere.textproto")
        self.assertIn("/nowhere.textproto", str(caught.exception))

    def test_of_arrays(self):
        model = small.model()
        images, labels = small.examples(4)
        for wrong in (images[0], images[:, :, :4], images.astype(np.complex64), np.zeros((0, 1, 5, 7), np.float32), 3.0, "text"):
            with self.assertRaises((minnow.ModelError, TypeError, ValueError)):
                model.predict(wrong)
        with self.assertRaises(minnow.ModelError):
            model.evaluate(images, labels + 4)
        with self.assertRaises(minnow.ModelError):
            model.evaluate(images, labels.astype(np.float32))
        with self.assertRaises(minnow.ModelError):
            model.evaluate(images, labels[:3])
        with self.assertRaises(minnow.UsageError):
            model.predict({"imago": images})
        with self.assertRaises(minnow.UsageError):
            model.evaluate(None, labels)

    def test_of_what_is_not_finite(self):
        images, _ = small.examples(4)
        images[2] = np.inf
        with self.assertRaises(minnow.NotFiniteError) as caught:
            small.model().predict(images)
        self.assertEqual(caught.exception.place, "example 2")

    def test_of_options(self):
        with self.assertRaises(minnow.UsageError):
            small.model(backend="gpu")
        with self.assertRaises(minnow.UsageError):
            minnow.Model()
        with self.assertRaises(minnow.ModelError):
            small.model(max_bytes=10)


class Predictions(unittest.TestCase):
    def test_are_those_of_the_interpreter(self):
        compiled, expected = small.model(), small.model(backend="interpreter")
        for count in (1, 2, 3, 7, 8, 9, 21):
            images, _ = small.examples(count)
            np.testing.assert_allclose(compiled.predict(images), expected.predict(images), atol=1e-5)

    def test_take_other_types_and_layouts(self):
        model = small.model()
        images, _ = small.examples(6)
        expected = model.predict(images)
        np.testing.assert_array_equal(model.predict(images.astype(np.float64)), expected)
        np.testing.assert_array_equal(model.predict(np.asfortranarray(images)), expected)
        np.testing.assert_array_equal(model.predict(images.tolist()), expected)
        np.testing.assert_array_equal(model.predict({"image": images}), expected)
        self.assertFalse(np.array_equal(model.predict(images[::-1]), expected))

    def test_as_a_view(self):
        model = small.model()
        images, _ = small.examples(5)
        expected = model.predict(images)
        view = model.predict(images, copy=False)
        np.testing.assert_array_equal(view, expected)
        self.assertEqual(view.ctypes.data, model.predict(images, copy=False).ctypes.data)
        del model
        gc.collect()
        np.testing.assert_array_equal(view, expected)

    def test_from_several_threads(self):
        model = small.model()
        images, _ = small.examples(8)
        expected, wrong = model.predict(images), []

        def ask():
            for _ in range(50):
                if not np.array_equal(model.predict(images), expected):
                    wrong.append(1)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class Memory(unittest.TestCase):
    def test_inputs_are_read_where_they_lie(self):
        slot = Slot("x", "float32", (None, 3))
        array = np.ones((4, 3), np.float32)
        self.assertEqual(as_array(array, slot).ctypes.data, array.ctypes.data)
        self.assertEqual(as_array(memoryview(array), slot).ctypes.data, array.ctypes.data)

        class Tensor:  # what another library's looks like
            __dlpack__ = array.__dlpack__
            __dlpack_device__ = array.__dlpack_device__

        self.assertEqual(as_array(Tensor(), slot).ctypes.data, array.ctypes.data)
        self.assertNotEqual(as_array(array.astype(np.float64), slot).ctypes.data, array.ctypes.data)

    def test_weights_are_views(self):
        model = small.model()
        weight = model.weights["fc.weight"]
        self.assertEqual(weight.ctypes.data, model.weights["fc.weight"].ctypes.data)
        self.assertEqual(np.from_dlpack(weight).ctypes.data, weight.ctypes.data)
        images, labels = small.examples(8)
        before = weight.copy()
        model.train_step(images, labels)
        self.assertFalse(np.array_equal(weight, before))
        weight[:] = 0
        model.weights["fc.bias"] = [0, 0, 1000, 0]
        np.testing.assert_array_equal(model.predict(images[:1]), [[0, 0, 1, 0]])

    def test_weights_outlive_the_model(self):
        weight = small.model().weights["fc.weight"]
        gc.collect()
        self.assertTrue(np.isfinite(weight).all())

    def test_weights_keep_their_shape(self):
        model = small.model()
        with self.assertRaises(minnow.UsageError):
            model.weights["fc.bias"] = [1]
        with self.assertRaises(KeyError):
            model.weights["nothing"] = [1]
        self.assertEqual(list(model.weights), ["conv.weight", "conv.bias", "fc.weight", "fc.bias"])
        self.assertIn("fc.bias", repr(model.weights))

    def test_files(self):
        model, other = small.model(), small.model(set={"training.seed": 6})
        images, labels = small.examples(20)
        model.fit(images, labels, epochs=1)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "m.safetensors"
            model.save(path)
            other.load_checkpoint(path)
            with self.assertRaises(minnow.ModelError):
                other.load_weights(pathlib.Path(folder) / "nothing")
            for write_or_read in (model.save, other.load_weights, minnow.load):
                with self.assertRaises(minnow.UsageError):
                    write_or_read(folder + "/m\0.safetensors")
            self.assertEqual([file.name for file in pathlib.Path(folder).iterdir()], ["m.safetensors"])
        self.assertEqual(other.steps, 3)
        np.testing.assert_array_equal(small.numbers(other), small.numbers(model))


if __name__ == "__main__":
    unittest.main()
