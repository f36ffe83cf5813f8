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

import conclusion  # noqa: E402
import contenders  # noqa: E402
import document  # noqa: E402
import graph  # noqa: E402
import grid  # noqa: E402
import main  # noqa: E402
import model_file  # noqa: E402
import picture  # noqa: E402
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


    def test_a_contender_without_a_way_is_left_out_and_that_is_said(self):
        class Failing(Steady):
            def prepare(self, case):
                return {"variant": None, "skipped": {"plain": "more than 60 s"}}
        step = rounds.measure(CASE._replace(model="lstm-32x16"), [Steady("minnow", 0.001, []), Failing("jax", 1, [])], 2)
        self.assertEqual(list(step["samples"]), ["minnow"])
        self.assertIn("JAX jit: plain, more than 60 s (1)", report.sections(
            {"steps": [step], "starts": [], "profiles": [], "parity": [], "rounds": 2, "versions": {},
             "machine": dict.fromkeys(("processor", "processors", "vectors", "caches", "system"), "")})["recurrent"])


class Report(unittest.TestCase):
    def test_means_are_geometric_and_say_of_how_many(self):
        steps = [{"model": "lstm-32x16", "function": "infer", "threads": 1,
                  "samples": {"minnow": [1.0] * 3, "jax": [ratio] * 3} | ({"torch": [8.0] * 3} if ratio == 2 else {})}
                 for ratio in (2.0, 8.0)]
        self.assertEqual(report.mean_table(steps).splitlines()[2].split("|")[4:],
                         ["     2 ", "      8.0× (1) ", "    4.0× ", "      4.0× ", ""])

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
            return {"layer": layer, "phase": "forward", "ops": "dot", "median_seconds": seconds,
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


def step(model, batch, minnow, **peers):
    samples = {"minnow": [minnow] * 3} | {name: [seconds] * 3 for name, seconds in peers.items()}
    return {"model": model, "function": "train_step", "batch": batch, "threads": 1, "flops": 600, "peak": 1e6,
            "samples": samples}


class Page(unittest.TestCase):
    STEPS = [step("lenet", 1, 0.001, jax=0.004), step("lenet", 32, 0.001, jax=0.0005, torch=0.008),
             step("lstm-32x16", 1, 0.002), step("lstm-32x64", 1, 0.001)]

    def test_a_network_is_placed_by_its_means(self):
        points = picture.points(self.STEPS, "train_step", 1)
        self.assertEqual(points["lenet"], {1: (0.6, 4), 32: (0.6, 0.5)})
        share, ratio = points["lstm, many sizes"][1]
        self.assertAlmostEqual(share, math.sqrt(0.3 * 0.6))
        self.assertIsNone(ratio)

    def test_the_picture_has_a_dot_for_each_number(self):
        drawn = picture.svg(self.STEPS)
        self.assertEqual(drawn.count("<circle"), 5 + 2)  # and a key of two batch sizes
        self.assertIn("lstm, many sizes", drawn)
        self.assertIsNone(picture.svg(self.STEPS, "infer"))

    def test_the_conclusion_says_where_a_peer_is_faster(self):
        said = conclusion.section(self.STEPS)
        self.assertIn("Over 3 networks and 4 cases, Minnow reaches 50 % of the bound", said)
        self.assertIn("the fastest peer takes 1.4× its time; Minnow is the fastest in 50 % of them", said)
        self.assertIn("in some case of lenet (0.50×).", said)
        self.assertIn("In no case is a peer faster.", conclusion.section(self.STEPS[:1]))


class ModelFile(unittest.TestCase):
    def test_text_is_parsed(self):
        parsed = model_file.parse("""name: "a # b"  # a comment
            layers { name: 'c' conv2d { kernel: [3, 5], pad: -1 bias: false activation: RELU } }
            layers: { relu {} } rate: 1e-3""")
        conv = {"kernel": [3, 5], "pad": [-1], "bias": [False], "activation": ["RELU"]}
        self.assertEqual(parsed, {"name": ["a # b"], "rate": [0.001],
                                  "layers": [{"name": ["c"], "conv2d": [conv]}, {"relu": [{}]}]})


SEQUENCE = """
    inputs { name: "x" shape: [6, 20] }
    layers { name: "conv" conv1d { filters: 9 kernel: 4 padding: SAME dilation: 2 groups: 3 } }
    layers { name: "causal" conv1d { filters: 6 kernel: 3 pad: [4, 0] dilation: 2 } }
    layers { name: "max" max_pool { kernel: 3 stride: 2 padding: SAME } }
    layers { name: "up" conv_transpose1d { filters: 6 kernel: 5 stride: 3 pad: [1, 2] output_padding: 2 groups: 3 } }
    layers { name: "mean" avg_pool { kernel: 3 stride: 2 pad: [1, 0] } }
    layers { name: "lines" upsample { factor: 2 mode: LINEAR } }
    layers { name: "all" global_max_pool {} }
    loss { softmax_cross_entropy {} }"""
VOLUME = """
    inputs { name: "x" shape: [2, 5, 7, 6] }
    layers { name: "conv" conv3d { filters: 4 kernel: [3, 2, 3] padding: SAME stride: [1, 2, 1] groups: 2 } }
    layers { name: "max" max_pool { kernel: 2 stride: 1 pad: [0, 1, 1, 0, 1, 1] } }
    layers { name: "up" conv_transpose3d { filters: 3 kernel: [2, 3, 2] stride: [2, 1, 2] pad: [0, 1, 1, 1, 0, 0]
                                           output_padding: [1, 0, 0] bias: false } }
    layers { name: "mean" avg_pool { kernel: 3 padding: SAME } }
    layers { name: "lines" upsample { factor: [1, 2, 3] mode: LINEAR } }
    layers { name: "all" global_avg_pool {} }
    loss { softmax_cross_entropy {} }"""
MATRICES = """
    inputs { name: "x" shape: [2, 3, 4, 5] }
    layers { name: "a" dense { units: 6 per_position: true } }
    layers { name: "front" permute { order: [3, 0, 1, 2] } }
    layers { name: "back" permute { order: [1, 2, 3, 0] } }
    layers { name: "scores" inputs: ["a", "back"] matmul { transpose_b: true scale: 0.3 } }
    layers { name: "mixed" inputs: ["scores", "a"] matmul { transpose_a: true } }
    layers { name: "two" inputs: "x" global_avg_pool {} }
    layers { name: "column" dense { units: 6 } }
    layers { name: "by_column" inputs: ["mixed", "column"] matmul {} }
    layers { name: "row" inputs: "column" dense { units: 3 } }
    layers { name: "by_row" inputs: ["row", "by_column"] matmul {} }
    layers { name: "three" inputs: "x" reshape { shape: [3, 4, 10] } }
    layers { name: "repeated" inputs: ["mixed", "three"] matmul { transpose_a: true } }
    layers { name: "flat" flatten {} }
    layers { name: "flat_row" inputs: "by_row" flatten {} }
    layers { name: "both" inputs: ["flat", "flat_row"] concat {} }
    loss { mean_squared_error {} }"""
RECURRENT = """
    inputs { name: "tokens" shape: 7 type: I32 }
    inputs { name: "length" shape: [1] }
    layers { name: "embed" inputs: "tokens" embedding { vocabulary: 9 units: 5 } }
    layers { name: "both" inputs: ["embed", "length"] lstm { units: 6 layers: 2 bidirectional: true } }
    layers { name: "keras" lstm { units: 4 convention: KERAS } }
    layers { name: "gru" gru { units: 3 convention: KERAS bidirectional: true layers: 3 } }
    layers { name: "narrow" dense { units: 5 per_position: true } }
    layers { name: "bare" gru { units: 5 bias: false } }
    layers { name: "again" share: "bare" gru { units: 5 bias: false } }
    layers { name: "scores" share: "embed" dense { units: 9 per_position: true } }
    layers { name: "part" slice { axis: 0 start: 1 limit: -1 stride: 2 } }
    layers { name: "gate" dense { units: 8 per_position: true } }
    layers { name: "glu" glu {} }
    layers { name: "last" rnn { units: 2 bidirectional: true output: LAST } }
    loss { softmax_cross_entropy {} }"""
SHARED = """
    inputs { name: "x" shape: [4, 6] }
    blocks {
      name: "block"
      layers { name: "dense" dense { units: 6 per_position: true } }
      layers { name: "same" share: "dense" dense { units: 6 per_position: true } }
      layers { name: "look" attention { heads: 4 width: 2 key_value_heads: 2 bias: false } }
    }
    layers { name: "one" use { block: "block" repeat: 2 } }
    layers { name: "two" share: "one" use { block: "block" repeat: 2 } }
    layers { name: "down" dense { units: 3 per_position: true } }
    layers { name: "up" share: "down" share_transposed: true dense { units: 6 per_position: true } }
    loss { mean_squared_error {} }"""


class Graphs(unittest.TestCase):
    def hold_against_minnow(self, path):
        read = graph.Graph(path.read_text())
        done = subprocess.run([MINNOW, "check", path, "--json"], capture_output=True, text=True, check=True)
        for layer, expected in zip(read.layers, json.loads(done.stdout)["layers"], strict=True):
            found = (layer.name, list(layer.shape), sum(map(math.prod, layer.weights.values())))
            self.assertEqual(found, (expected["name"], expected["output"], expected["weights"]), path)

    def test_the_zoo_has_the_shapes_and_weights_of_the_files(self):
        self.assertGreater(len(contenders.ZOO), 0)
        for model in (*contenders.ZOO, *contenders.SEQUENCES):
            self.hold_against_minnow(contenders.model_path(model))

    def test_layers_of_any_rank_have_the_shapes_that_minnow_says(self):
        with tempfile.TemporaryDirectory() as folder:
            for text in (SEQUENCE, VOLUME, MATRICES, RECURRENT, SHARED):
                path = pathlib.Path(folder, "model.textproto")
                path.write_text(text)
                self.hold_against_minnow(path)

    def test_shared_weights_are_those_of_the_layer_that_has_them(self):
        layers = {layer.name: layer.tensors for layer in graph.Graph(SHARED).layers}
        self.assertEqual(layers["two.1.dense"], layers["one.1.dense"])
        self.assertEqual(layers["two.0.same"]["bias"], graph.Weight("one.0.dense.bias", False))
        self.assertEqual(layers["up"], {"weight": graph.Weight("down.weight", True), "bias": graph.Weight("up.bias", False)})
        scores = graph.Graph(RECURRENT).layers[7].tensors  # PyTorch's dense layers have rows of a table, too
        self.assertEqual(scores["weight"], graph.Weight("embed.weight", False))

    def test_inputs_have_the_numbers_that_their_layers_take(self):
        tokens, length = graph.Graph(RECURRENT).inputs
        self.assertEqual((tokens.is_tokens, tokens.whole), (True, (0, 9)))
        self.assertEqual((length.is_tokens, length.whole), (False, (1, 8)))

    def test_recurrent_networks_of_many_sizes_are_models(self):
        self.assertEqual(len(grid.NAMES), 27)
        self.hold_against_minnow(contenders.model_path("gru-128x16"))
        self.assertEqual(main.named("gru-*x16"), ["gru-32x16", "gru-128x16", "gru-512x16"])
        self.assertEqual(main.named("recurrent"), grid.NAMES)

    def test_a_model_has_the_peers_that_build_it(self):
        built = {"lstm-32x16": ["torch", "torch.compile", "jax", "keras"], "resnet20": ["torch", "torch.compile", "jax"],
                 "lenet": ["torch", "torch.compile", "jax"], "gpt-char": ["torch", "torch.compile"]}
        for model, peers in built.items():
            self.assertEqual(contenders.peers_of(model, contenders.PEERS), peers)


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
        sections = ("conclusion", "machine", "train", "infer", "notes", "starts", "profiles", "parity", "recurrent")
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
