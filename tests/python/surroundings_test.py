"""Notebooks, types and times."""

import importlib.util
import json
import pathlib
import subprocess
import sys
import sysconfig
import tempfile
import time
import unittest

import numpy as np
import small

import minnow

SOURCE = pathlib.Path(__file__).resolve().parents[2]


class Notebook(unittest.TestCase):
    def test_pictures_are_whole(self):
        import xml.etree.ElementTree

        images, labels = small.examples(20)
        history = small.model().fit(images, labels, validation=(images, labels))
        for picture in history.svg():
            xml.etree.ElementTree.fromstring(picture)
        self.assertEqual(len(history.svg()), 2)
        self.assertIn("<table>", history._repr_html_())
        self.assertIn("fc.weight", small.model().weights._repr_html_())
        self.assertEqual(repr(minnow.History([])), "no epoch is done")

    def run_cells(self, notebook, folder):
        """By Jupyter, where it is there; else one cell after the other."""
        if importlib.util.find_spec("nbclient"):
            import nbclient
            import nbformat

            nbclient.NotebookClient(nbformat.read(notebook, 4), timeout=600, resources={"metadata": {"path": folder}}).execute()
            return
        scope = {"__name__": "__main__"}
        for cell in json.loads(notebook.read_text())["cells"]:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), str(notebook), "exec"), scope)

    def test_dive_into_deep_learning(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_cells(SOURCE / "examples/python/d2l.ipynb", folder)

    def test_examples(self):
        for example in sorted((SOURCE / "examples/python").glob("*.py")):
            with self.subTest(example=example.name), tempfile.TemporaryDirectory() as folder:
                subprocess.run([sys.executable, example], cwd=folder, check=True, capture_output=True)


class Types(unittest.TestCase):
    @unittest.skipUnless(importlib.util.find_spec("mypy"), "mypy is not installed")
    def test_package_and_its_use_are_typed(self):
        use = """
import numpy as np
import minnow
from minnow import layers, losses, messages
model: minnow.Model = minnow.Model(inputs=messages.input(name="x", shape=[2]),
                                   layers=[layers.dense(units=2, activation="RELU")], loss=losses.l1())
loss: float = model.train_step(np.zeros((1, 2)), np.zeros((1, 2))).loss
history: minnow.History = model.fit(np.zeros((1, 2)), np.zeros((1, 2)), callbacks=lambda epoch: print(epoch.train_loss))
"""
        # What pip has installed mypy finds by itself, and refuses to be told of; a package in a build folder it does not.
        package = pathlib.Path(minnow.__file__).parents[1]
        paths = {} if str(package) in sysconfig.get_paths().values() else {"MYPYPATH": str(package)}
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "use.py").write_text(use)
            for what in (["-p", "minnow"], ["use.py"]):
                done = subprocess.run([sys.executable, "-m", "mypy", "--strict", *what], cwd=folder, capture_output=True,
                                      text=True, env={**paths, "PATH": ""})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_stub_names_what_the_module_has(self):
        from minnow import _minnow

        stub = (pathlib.Path(minnow.__file__).parent / "_minnow.pyi").read_text()
        for name in dir(_minnow.Handle):
            if not name.startswith("_"):
                self.assertIn(f"def {name}(", stub)


class Times(unittest.TestCase):
    """Generous, and of the processor alone, since other things run beside tests; docs/python.md has what is measured."""

    def test_import(self):
        program = "import time; t = time.process_time(); import minnow; print(time.process_time() - t)"
        times = [float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True,
                                      cwd=pathlib.Path(minnow.__file__).parents[1]).stdout) for _ in range(5)]
        self.assertLess(min(times), 0.5)

    def test_predict(self):
        model = small.model()
        image, _ = small.examples(1)
        model.predict(image)
        times = []
        for _ in range(2000):
            begin = time.perf_counter()
            model.predict(image)
            times.append(time.perf_counter() - begin)
        self.assertLess(np.min(times), 100e-6)


if __name__ == "__main__":
    unittest.main()
