// `run --precision f64`: the interpreter in double.
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

constexpr const char* kIr =
    "func @f(%x: f32[2], %n: i32[2]) -> (y: f32[2], m: i32[2]) {\n"
    "  %0 = constant() {value = 0.1} : f32[2]\n"
    "  %1 = add(%x, %0) : f32[2]\n"
    "  return %1, %n\n"
    "}\n";

class InDouble : public ::testing::Test {
 protected:
  InDouble() { bench_.write("f.ir", kIr); }

  Workbench bench_;
};

TEST_F(InDouble, FloatsAreHeldAndShownAsF64) {
  const Outcome outcome =
      bench_.run("run f.ir --input x=1e200 --input n=3 --backend interpreter --precision f64 --out o");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "y: f64[2] = 9.9999999999999997e+199 9.9999999999999997e+199\nm: i32[2] = 3 3\n");
  const Outcome again = bench_.run("run f.ir --input x=@o/y.npy --backend interpreter --precision f64");
  EXPECT_EQ(again.out, "y: f64[2] = 9.9999999999999997e+199 9.9999999999999997e+199\nm: i32[2] = 0 0\n") << again.err;
}

TEST_F(InDouble, NothingIsRoundedToF32) {
  const Outcome wide = bench_.run("run f.ir --input x=0.2 --backend interpreter --precision f64");
  EXPECT_EQ(wide.out, "y: f64[2] = 0.30000000000000004 0.30000000000000004\nm: i32[2] = 0 0\n") << wide.err;
  const Outcome narrow = bench_.run("run f.ir --input x=0.2 --backend interpreter");
  EXPECT_EQ(narrow.out, "y: f32[2] = 0.300000012 0.300000012\nm: i32[2] = 0 0\n") << narrow.err;
}

TEST_F(InDouble, CompiledCodeHasNone) {
  const Outcome outcome = bench_.run("run f.ir --precision f64");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "--precision f64: error: is for the interpreter: compiled code computes in f32\n"
            "  hint: add --backend interpreter\n");
}

}  // namespace
}  // namespace minnow
