// compile --remarks and explain, as a user types them.
#include <gtest/gtest.h>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(inputs { name: "image" shape: [1, 8, 8] }
layers { name: "conv" conv2d { filters: 2 kernel: 3 activation: SIGMOID } }
layers { name: "pool" max_pool { kernel: 2 } }
layers { name: "fc" dense { units: 3 } }
loss { softmax_cross_entropy {} }
training { momentum {} batch_size: 16 epochs: 1 }
)";

class Explain : public testing::Test {
 protected:
  void SetUp() override { bench_.write("m.textproto", kModel); }
  void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }

  Workbench bench_;
};

TEST_F(Explain, RemarksSayWhyAndChangeNothing) {
  const Outcome remarked = bench_.succeed("compile m.textproto --remarks");
  EXPECT_EQ(remarked.out, bench_.succeed("compile m.textproto").out);
  expect_parts(remarked.err, {"fuse: ", " in one contraction kernel, ", ": apart, ", "layout: ", "examples innermost",
                              "plan-memory: ", "live in ops ", "written over fc.weight"});
}

TEST_F(Explain, AValuesWholeStory) {
  expect_parts(bench_.succeed("explain m.textproto %0/%b1 --repeats 2").out,
               {"%0/%b1 = ", "layer     \"conv\", forward", "history   fuse: made",
                "kernel    train_step.conv.forward.", "of the step", "bytes", "layout",
                // 16 pictures of 2 channels of 6x6: 9 products and sums each, the bias, and sigmoid
                "FLOPs     23040 of its own"});
}

TEST_F(Explain, ALayersValues) {
  expect_parts(bench_.succeed("explain m.textproto pool --repeats 2").out,
               {"window_max ", "window_pick ", "forward", "gradient", "train_step.pool.forward.window_max"});
}

TEST_F(Explain, TextIsExplainedToo) {
  bench_.write("f.ir",
               "func @f(%x: f32[64]) -> (y: f32[64]) {\n  %0 = exp(%x) : f32[64]\n  %1 = neg(%0) : f32[64]\n"
               "  return %1\n}\n");
  expect_parts(bench_.succeed("explain f.ir %0/%b0").out,
               {"%0/%b0 = exp(%0/%a0)", "lowering: from the text", "fuse: moved into"});
}

TEST_F(Explain, UnknownValuesAndLayers) {
  expect_refused(bench_, "explain m.textproto cnov",
                 "cnov: error: is no value that an op makes, and no layer\n  hint: "
                 "did you mean conv?");
  expect_refused(bench_, "explain m.textproto %999", "%999: error: is no value");
}

}  // namespace
}  // namespace minnow
