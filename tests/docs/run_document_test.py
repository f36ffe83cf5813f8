"""That a document which shows something untrue does not pass."""
import pathlib
import tempfile
import unittest

import run_document


def run_text(text):
    with tempfile.TemporaryDirectory() as folder:
        document = pathlib.Path(folder) / "document.md"
        document.write_text(text)
        return run_document.check(document, folder, {"PATH": "/usr/bin:/bin"})


class RunDocumentTest(unittest.TestCase):
    def test_blocks_run_in_one_folder(self):
        self.assertEqual(run_text("```text a.txt\nx\n```\n```sh\ncat a.txt\n```\n```output\nx\n```\n"), 1)

    def test_shown_blocks_do_not_run(self):
        self.assertEqual(run_text("```console\nfalse\n```\n"), 0)

    def test_status_is_compared(self):
        self.assertEqual(run_text("```sh exit=3\nexit 3\n```\n"), 1)
        for block in ["```sh\nfalse\n```\n", "```sh exit=3\ntrue\n```\n"]:
            with self.assertRaises(SystemExit):
                run_text(block)


class OutputTest(unittest.TestCase):
    def differs(self, expected, printed, accuracy=None):
        return run_document.first_difference(expected, printed, accuracy)

    def test_numbers_and_spacing_may_differ(self):
        self.assertIsNone(self.differs("loss 1.5  (30.2x)\n", "loss  2.25 (1,234x)\n"))

    def test_words_may_not(self):
        self.assertEqual(self.differs("loss 1.5\n", "gain 1.5\n"), "loss 1.5")

    def test_exact_compares_numbers(self):
        self.assertEqual(self.differs("loss 1.5\n", "loss 1.6\n", "exact"), "loss 1.5")

    def test_near_compares_how_large_numbers_are(self):
        self.assertIsNone(self.differs("loss 1.50 of 1,000x\n", "loss 1.52 of 999x\n", "near"))
        self.assertEqual(self.differs("loss 1.5\n", "loss 1.6\n", "near"), "loss 1.5")
        self.assertEqual(self.differs("scratch 0.0 KiB\n", "scratch 3.0 KiB\n", "near"), "scratch 0.0 KiB")
        self.assertIsNone(self.differs("...\nloss 2\n", "loss 1\nloss 2\n", "near"))

    def test_only_dots_leave_lines_out(self):
        self.assertIsNone(self.differs("a\n...\nc\n", "a\nb\nb\nc\n"))
        self.assertEqual(self.differs("a\nc\n", "a\nb\nc\n"), "c")
        self.assertEqual(self.differs("a\n", "a\nb\n"), "the end")

    def test_dots_may_stand_for_lines_like_the_next(self):
        self.assertIsNone(self.differs("...\nepoch 3\nend\n", "epoch 1\nepoch 2\nepoch 3\nend\n"))


if __name__ == "__main__":
    unittest.main()
