#!/usr/bin/env python3
"""The report as a browser sees it.   check_page.py MINNOW

Skipped, with status 77, where there is no Chromium; scripts/test installs it.
"""
import html.parser
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import chromium

if chromium.PROGRAM is None:
    print("skipped: there is no chromium")
    sys.exit(chromium.SKIPPED)

MINNOW = sys.argv[1]
MODEL = """
name: "<script>document.title = 'taken'</script>"
inputs { name: "image" shape: [1, 28, 28] }
layers { name: "conv" conv2d { filters: 3 kernel: 5 } }
layers { name: "pool" max_pool { kernel: 4 } }
layers { name: "fc" dense { units: 10 } }
loss { softmax_cross_entropy {} }
training { batch_size: 20 epochs: 2 }
data { builtin: GLYPHS train_examples: 100 validation_examples: 50 }
"""
SECTIONS = ["model", "curves", "validation", "kernels", "memory", "configuration"]


class Page(html.parser.HTMLParser):
    """What stands in a document: identities of sections, counts of tags, the text of h1 and title."""

    def __init__(self, text):
        super().__init__()
        self.sections, self.counts, self.texts, self.inside = [], {}, {}, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.inside.append(tag)
        if tag == "section":
            self.sections.append(dict(attributes).get("id"))

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, text):
        if self.inside and self.inside[-1] in ("h1", "title", "summary"):
            self.texts.setdefault(self.inside[-1], []).append(text)


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "m.textproto").write_text(MODEL)

    def minnow(self, *arguments):
        subprocess.run([MINNOW, *arguments], cwd=self.folder, check=True, capture_output=True)

    def browse(self, *flags):
        """What the browser prints for report.html."""
        done = subprocess.run(
            chromium.command(self.folder, (self.folder / "report.html").as_uri(), "--enable-logging=stderr", *flags),
            capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("CONSOLE", done.stderr)
        return done.stdout

    def test_one_run(self):
        self.minnow("train", "m.textproto", "--out", "run")
        self.minnow("report", "run", "--repeats", "2", "-o", "report.html")
        page = Page(self.browse("--dump-dom"))
        self.assertEqual(page.sections, SECTIONS)
        self.assertEqual(page.counts["svg"], 5)
        self.assertEqual(page.counts["image"], 16)
        self.assertNotIn("script", page.counts)
        self.assertEqual(page.texts["h1"], ["<script>document.title = 'taken'</script>: run"])
        self.browse(f"--screenshot={self.folder}/page.png")
        self.assertGreater((self.folder / "page.png").stat().st_size, 10000)

    def test_two_runs(self):
        self.minnow("train", "m.textproto", "--out", "first")
        self.minnow("train", "m.textproto", "--out", "<b>", "--lr", "0.5")
        self.minnow("report", "first", "<b>", "--repeats", "0", "-o", "report.html")
        page = Page(self.browse("--dump-dom"))
        expected = ["comparison"] + [f"run{i}-{name}" for i in (1, 2) for name in SECTIONS]
        self.assertEqual(page.sections, expected)
        self.assertEqual(page.texts["summary"][0], "first: finished")
        self.assertIn("<b>: finished", page.texts["summary"])
        self.assertNotIn("script", page.counts)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
