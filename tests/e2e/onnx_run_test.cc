// minnow run on graphs of ONNX.
#include <gtest/gtest.h>

#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

const std::string kGraph = MINNOW_SOURCE_DIR "/models/onnx/glyphs.onnx";

TEST(OnnxRun, ABatchThatIsOpenIsThatOfTheFirstArray) {
  Workbench bench;
  bench.write("x.npy", npy("<f4", "3, 1, 28, 28", std::string(3 * 28 * 28 * 4, '\0')));
  const auto scores_of = [&](const std::string& flags) { return bench.succeed("run " + kGraph + flags).out; };
  EXPECT_EQ(scores_of(" --input image=@x.npy").substr(0, 18), "scores: f32[3,10] ");
  EXPECT_EQ(scores_of(" --input image=0").substr(0, 18), "scores: f32[1,10] ");
  EXPECT_EQ(scores_of(" --input image=0 --batch-size 2").substr(0, 18), "scores: f32[2,10] ");
  expect_refused(bench, "run " + kGraph + " --input image=@x.npy --batch-size 2",
                 "x.npy: error: holds f32[3,1,28,28], but parameter \"image\" is f32[2,1,28,28]");
}

}  // namespace
}  // namespace minnow
