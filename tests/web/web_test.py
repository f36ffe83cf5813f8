#!/usr/bin/env python3
"""The page of `compile --emit=web`, as people use it: headless Chromium draws, trains and writes in it, from file://.

    web_test.py MINNOW

Ends with status 77, "skipped", where there is no Chromium.
"""
import base64
import gzip
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import chromium
from formats import idx, npy, png, png_pixels, tensors_of
from networks import ARRAYS, AUTOENCODER, DIGITS, FOLDER, LETTERS, LINE, LOOKING_BACK, PICTURES, TEXT, WHOLE, WORDS

MODELS = pathlib.Path(__file__).resolve().parents[2] / "models"
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=2>"

TOOLS = """
const find = selector => [...document.querySelectorAll(selector)];
const steps = count => Array.from({length: count}, () => app.trainer.advance());
const press = (at, key) => at.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
const type = (field, value) => { field.value = value; field.dispatchEvent(new Event("input", {bubbles: true})); };
const pointer = (pad, kind, x, y) => {
  const box = pad.getBoundingClientRect();
  pad.dispatchEvent(new PointerEvent(kind, {clientX: box.left + x * box.width, clientY: box.top + y * box.height, bubbles: true}));
};
const file = (name, base64) => new File([bytesOf(base64)], name);
const trouble = () => byId("trouble").hidden ? "" : byId("trouble").textContent;
const base64Of = bytes => btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""));
// Time stands still in a browser that is kept busy, and timers with it; messages do not.
const message = () => new Promise(resume => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { channel.port1.close(); resume(); };
  channel.port2.postMessage(0);
});
const timer = () => new Promise(resume => setTimeout(resume, 5));
const until = async (condition, turn) => { while (!condition()) await turn(); };
"""


class WebTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.minnow = pathlib.Path(sys.argv[1]).resolve()
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        cls.write("digits.textproto", DIGITS)
        cls.run_minnow("train", "digits.textproto", "--out", "run")

    @classmethod
    def write(cls, name, content):
        (cls.path / name).parent.mkdir(parents=True, exist_ok=True)
        (cls.path / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    @classmethod
    def run_minnow(cls, *arguments, status=0):
        done = subprocess.run([cls.minnow, *arguments], cwd=cls.path, capture_output=True, text=True, timeout=300)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def browse(self, source, script, *flags):
        """What `script`, the body of an async function, returns in the page of `source`."""
        self.run_minnow("compile", source, "--emit=web", "-o", "page.html", *flags)
        page = (self.path / "page.html").read_text(encoding="utf-8")
        return chromium.browse(self, self.path, page, "await ready;" + script, TOOLS, milliseconds=60000)

    def test_fetches_nothing(self):
        self.run_minnow("compile", "run", "--emit=web", "-o", "page.html")
        page = (self.path / "page.html").read_text(encoding="utf-8")
        self.assertEqual(set(re.findall(r"https?://[^\"'\s<]*", page)), {"http://www.w3.org/2000/svg"})
        self.assertNotRegex(page, r"(?i)\bsrc=|@import|\burl\(|fetch\(|XMLHttpRequest|<link|href=\"[^#]")

    def test_predicts_as_the_program_does(self):
        seen = self.browse("run", """
            return Array.from({length: 20}, (_, i) => {
              const image = app.network.functions.infer.arrays.image;
              image.set(app.data.validation.values("image", i));
              return Array.from(app.network.call("infer").prediction);
            });""")
        told = json.loads(self.run_minnow("predict", "run", "--index", "0:20", "--top", "10", "--json"))
        for found, row in zip(seen, told["predictions"], strict=True):
            for entry in row["classes"]:
                self.assertAlmostEqual(found[int(entry["class"])], entry["probability"], delta=1e-4)

    def test_glyphs_are_the_programs_to_the_pixel(self):
        for split in ("train", "validation"):
            self.run_minnow("data", "show", "glyphs", "--split", split, "--count", "200", "-o", "glyphs.svg")
            pictures = re.findall(r"data:image/png;base64,([^\"]*)", (self.path / "glyphs.svg").read_text())
            seen = self.browse("digits.textproto", f"return Array.from({{length: 200}}, (_, i) => Array.from(app.data.{split}.values('image', i)));")
            self.assertEqual(len(pictures), 200)
            for i, (drawn, picture) in enumerate(zip(seen, pictures, strict=True)):
                self.assertEqual(drawn, png_pixels(base64.b64decode(picture)), f"{split} {i}")

    def test_ten_steps_are_the_interpreters(self):
        seen = self.browse("digits.textproto", "const losses = steps(10); return {losses, file: base64Of(app.network.save())};")
        self.run_minnow("train", "digits.textproto", "--backend", "interpreter", "--steps", "10", "--out", "ten", "--overwrite")
        expected = tensors_of((self.path / "ten/weights.safetensors").read_bytes())
        found = tensors_of(base64.b64decode(seen["file"]))
        self.assertEqual(set(found), set(expected))
        for name, values in expected.items():
            scale = max(map(abs, values)) + 1e-3
            # The gradient of a bias in front of a norm is rounding alone.
            rounding = 5e-6 if name == "conv.bias.momentum" else 2e-6
            for ours, theirs in zip(found[name], values, strict=True):
                self.assertAlmostEqual(ours, theirs, delta=1e-4 * scale + rounding, msg=name)

    def test_an_epoch_in_the_page(self):
        seen = self.browse("digits.textproto", """
            const before = app.trainer.validate();
            byId("start").click();
            await until(() => app.trainer.step >= 50, message);
            const busy = {start: byId("start").disabled, stop: byId("stop").disabled};
            byId("stop").click();
            await until(() => !byId("start").disabled, message);
            const after = app.trainer.validations.at(-1);
            const figures = Object.fromEntries(["epoch", "step", "loss", "accuracy", "speed"].map(id => [id, byId(id).textContent]));
            const file = base64Of(app.network.save()), lines = find("#curves polyline").map(line => line.getAttribute("points").length);
            byId("reset").click();
            return {before, busy, after, figures, file, lines, reset: [app.trainer.step, app.trainer.validate().loss], trouble: trouble()};""")
        self.assertLess(seen["after"]["loss"], 0.7 * seen["before"]["loss"])
        self.assertGreater(seen["after"]["accuracy"], 0.6)
        self.assertEqual(seen["busy"], {"start": True, "stop": False})
        self.assertGreaterEqual(float(seen["figures"]["epoch"]), 1)
        self.assertGreater(int(seen["figures"]["speed"].replace(",", "")), 0)
        self.assertTrue(all(length > 10 for length in seen["lines"]))
        self.assertEqual(seen["reset"][0], 0)
        self.assertAlmostEqual(seen["reset"][1], seen["before"]["loss"], places=5)
        self.assertEqual(seen["trouble"], "")
        (self.path / "saved.safetensors").write_bytes(base64.b64decode(seen["file"]))
        told = json.loads(self.run_minnow("eval", "digits.textproto", "--weights", "saved.safetensors", "--json"))
        self.assertAlmostEqual(told["loss"], seen["after"]["loss"], delta=1e-3)

    def test_a_drawing_is_centred_and_seen(self):
        seen = self.browse("run", """
            const pad = find(".pad")[0], sums = () => app.inputs[0].values().reduce((a, b) => a + b, 0);
            const stroke = (x, y, size) => {
              pointer(pad, "pointerdown", x, y);
              pointer(pad, "pointermove", x, y + size);
              pointer(pad, "pointerup", x, y + size);
            };
            stroke(0.9, 0.05, 0.2);
            const corner = Array.from(app.inputs[0].values()), bars = find(".class .number").map(bar => bar.textContent);
            byId("inputs").querySelector("button").click();
            const cleared = sums();
            stroke(0.4, 0.1, 0.8);
            const large = Array.from(app.inputs[0].values());
            find(".check input")[0].click();
            const asItLies = Array.from(app.inputs[0].values());
            app.inputs[0].clear();
            for (const key of [" ", "ArrowDown", "ArrowDown", "ArrowDown", " "]) press(pad, key);
            const byKeys = sums();
            press(pad, "Backspace");
            return {corner, large, asItLies, bars, cleared, byKeys, undone: sums(), best: byId("answer").textContent};""")
        self.assertEqual(seen["corner"], seen["large"], "as large as digits are, wherever it was drawn")
        self.assertNotEqual(seen["large"], seen["asItLies"])
        rows = [y for y in range(28) if any(seen["large"][y * 28:y * 28 + 28])]
        self.assertEqual((rows[0] + rows[-1]) / 2, 13.5)
        self.assertEqual(len(rows), 20)
        self.assertEqual((seen["cleared"], seen["undone"]), (0, 0))
        self.assertGreater(seen["byKeys"], 1000)
        self.assertEqual(len(seen["bars"]), 10)

    def test_own_examples(self):
        seen = self.browse("digits.textproto", """
            app.inputs[0].begin([0.2, 0.2]); app.inputs[0].extend([0.8, 0.8]); app.inputs[0].lift();
            find("#own select")[0].value = 4;
            const add = find("#own button").find(button => button.textContent.startsWith("Add"));
            add.click();
            const alone = byId("source").options[1].disabled;
            byId("source").value = "own";
            byId("source").dispatchEvent(new Event("change"));
            const before = ask()[4];
            steps(20);
            const after = ask()[4], note = byId("data-note").textContent;
            app.trainer.source = "both";
            const rows = app.trainer.rows().map(([set]) => set === app.own.set);
            find(".thumb")[0].click();
            return {alone, before, after, note, rows, left: app.own.set.count, thumbs: find(".thumb").length};""")
        self.assertFalse(seen["alone"])
        self.assertGreater(seen["after"], max(0.9, seen["before"]))
        self.assertIn("1 of mine", seen["note"])
        self.assertEqual(seen["rows"], [i % 8 == 7 for i in range(16)])
        self.assertEqual((seen["left"], seen["thumbs"]), (0, 0))

    def test_pictures_of_a_folder(self):
        self.write("folder.textproto", FOLDER)
        pictures = {"down": [250 if i % 12 < 6 else 10 for i in range(144)], "up": [10 if i % 12 < 6 else 250 for i in range(144)]}
        for name, pixels in pictures.items():
            for i in range(4):
                self.write(f"pictures/{name}/{i}.png", png(12, 12, pixels))
        self.run_minnow("train", "folder.textproto", "--out", "folder", "--data-dir", ".")
        self.write("drawn.png", png(12, 12, [255] * 144))
        seen = self.browse("folder", """
            const pad = app.inputs[0], note = () => byId("shown").textContent, chosen = () => find("#own select")[0].selectedOptions[0].textContent;
            const cut = find(".class .name").filter(name => name.scrollWidth > name.clientWidth).length;
            showExample();
            const first = {values: Array.from(pad.values()), note: note(), chosen: chosen()};
            showExample();
            const second = {note: note(), chosen: chosen()};
            find(".check input")[0].click();
            const white = Object.assign(new OffscreenCanvas(12, 12)), pen = white.getContext("2d");
            pen.fillStyle = "#fff";
            pen.fillRect(0, 0, 12, 12);
            pad.clear();
            pad.picture = white;
            pad.update();
            return {cut, first, second, white: pad.values()[0], answer: Array.from(ask()), note: note()};""", "--data-dir", ".")
        told, _ = json.JSONDecoder().raw_decode(self.run_minnow("predict", "folder", "--image", "drawn.png", "--json"))
        self.assertEqual(seen["first"], {"values": pictures["down"], "note": "this is down", "chosen": "down"})
        self.assertEqual(seen["second"], {"note": "this is up", "chosen": "up"})
        self.assertEqual((seen["white"], seen["note"], seen["cut"]), (255, "", 0))
        for entry in told["predictions"][0]["classes"]:
            self.assertAlmostEqual(seen["answer"][["down", "up"].index(entry["class"])], entry["probability"], delta=1e-4)

    def test_pictures_are_as_bright_as_the_data(self):
        self.write("y.npy", npy([4, 1], [0, 1, 0, 1]))
        for least, greatest, normalize, scale in ((0, 1, "", 1), (0, 255, "normalize { scale: 0.00392156863 }", 255), (-1, 3, "", 3)):
            self.write("x.npy", npy([4, 1, 8, 8], [least, greatest] * 128))
            self.write("arrays.textproto", ARRAYS % normalize)
            seen = self.browse("arrays.textproto", """
                const pad = app.inputs[0], dark = pad.values()[0];
                showExample();
                return {dark, shown: Array.from(pad.values().slice(0, 2))};""", "--data-dir", ".")
            self.assertEqual(seen["dark"], min(least, 0))
            self.assertAlmostEqual(seen["shown"][0], least, delta=0.02 * scale)
            self.assertAlmostEqual(seen["shown"][1], scale, delta=0.02 * scale)

    def test_a_part_of_large_data(self):
        self.write("all.npy", npy([3000, 256], [i % 256 / 255 for i in range(3000 * 256)]))
        self.write("code.textproto", AUTOENCODER)
        seen = self.browse("code.textproto", """
            showExample();
            return {pads: find(".pad").length, picture: [find(".result")[0].width, find(".result")[0].height],
                    disabled: byId("start").disabled, note: byId("data-note").textContent, loss: steps(3).at(-1)};""", "--data-dir", ".")
        self.assertEqual((seen["pads"], seen["picture"], seen["disabled"]), (1, [16, 16], False))
        self.assertRegex(seen["note"], "^1,0.. of 3,000 examples, 1,0.. to validate$")
        self.assertTrue(math.isfinite(seen["loss"]))

    def test_words_go_on(self):
        words = "one two three four five six seven eight".split()
        self.write("words.txt", " ".join(words * 40))
        self.write("words.textproto", WORDS % (len(words) + 1, len(words) + 1))  # and <unk>
        self.run_minnow("train", "words.textproto", "--out", "words", "--data-dir", ".")
        seen = self.browse("words", """
            app.writer.begin("one two");
            let written = "";
            for (let i = 0; i < 4; ++i) written += app.writer.write(0);
            type(find("#inputs textarea")[0], "six seven");
            return {written, next: find(".class.best .name")[0].textContent};""", "--data-dir", ".")
        self.assertEqual(seen, {"written": " three four five six", "next": "eight"})

    def test_numbers_in_and_out(self):
        self.write("line.textproto", LINE)
        seen = self.browse("line.textproto", """
            while (app.trainer.step < 300) steps(1);
            const fields = find(".slider input[type=number]");
            type(fields[0], "1.5");
            type(fields[1], "-1");
            const answer = Number(find("#outputs output")[0].textContent);
            showExample();
            return {answer, hidden: byId("accuracy-curve").hidden, sliders: find(".slider").length,
                    shown: fields.map(field => Number(field.value)), first: Array.from(app.data.validation.values("x", 0)),
                    fields: find("#own input[type=number]").length};""")
        self.assertAlmostEqual(seen["answer"], 2 * 1.5 + 3.4 + 4.2, delta=0.1)
        self.assertTrue(seen["hidden"])
        self.assertEqual(seen["sliders"], 2)
        for shown, given in zip(seen["shown"], seen["first"], strict=True):
            self.assertAlmostEqual(shown, given, places=3)
        self.assertEqual(seen["fields"], 1)

    def test_whole_numbers_that_are_no_tokens(self):
        self.write("whole.ir", WHOLE)
        seen = self.browse("whole.ir", """
            type(find("#inputs textarea")[0], "3 -5");
            return {given: Array.from(app.inputs[0].values()), answer: ask()[0]};""")
        self.assertEqual(seen["given"], [3, -5])
        self.assertTrue(math.isfinite(seen["answer"]))

    def test_a_text_goes_on(self):
        self.write("text.txt", TEXT)
        self.write("letters.textproto", LETTERS % (len(set(TEXT)), len(set(TEXT))))
        self.run_minnow("train", "letters.textproto", "--epochs", "12", "--out", "letters", "--data-dir", ".")
        seen = self.browse("letters", """
            app.writer.begin("the quick ");
            let written = "";
            for (let i = 0; i < 12; ++i) written += app.writer.write(0);
            type(find("#inputs textarea")[0], "the qui");
            const next = find(".class.best .name")[0].textContent;
            const counts = [app.data.train.count, app.data.validation.count];
            type(byId("prompt"), "the ");
            byId("temperature").value = 0;
            byId("write-on").click();
            await until(() => byId("written").textContent.length > 20, timer);
            byId("write-stop").click();
            return {written, next, counts, text: byId("written").textContent, loss: steps(1)[0], trouble: trouble()};""", "--data-dir", ".")
        told = self.run_minnow("predict", "letters", "--prompt", "the quick ", "--temperature", "0", "--length", "12", "--quiet", "--data-dir", ".")
        self.assertIn("the quick " + seen["written"], told)
        self.assertEqual(seen["next"], "c")
        self.assertGreater(min(seen["counts"]), 5)
        self.assertTrue(seen["text"].startswith("the "))
        self.assertTrue(math.isfinite(seen["loss"]))
        self.assertEqual(seen["trouble"], "")

    def test_a_text_ends_where_the_network_does(self):
        self.write("text.txt", TEXT)
        self.write("back.textproto", LOOKING_BACK % (len(set(TEXT)), len(set(TEXT))))
        seen = self.browse("back.textproto", """
            const write = async prompt => {
              type(byId("prompt"), prompt);
              byId("write-on").click();
              await until(() => !byId("write-on").disabled, timer);
              return trouble();
            };
            const fine = await write("the "), written = byId("written").textContent;
            return {fine, written, long: await write("the quick brown fox")};""", "--data-dir", ".")
        self.assertEqual((seen["fine"], len(seen["written"])), ("", 16))
        self.assertEqual(seen["long"], "the network reads at most 16 letters, not 19")

    def test_files_of_pictures(self):
        self.write("pictures.textproto", PICTURES % HOSTILE.replace('"', ""))
        pictures, labels = idx([20, 8, 8], [i % 251 for i in range(20 * 64)]), idx([20], [i % 3 for i in range(20)])
        few, theirs = idx([6, 8, 8], [9] * 384), idx([6], [1] * 6)
        packed = base64.b64encode(gzip.compress(base64.b64decode(pictures))).decode()
        seen = self.browse("pictures.textproto", f"""
            const names = find(".class .name").map(name => name.textContent), asked = !byId("drop").hidden;
            const no = byId("start").disabled;
            await takeFiles([file("few-idx3-ubyte", "{few}"), file("a-idx1-ubyte", "{labels}"), file("b-idx3-ubyte.gz", "{packed}"),
                             file("few-idx1-ubyte", "{theirs}")]);
            const counts = [app.data.train.count, app.data.validation.count], loss = steps(5).at(-1), fine = trouble();
            const troubles = [];
            for (const files of [[file("x-ubyte", "AAAA")], [file("y-ubyte", "{idx([6, 4, 4], [1] * 96)}")], [file("z-ubyte", "{labels}")],
                                 [file("w-ubyte", "{few}"), file("l-ubyte", "{idx([6], [7] * 6)}")]]) {{
              await takeFiles(files);
              troubles.push(trouble());
            }}
            return {{names, asked, no, counts, loss, fine, troubles, example: (showExample(), app.inputs[0].values()[5])}};""")
        self.assertEqual(seen["names"], ["left", HOSTILE.replace('"', ""), "right"])
        self.assertTrue(seen["asked"] and seen["no"])
        self.assertEqual(seen["counts"], [20, 6])
        self.assertTrue(math.isfinite(seen["loss"]))
        self.assertEqual(seen["fine"], "")
        for trouble, part in zip(seen["troubles"], ("no IDX file", "4×4", "no IDX file of pictures", "a label 7"), strict=True):
            self.assertIn(part, trouble)
        self.assertEqual(seen["example"], 9)

    def test_what_is_refused(self):
        told = self.run_minnow("compile", "digits.textproto", "--emit=web", status=2)
        self.assertIn("add -o page.html", told)
        for flag in ("--function=infer", "--name=net", "--target=wasm32-unknown-unknown", "--optimize=size", "--weights=file"):
            told = self.run_minnow("compile", "digits.textproto", "--emit=web", "-o", "p.html", flag, status=2)
            self.assertIn("has no --function", told)
        self.write("f.ir", "func @f(%x: f32[4]) -> (y: f32[4]) {\n  return %x\n}\n")
        self.run_minnow("compile", "f.ir", "--emit=web", "-o", "p.html", status=1)
        self.run_minnow("compile", "digits.textproto", "--emit=web", "-o", "p.html", "--weights", "none.safetensors", status=1)
        self.assertFalse((self.path / "p.html").exists())

    def test_a_graph_without_a_loss_answers(self):
        seen = self.browse(MODELS / "onnx/glyphs.onnx", """
            app.inputs[0].begin([0.5, 0.1]); app.inputs[0].extend([0.5, 0.9]);
            return {answers: find("#outputs output").map(output => Number(output.textContent)), trains: !byId("train").hidden,
                    pad: find(".pad").length};""")
        self.assertEqual(len(seen["answers"]), 10)
        self.assertGreater(len(set(seen["answers"])), 5)
        self.assertEqual((seen["trains"], seen["pad"]), (False, 1))

    def test_weights_from_a_file(self):
        seen = self.browse("digits.textproto", "return [app.trainer.validate().accuracy, net.fresh !== null, byId('fresh').hidden];",
                           "--weights", "run/best.safetensors")
        self.assertGreater(seen[0], 0.6)
        self.assertEqual(seen[1:], [True, False])


if __name__ == "__main__":
    if chromium.PROGRAM is None:
        sys.exit(chromium.SKIPPED)
    os.environ["MINNOW_CACHE"] = ""
    unittest.main(argv=sys.argv[:1], verbosity=2)
