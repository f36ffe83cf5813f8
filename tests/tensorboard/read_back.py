#!/usr/bin/env python3
"""The `tensorboard` package reads what `train --log tensorboard` writes.   read_back.py MINNOW

Skipped, with status 77, where the package is not installed; scripts/test --tensorboard installs it.
"""
import csv
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError:
    print("skipped: there is no package tensorboard")
    sys.exit(77)

MINNOW = sys.argv[1]
MODEL = """
name: "<script>`\\""
inputs { name: "image" shape: [1, 28, 28] }
layers { name: "conv" conv2d { filters: 3 kernel: 5 } }
layers { name: "pool" max_pool { kernel: 4 } }
layers { name: "fc" dense { units: 10 } }
loss { softmax_cross_entropy {} }
training { batch_size: 20 epochs: 3 learning_rate: 0.1 }
data { builtin: GLYPHS train_examples: 100 validation_examples: 50 }
"""
WEIGHTS = {"conv.weight": 75, "conv.bias": 3, "fc.weight": 1080, "fc.bias": 10}


class ReadBack(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "m.textproto").write_text(MODEL)

    def train(self, *arguments):
        subprocess.run([MINNOW, "train", *arguments, "--log", "tensorboard"], cwd=self.folder, check=True,
                       capture_output=True)

    def read(self):
        events = EventAccumulator(str(self.folder / "run"), size_guidance={"scalars": 0, "histograms": 0})  # 0: all
        events.Reload()
        return events

    def metrics(self):
        with open(self.folder / "run/metrics.csv", newline="") as file:
            return list(csv.DictReader(file))

    def expect_whole(self, events, epochs):
        """Every epoch once, with the numbers of metrics.csv."""
        rows = self.metrics()
        self.assertEqual(len(rows), epochs)
        for tag, column in (("loss/train", "train_loss"), ("loss/validation", "validation_loss"),
                            ("accuracy/train", "train_accuracy"), ("accuracy/validation", "validation_accuracy"),
                            ("training/learning_rate", "learning_rate")):
            scalars = events.Scalars(tag)
            self.assertEqual([scalar.step for scalar in scalars], list(range(1, epochs + 1)), tag)
            for scalar, row in zip(scalars, rows):
                self.assertAlmostEqual(scalar.value, float(row[column]), places=5)
        for layer in ("conv", "fc"):
            for tag in (f"weight_norm/{layer}", f"gradient_norm/{layer}"):
                self.assertEqual([scalar.step for scalar in events.Scalars(tag)], list(range(epochs + 1)), tag)
                self.assertTrue(all(scalar.value > 0 for scalar in events.Scalars(tag)))

    def expect_histograms(self, events, epochs):
        for section in ("weights", "gradients"):
            for name, count in WEIGHTS.items():
                histograms = events.Histograms(f"{section}/{name}")
                self.assertEqual([histogram.step for histogram in histograms], list(range(epochs + 1)))
                for histogram in histograms:
                    value = histogram.histogram_value
                    self.assertEqual(value.num, count)
                    self.assertEqual(sum(value.bucket), count)
                    self.assertEqual(value.bucket_limit[-1], value.max)
                    self.assertLessEqual(value.min, value.max)
                    self.assertEqual(list(value.bucket_limit), sorted(value.bucket_limit))

    def test_scalars_and_histograms(self):
        self.train("m.textproto", "--out", "run")
        events = self.read()
        self.expect_whole(events, 3)
        self.expect_histograms(events, 3)
        norm = math.sqrt(sum(events.Histograms(f"gradients/fc.{part}")[0].histogram_value.sum_squares
                             for part in ("weight", "bias")))
        self.assertAlmostEqual(events.Scalars("gradient_norm/fc")[0].value, norm, places=5)

    def test_a_run_that_stopped_within_an_epoch_goes_on(self):
        self.train("m.textproto", "--out", "run", "--steps", "7")
        self.train("--resume", "run")
        self.assertEqual(len(list((self.folder / "run").glob("events.out.tfevents.*"))), 2)
        events = self.read()
        self.expect_whole(events, 3)
        self.expect_histograms(events, 3)

    def test_an_epoch_that_was_logged_but_not_saved_counts_once(self):
        self.train("m.textproto", "--out", "run", "--epochs", "2")
        shutil.copytree(self.folder / "run", self.folder / "saved")
        self.train("--resume", "run", "--epochs", "3")
        for name in ("weights.safetensors", "metrics.csv"):
            shutil.copy(self.folder / "saved" / name, self.folder / "run" / name)
        self.train("--resume", "run", "--epochs", "3")
        self.expect_whole(self.read(), 3)

    def test_what_a_kill_cut_off_is_passed_over(self):
        self.train("m.textproto", "--out", "run", "--epochs", "2")
        (first,) = (self.folder / "run").glob("events.out.tfevents.*")
        whole = first.read_bytes()
        first.write_bytes(whole + whole[:11])
        self.train("--resume", "run", "--epochs", "3")
        self.expect_whole(self.read(), 3)

    def test_a_new_run_replaces_the_old_one(self):
        self.train("m.textproto", "--out", "run")
        self.train("m.textproto", "--out", "run", "--overwrite", "--epochs", "1")
        self.expect_whole(self.read(), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
