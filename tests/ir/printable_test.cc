#include "ir/printable.h"

#include <gtest/gtest.h>

#include <limits>

#include "ir/error.h"

namespace minnow {
namespace {

TEST(Printable, KeepsTextAndSpellsOutWhatATerminalObeys) {
  EXPECT_EQ(printable("Größe ≤ 5 \"x\" 🐟"), "Größe ≤ 5 \"x\" 🐟");
  EXPECT_EQ(printable("a\x1b[31mb\r\n\x7f"), "a\\x1b[31mb\\x0d\\x0a\\x7f");
  EXPECT_EQ(printable("a\nb", true), "a\nb");
  EXPECT_EQ(printable("\xc2\x9b"
                      "0m"),
            "\\xc2\\x9b0m");  // CSI of eight bits
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "x"),
            "\\xe2\\x80\\xaex");  // right-to-left override
  EXPECT_EQ(printable("\xff\xc0\x80\xed\xa0\x80\xe2\x82"), "\\xff\\xc0\\x80\\xed\\xa0\\x80\\xe2\\x82");
}

TEST(Printable, CountsAndCutsByCodePoints) {
  EXPECT_EQ(letter_count("Größe"), 5U);
  EXPECT_EQ(shortened("Größe", 5), "Größe");
  EXPECT_EQ(shortened("Größe", 4), "Grö…");
}

TEST(Printable, ElementsHaveAllDigitsOfTheirType) {
  EXPECT_EQ(element_text(2147483647, DType::kI32), "2147483647");
  EXPECT_EQ(element_text(-2147483648.0, DType::kI32), "-2147483648");
  EXPECT_EQ(element_text(255, DType::kU8), "255");
  EXPECT_EQ(element_text(1, DType::kPred), "1");
  EXPECT_EQ(element_text(0.1F, DType::kF32), "0.100000001");
  EXPECT_EQ(element_text(16777216, DType::kF32), "16777216");
  EXPECT_EQ(element_text(0.1, DType::kF64), "0.10000000000000001");
  EXPECT_EQ(element_text(-0.0, DType::kF32), "-0");
  EXPECT_EQ(element_text(-std::numeric_limits<double>::quiet_NaN(), DType::kF32), "nan");
  EXPECT_EQ(element_text(-std::numeric_limits<double>::infinity(), DType::kF64), "-inf");
}

TEST(Printable, ErrorsAreFitForATerminal) {
  EXPECT_EQ((Error{"a\x1b[2J.csv", "bad", "try\nthis"}).to_string(), "a\\x1b[2J.csv: error: bad\n  hint: try\nthis");
}

TEST(Names, AreMadeFitForFilesAndToldApart) {
  EXPECT_EQ(fit_for_files(".."), "_.");
  EXPECT_EQ(fit_for_files("a/../b c"), "a_.._b,c");
  EXPECT_EQ(fit_for_files("x=1\x1b"), "x=1_");
  std::set<std::string> taken;
  EXPECT_EQ(name_apart("x", taken), "x");
  EXPECT_EQ(name_apart("x,2", taken), "x,2");
  EXPECT_EQ(name_apart("x", taken), "x,3");
}

}  // namespace
}  // namespace minnow
