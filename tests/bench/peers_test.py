#!/usr/bin/env python3
"""The side-by-side, bench/peers, as far as it needs no other framework.   peers_test.py FOLDER MINNOW"""
import contextlib
import io
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

FOLDER, MINNOW = pathlib.Path(sys.argv[1]), sys.argv[2]
sys.path.insert(0, str(FOLDER))

import contenders  # noqa: E402
import document  # noqa: E402
import graph  # noqa: E402
import main  # noqa: E402
import model_file  # noqa: E402
import report  # noqa: E402
import rounds  # noqa: E402

CASE = contenders.Case("softmax-regression", "train_step", 3, 1)


class Steady:
    """A contender that takes the same time for every step, and writes down what it was asked."""

    def __init__(self, name, seconds, log):
        self.name, self.seconds, self.log = name, seconds, log

    def prepare(self, case):
        return {"flops_per_step": 600, "peak_flops_per_second": 1e6} if self.name == "minnow" else {"variant": "NHWC"}

    def time(self, steps):
        self.log.append(self.name)
        return steps * self.seconds


def measured():
    log = []
    case = CASE._replace(model="lenet")
    return rounds.measure(case, [Steady("minnow", 0.001, log), Steady("jax", 0.004, log)], 4), log


class Rounds(unittest.TestCase):
    def test_all_have_as_many_samples_and_take_turns(self):
        result, log = measured()
        self.assertEqual({name: len(samples) for name, samples in result["samples"].items()}, {"minnow": 4, "jax": 4})
        for sample in result["samples"]["jax"]:
            self.assertAlmostEqual(sample, 0.004)
        turns = log[6::2]  # after the trials; every sample is two requests
        self.assertEqual(turns, ["minnow", "jax", "jax", "minnow"] * 2)

    def test_a_sample_is_long_enough_for_the_clock(self):
        self.assertEqual(rounds.steps_per_sample(Steady("jax", 0.001, [])), 30)
        self.assertEqual(rounds.steps_per_sample(Steady("jax", 2.0, [])), 1)


class Report(unittest.TestCase):
    def test_a_row_has_times_bound_and_ratio(self):
        self.assertEqual(report.step_table([measured()[0]], "train_step").splitlines(), [
            "| model | batch | threads |  bound |  Minnow | JAX jit | of bound | best peer |",
            "| ----- | ----: | ------: | -----: | ------: | ------: | -------: | --------: |",
            "| lenet |     3 |       1 | 600 µs | 1.00 ms | 4.00 ms |     60 % |      4.0× |"])

    def test_durations_have_three_digits(self):
        for seconds, text in ((1.234, "1.23 s"), (0.01234, "12.3 ms"), (0.5, "500 ms"), (9.876e-6, "9.88 µs")):
            self.assertEqual(report.duration(seconds), text)

    def test_the_best_peak_of_all_runs_is_the_bound(self):
        steps = [{"threads": 1, "peak": 2.0}, {"threads": 2, "peak": 5.0}, {"threads": 1, "peak": 3.0}]
        self.assertEqual(report.peaks(steps), {1: 3.0, 2: 5.0})

    def test_a_difference_is_not_hidden(self):
        row = {"peer": "jax", "model": "lenet", "function": "infer", "variant": "", "result": 0.1, "updates": None}
        self.assertIn("NO", report.parity_table([row | {"same": False}]))
        self.assertIn("1 of 1 checks differ", report.parity_line([row | {"same": False}]))

    def test_small_kernels_are_one_row(self):
        def kernel(layer, seconds):
            return {"layer": layer, "direction": "forward", "ops": "dot", "median_seconds": seconds,
                    "flops": 1e9 * seconds, "bytes": 0, "share_of_peak": 0.5}
        kernels = [kernel("fc", 0.99), kernel("loss", 0.004), kernel("fc", 0.006)]
        rows = report.kernel_rows({"step_seconds": 1.0, "peak_flops_per_second": 2e9, "kernels": kernels})
        self.assertEqual(rows, [["fc", "forward", "dot", "990 ms", "99.0 %", "1.0", "50 %", "0.0"],
                                ["2 others", "", "", "10.0 ms", "1.0 %", "1.0", "50 %", "0.0"]])

    def test_many_ops_are_shortened(self):
        self.assertEqual(report.shortened("dot+broadcast+add"), "dot+broadcast+add")
        self.assertEqual(report.shortened("a+b+c+d+e+f"), "a+…+f (6 ops)")

    def test_ways_that_won_are_counted(self):
        self.assertIn("JAX jit: NHWC (2)", report.variant_line([measured()[0]] * 2))


class ModelFile(unittest.TestCase):
    def test_text_is_parsed(self):
        parsed = model_file.parse("""name: "a # b"  # a comment
            layers { name: 'c' conv2d { kernel: [3, 5], pad: -1 bias: false activation: RELU } }
            layers: { relu {} } rate: 1e-3""")
        conv = {"kernel": [3, 5], "pad": [-1], "bias": [False], "activation": ["RELU"]}
        self.assertEqual(parsed, {"name": ["a # b"], "rate": [0.001],
                                  "layers": [{"name": ["c"], "conv2d": [conv]}, {"relu": [{}]}]})


class Zoo(unittest.TestCase):
    def test_graphs_have_the_shapes_and_weights_of_the_files(self):
        self.assertGreater(len(contenders.ZOO), 0)
        for model in contenders.ZOO:
            path = contenders.model_path(model)
            read = graph.Graph(path.read_text())
            done = subprocess.run([MINNOW, "check", path, "--json"], capture_output=True, text=True, check=True)
            for layer, expected in zip(read.layers, json.loads(done.stdout)["layers"], strict=True):
                found = (layer.name, list(layer.shape), sum(map(math.prod, layer.weights.values())))
                self.assertEqual(found, (expected["name"], expected["output"], expected["weights"]), model)

    def test_pytorch_alone_builds_them(self):
        self.assertEqual(contenders.peers_of("resnet20", contenders.PEERS), ["torch", "torch.compile"])
        self.assertEqual(contenders.peers_of("lenet", contenders.PEERS), list(contenders.PEERS))


class Document(unittest.TestCase):
    TEXT = "before\n<!-- measured a -->\nold\n<!-- end -->\nafter\n"

    def test_sections_are_replaced_and_nothing_else(self):
        new = document.updated(self.TEXT, {"a": "new \\1\n"})
        self.assertEqual(new, "before\n<!-- measured a -->\n\nnew \\1\n\n<!-- end -->\nafter\n")
        self.assertEqual(document.updated(new, {"a": "new \\1\n"}), new)

    def test_a_missing_section_is_an_error(self):
        with self.assertRaises(contenders.Failure):
            document.updated(self.TEXT, {"b": ""})

    def test_the_document_has_a_place_for_every_section(self):
        text = (FOLDER.parents[1] / "docs/performance.md").read_text()
        sections = ("machine", "train", "infer", "notes", "starts", "profiles", "parity")
        document.updated(text, dict.fromkeys(sections, ""))


def run_main(*arguments):
    sys.argv = ["bench-peers", "--minnow", MINNOW, "--peers", "", "--models", "softmax-regression", *arguments]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        main.main()
    return out.getvalue(), err.getvalue()


class Whole(unittest.TestCase):
    def test_minnow_alone_is_measured_once(self):
        with tempfile.TemporaryDirectory() as folder:
            flags = ["--batch-sizes", "3", "--threads", "1", "--rounds", "2", "--parts", "steps,profiles", "--json",
                     f"{folder}/r.json"]
            out, err = run_main(*flags)
            self.assertIn("| softmax-regression |     3 |       1 |", out)
            self.assertEqual(len(err.splitlines()), 3)
            results = json.loads(pathlib.Path(folder, "r.json").read_text())
            self.assertEqual(len(results["steps"]), 2)
            self.assertEqual(results["steps"][0]["flops"], 2 * 2 * 3 * 7840)
            again, err = run_main(*flags)
            self.assertEqual((again, err), (out, ""))

    def test_what_is_left_when_time_is_over_is_said(self):
        out, err = run_main("--minutes", "0", "--parts", "profiles")
        self.assertEqual(out, "")
        self.assertIn("1 measurements are left", err)

    def test_a_program_that_fails_is_quoted(self):
        minnow = contenders.Minnow(MINNOW, ["--no-such-flag"])
        with self.assertRaisesRegex(contenders.Failure, "no-such-flag"):
            minnow.prepare(CASE)
        minnow.close()

    def test_more_threads_than_processors_are_refused(self):
        with self.assertRaisesRegex(contenders.Failure, "100000 threads"):
            contenders.pinned(100000, ["true"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
