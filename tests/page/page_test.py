#!/usr/bin/env python3
"""The page of `compile --html`, as a reader uses it: headless Chromium slides, points, searches and clicks.

    page_test.py MINNOW MODELS_FOLDER

Ends with status 77, "skipped", where there is no Chromium.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import chromium

MOST_BYTES = 5_000_000
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=2>`${window.hacked=3}'&amp;\x1b\u202e"

TOOLS = """
const find = selector => [...document.querySelectorAll(selector)];
const point = (at, kind = "pointerover") => at.dispatchEvent(new PointerEvent(kind, {bubbles: true}));
const press = key => document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
const slideTo = i => { byId("slider").value = i; byId("slider").dispatchEvent(new Event("input", {bubbles: true})); };
const look = query => { byId("search").value = query; byId("search").dispatchEvent(new Event("input", {bubbles: true})); };
const textNow = () => find("#text .line:not(.removed)").map(line => line.textContent);
const shownStage = () => find(".stage.on b").map(name => name.textContent);
"""


class Bench:
    """A folder to compile and browse in."""

    def __init__(self, minnow, models):
        self.minnow, self.models = minnow, models
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)

    def run(self, *arguments, status=0):
        done = subprocess.run([self.minnow, *map(str, arguments)], cwd=self.path, capture_output=True, timeout=120)
        assert done.returncode == status, done.stderr.decode(errors="replace")
        return done

    def compile(self, source, *flags):
        self.run("compile", source, "--html", "page.html", *flags)
        return (self.path / "page.html").read_text(encoding="utf-8")


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bench = Bench(*(pathlib.Path(argument).resolve() for argument in sys.argv[1:3]))
        lenet = cls.bench.models / "lenet.textproto"
        cls.page = cls.bench.compile(lenet, "--repeats", "2", "--print-ir-tree-dir", "tree")

    def browse(self, script, page=None, address=""):
        return chromium.browse(self, self.bench.path, page or self.page, script, TOOLS, address=address)

    def test_size_and_network(self):
        self.assertLess(len(self.page.encode()), MOST_BYTES)
        self.assertEqual(set(re.findall(r"https?://[^\"'\s<]*", self.page)), {"http://www.w3.org/2000/svg"})
        self.assertNotRegex(self.page, r"(?i)\bsrc=|@import|url\(|fetch\(|XMLHttpRequest|<link|href=\"[^#]")

    def test_slider_shows_every_stage(self):
        stages = self.browse("""
            return data.stages.map((stage, i) => {
              slideTo(i);
              return {file: String(stage.number).padStart(2, "0") + "-" + stage.pass, name: shownStage(),
                      text: textNow(), boxes: find("#scene .box").length, added: find("#text .added").length,
                      fresh: find("#scene .box.new").length, hash: location.hash};
            });""")
        self.assertGreater(len(stages), 4)
        for stage in stages:
            written = (self.bench.path / "tree/train_step" / (stage["file"] + ".ir")).read_text()
            self.assertEqual(stage["text"], [line.strip() for line in written.splitlines()], stage["file"])
            self.assertEqual(stage["name"], [stage["file"][3:]])
            self.assertEqual(stage["hash"], f"#{int(stage['file'][:2])}-{stage['file'][3:]}")
        self.assertEqual(stages[0]["added"], 0)
        self.assertTrue(all(stage["added"] > 0 for stage in stages[1:] if not stage["file"].endswith("-dce")))
        self.assertGreater(stages[-1]["fresh"], 0)
        self.assertLess(stages[-1]["boxes"], stages[0]["boxes"], "fusing leaves fewer")

    def test_pointing_lights_both(self):
        seen = self.browse("""
            const dark = [];
            data.stages.forEach((stage, i) => {
              slideTo(i);
              for (const [value, line] of ir.definition)
                if (!/= constant \\{value = [^\\[]/.test(line.textContent) && boxesOf(value).length === 0) dark.push(value);
            });
            const word = find("#text .v[data-v='%0/%b4']")[0];
            point(word);
            const lit = () => ({words: [...new Set(find("#text .v.lit").map(span => span.textContent))],
                                boxes: find("#scene .box.lit .head").map(head => head.textContent),
                                edges: find("#scene .edge.lit").length, hint: byId("hint").textContent,
                                lines: find("#text .line.lit").map(line => line.textContent)});
            const byWord = lit();
            point(word, "pointerout");
            const after = lit();
            point(find("#scene .box.lit, #scene .box").find(box => box.textContent.startsWith("%0/%b4 ")));
            const byBox = lit();
            const inner = find("#text .v[data-v='%0/%b4/%d0']")[0];
            point(inner);
            return {dark, byWord, after, byBox, inner: lit()};""", address="#12-fuse")
        self.assertEqual(seen["dark"], [], "values without a box")
        self.assertEqual(seen["byWord"]["boxes"], ["%0/%b4 fused contraction"])
        self.assertIn("%b4", seen["byWord"]["words"])
        self.assertGreaterEqual(seen["byWord"]["edges"], 3)
        self.assertRegex(seen["byWord"]["hint"], r"^%0/%b4 = fused, forward, .*layer conv2")
        self.assertEqual((seen["after"]["words"], seen["after"]["boxes"]), ([], []))
        self.assertEqual(seen["byBox"]["boxes"], seen["byWord"]["boxes"])
        self.assertIn("%b4", seen["byBox"]["words"])
        self.assertTrue(seen["byBox"]["lines"][0].startswith("%b4 = fused("))
        self.assertEqual(seen["inner"]["words"], ["%d0"])
        self.assertEqual(seen["inner"]["boxes"], seen["byWord"]["boxes"], "a value in a body is in its op's box")

    def test_a_held_value_is_followed(self):
        seen = self.browse("""
            const held = () => [pinned, find("#text .line.lit").map(line => line.textContent)[0]];
            const conv = find("#text .defines").find(word => word.parentNode.textContent.includes("conv_filter(") &&
                                                            word.parentNode.textContent.includes("conv2"));
            conv.click();
            const steps = [held()];
            for (const i of [2, 5, 1, 0, data.stages.length - 1]) { slideTo(i); steps.push(held()); }
            return steps;""")
        first, *middle, last = seen
        for value, line in middle:
            self.assertEqual(line.split(" = ", 1)[0], value)
            self.assertRegex(line, r"= conv_filter\(.*conv2")
        self.assertNotEqual(middle[1][0], first[0], "dce numbers it anew")
        self.assertEqual(middle[-1], first, "and back")
        self.assertEqual(last, [None, None], "blocks have made another op of it")

    def test_search(self):
        seen = self.browse("""
            const hits = query => {
              look(query);
              return {found: byId("found").textContent, dim: document.body.classList.contains("searching"),
                      boxes: find("#scene .box.hit").length, kernels: find("#kernel-table .hit").length,
                      lines: find("#text .line.hit").map(line => line.textContent)};
            };
            slideTo(data.stages.length - 1);
            return {layer: hits("pool1"), value: hits("%b1"), kernel: hits("conv1.gradient.conv_filter"),
                    none: hits("no such thing"), empty: hits("")};""")
        self.assertTrue(all("pool1" in line for line in seen["layer"]["lines"]))
        self.assertTrue(seen["layer"]["lines"] and seen["layer"]["boxes"] and seen["layer"]["kernels"])
        self.assertTrue(all(re.search(r"%b1\b", line) for line in seen["value"]["lines"]), "%b1 is not %b10")
        self.assertGreater(seen["value"]["kernels"], 0)
        self.assertEqual((len(seen["kernel"]["lines"]), seen["kernel"]["boxes"]), (0, 1))
        self.assertEqual(seen["none"]["found"], "0 lines, 0 boxes, 0 kernels")
        self.assertEqual((seen["empty"]["found"], seen["empty"]["dim"]), ("", False))

    def test_kernels(self):
        seen = self.browse("""
            const codes = data.kernels.map(kernel => {
              kernels.rows.get(kernel).click();
              const code = () => byId("code").textContent;
              byId("code-kind").children[0].click();
              const llvm = code();
              byId("code-kind").children[1].click();
              return {name: kernel.duplicate || kernel.name, llvm, assembly: code(), seconds: kernel.seconds,
                      value: kernel.value, lit: find("#scene .box.lit").length};
            });
            byId("colouring").children[1].click();
            return {codes, stage: shownStage(), badges: find("#scene .badge").length,
                    heats: new Set(find("#scene .box").map(box => box.style.getPropertyValue("--fill"))).size,
                    rows: find("#kernel-table tr").length, width: document.documentElement.scrollWidth};""")
        self.assertEqual(seen["stage"], ["fuse"], "a kernel leads to the last stage")
        self.assertEqual(seen["rows"], len(seen["codes"]) + 1)
        for code in seen["codes"]:
            self.assertIn(f"define void @{code['name']}(", code["llvm"])
            self.assertIn(f"\n{code['name']}:", code["assembly"])
            self.assertNotIn("define void", code["llvm"].split("define void", 1)[1], "one kernel only")
            self.assertGreater(code["seconds"], 0)
            self.assertEqual(code["lit"] > 0, code["value"] != "", code)
        self.assertGreater(seen["badges"], 20)
        self.assertGreater(seen["heats"], 5)
        self.assertLessEqual(seen["width"], 1400)

    def test_keys_hash_folds_and_zoom(self):
        seen = self.browse("""
            const first = shownStage();
            press("ArrowRight");
            const second = shownStage();
            press("ArrowLeft"); press("ArrowLeft");
            const third = shownStage();
            press("d");
            const folded = find("#text .line").filter(line => line.offsetHeight === 0).length;
            const folds = find("#text .fold").length;
            press("0");
            const all = graph.scale;
            const turn = {deltaY: -300, clientX: 200, clientY: 300, cancelable: true};
            byId("graph").dispatchEvent(new WheelEvent("wheel", turn));
            return {first, second, third, folded, folds, all, scale: graph.scale};""", address="#4-cse")
        self.assertEqual([seen["first"], seen["second"], seen["third"]],
                         [["cse"], ["lift-broadcasts"], ["fold-constants"]])
        self.assertGreater(seen["folded"], 50)
        self.assertGreater(seen["folds"], 0)
        self.assertGreater(seen["scale"], seen["all"])

    def test_hostile_names_are_text(self):
        spelt = "".join(c if c >= " " and c not in '"\\' else f"\\x{ord(c):02x}" for c in HOSTILE)
        (self.bench.path / "h.ir").write_text(
            f'func @"{spelt}"(%"{spelt}": f32[64]) -> ("{spelt}": f32[64]) {{\n'
            f'  %0 = exp(%"{spelt}") : f32[64]  loc("{spelt}")\n  %1 = neg(%0) : f32[64]  loc("{spelt}")\n  return %1\n}}\n')
        page = self.bench.compile("h.ir", "--repeats", "1")
        seen = self.browse("""
            point(find("#text .v[data-v]")[0]);
            return {title: byId("title").textContent, legend: byId("legend").textContent, first: textNow()[0],
                    lit: find("#scene .box.lit").length, table: byId("kernel-table").textContent,
                    scripts: find("script").length,
                    stripe: find("#text .line").some(line => line.style.borderLeftColor !== "")};""", page)
        shown = HOSTILE.replace("\x1b", "\\x1b").replace("\u202e", "\\xe2\\x80\\xae")
        for place in ("title", "legend", "table", "first"):
            self.assertIn(shown, seen[place], place)
        self.assertEqual(seen["lit"], 1)
        self.assertEqual(seen["scripts"], 3, "the page's own, and this test's two")
        self.assertTrue(seen["stripe"])

    def test_a_function_without_ops_passes_or_times(self):
        (self.bench.path / "f.ir").write_text("func @f(%x: f32[4]) -> (y: f32[4]) {\n  return %x\n}\n")
        look = "return {stages: find('.stage').length, boxes: find('.box').length, rows: find('#kernel-table tr').length};"
        self.assertEqual(self.browse(look, self.bench.compile("f.ir", "--passes", ""))["boxes"], 2)
        other = ("--target", "aarch64-linux-gnu", "--cpu", "generic")
        page = self.bench.compile(self.bench.models / "mlp-1.textproto", *other)
        seen = self.browse("return {timed: isTimed, head: find('th').map(th => th.textContent)};", page)
        self.assertFalse(seen["timed"], "another machine's kernels are not timed here")
        self.assertEqual(seen["head"], ["layer", "phase", "value", "ops"])


if __name__ == "__main__":
    if chromium.PROGRAM is None:
        sys.exit(chromium.SKIPPED)
    os.environ["MINNOW_CACHE"] = ""
    unittest.main(argv=sys.argv[:1], verbosity=2)
