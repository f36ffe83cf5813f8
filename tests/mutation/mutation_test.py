#!/usr/bin/env python3
"""What scripts/mutants plants, in a few lines of C++; and that what it leaves out matches code, not line numbers."""
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from mutation import schemata  # noqa: E402

SOURCE = """#include <vector>
namespace minnow {
constexpr int kRows = 3;  // no place for a choice
// a < b in words
int sum(const std::vector<int>& v, int n) {
  int total = 0;
  for (int i = 0; i < n; ++i) total += v[i] - 1;
  if (n == kRows && total > 0) reset();
  MINNOW_CHECK(n < 9, "{} < 9", n);
  static_assert(sizeof(int) < 9);
  return emitter.CreateSub(total, n);
}
}  // namespace minnow
"""


def mutants(text=SOURCE):
    file = schemata.MutatedFile("passes/sum.cc", text)
    for number, mutant in enumerate(file.mutants):
        mutant.number = number
    return file


class Mutants(unittest.TestCase):
    def test_each_rule_finds_its_place(self):
        found = {(m.rule, m.original, m.mutated) for m in mutants().mutants}
        for one in [("comparison", "i < n", "i <= n"), ("tail", "i < n", "i + 1 < n"), ("constant", "0", "(0 + 1)"),
                    ("arithmetic", "v[i] - 1", "v[i] + 1"), ("swap", "v[i] - 1", "(1) - (v[i])"),
                    ("logic", "n == kRows && total > 0", "n == kRows || total > 0"), ("statement", "reset();", ""),
                    ("condition", "n == kRows && total > 0", "!(n == kRows && total > 0)"),
                    ("swap", "emitter.CreateSub(total, n)", "emitter.CreateSub(n, total)")]:
            self.assertIn(one, found)

    def test_constants_and_words_are_left_alone(self):
        self.assertFalse([m for m in mutants().mutants if "9" in m.original or m.line in (3, 4)])

    def test_lines_stay_where_they_are(self):
        text = mutants().text()
        self.assertEqual(text.split("#line 1\n")[1].count("\n"), SOURCE.count("\n"))
        self.assertEqual(text.count("::minnow::mutant("), len(mutants().mutants))

    def test_the_same_code_has_the_same_key_elsewhere(self):
        moved = mutants(SOURCE.replace("namespace minnow {\n", "namespace minnow {\n\n\n", 1))
        self.assertEqual([m.key for m in moved.mutants], [m.key for m in mutants().mutants])

    def test_no_two_places_overlap_by_half(self):
        for name in ["passes/plan_memory.cc", "codegen/kernels/emit_row.cc", "runtime/compiled_executable.cc"]:
            file = mutants((ROOT / name).read_text())
            file.text()
            self.assertGreater(len(file.mutants), 80)
            self.assertFalse([m for m in file.mutants if m.number < 0])


if __name__ == "__main__":
    unittest.main()
