// What --print-ir-diff shows.
#include "tools/report/ir_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace minnow {
namespace {

using Kind = ChangedLine::Kind;

std::string marked(std::string_view before, std::string_view after) {
  std::string text;
  for (const auto& [kind, line] : changed_lines(before, after))
    text += std::string(1, kind == Kind::kSame ? ' ' : kind == Kind::kRemoved ? '-' : '+') + line + "\n";
  return text;
}

TEST(IrChanges, NumbersAloneAreNoChange) {
  EXPECT_EQ(marked("%0 = neg(%x)\n%1 = exp(%x)\n%2 = add(%1, %1)\nreturn %2\n",
                   "%0 = exp(%x)\n%1 = add(%0, %0)\nreturn %1\n"),
            "-%0 = neg(%x)\n %0 = exp(%x)\n %1 = add(%0, %0)\n return %1\n");
}

TEST(IrChanges, AnotherOperandIsAChange) {
  EXPECT_EQ(marked("%0 = neg(%x)\n%1 = exp(%x)\n%2 = add(%0, %1)\n", "%0 = neg(%x)\n%1 = exp(%x)\n%2 = add(%1, %1)\n"),
            " %0 = neg(%x)\n %1 = exp(%x)\n-%2 = add(%0, %1)\n+%2 = add(%1, %1)\n");
}

TEST(IrChanges, AMergedValueChangesItsReaders) {
  EXPECT_EQ(marked("%0 = exp(%x)\n%1 = exp(%x)\n%2 = add(%0, %1)\n", "%0 = exp(%x)\n%1 = add(%0, %0)\n"),
            " %0 = exp(%x)\n-%1 = exp(%x)\n-%2 = add(%0, %1)\n+%1 = add(%0, %0)\n");
}

TEST(IrChanges, ABodysParametersAreItsOwn) {
  const std::string first = "%0 = fused(%a0 = %x) {\n%b0 = neg(%a0)\nreturn %b0\n}\n";
  const std::string second = "%1 = fused(%a0 = %0, %a1 = %y) {\n%b0 = add(%a1, %a0)\nreturn %b0\n}\n";
  EXPECT_EQ(std::ranges::count(changed_lines(first + second, first + second), Kind::kSame, &ChangedLine::kind), 8);
}

TEST(IrChanges, EveryLineStandsOnce) {
  const std::string before = "a\nb\nc\nd\ne\n";
  for (const std::string after : {"", "a\n", "e\nd\nc\nb\na\n", "x\na\nc\ny\n", "a\nb\nc\nd\ne\nf\n", "b\nb\nb\n"}) {
    std::string old_text, new_text;
    for (const auto& [kind, line] : changed_lines(before, after)) {
      if (kind != Kind::kAdded) old_text += line + "\n";
      if (kind != Kind::kRemoved) new_text += line + "\n";
    }
    EXPECT_EQ(old_text, before);
    EXPECT_EQ(new_text, after);
  }
}

TEST(IrChanges, FormatsWithContextAndColour) {
  const auto lines = changed_lines("a\nb\nc\nd\n", "a\nb\nx\nd\n");
  EXPECT_EQ(format_changes(lines, 1, false), "  ...\n  b\n- c\n+ x\n  d\n");
  EXPECT_EQ(format_changes(lines, 0, true), "  ...\n\x1b[31m- c\x1b[0m\n\x1b[32m+ x\x1b[0m\n");
  EXPECT_EQ(format_changes(changed_lines("a\n", "a\n"), 1, false), "");
}

}  // namespace
}  // namespace minnow
