// compile --html as a command: what it writes where, and what it refuses. tests/page/ reads the page itself.
#include <gtest/gtest.h>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(inputs { name: "x" shape: [8] }
layers { name: "fc" dense { units: 3 } }
loss { softmax_cross_entropy {} }
training { batch_size: 16 epochs: 1 }
)";

class StagePage : public testing::Test {
 protected:
  void SetUp() override { bench_.write("m.textproto", kModel); }

  Workbench bench_;
};

TEST_F(StagePage, TheTextGoesOnlyWhereItIsAskedFor) {
  const Outcome alone = bench_.succeed("compile m.textproto --html page.html --repeats 2");
  EXPECT_EQ(alone.out, "");
  EXPECT_EQ(alone.err, "");
  const std::string page = bench_.read("page.html");
  EXPECT_NE(page.find("<title>m.textproto @train_step</title>"), std::string::npos);
  EXPECT_NE(page.find("\"step_seconds\":"), std::string::npos);
  bench_.succeed("compile m.textproto --html page.html --repeats 0 --emit llvm -o m.ll");
  EXPECT_NE(bench_.read("m.ll").find("define void @train_step."), std::string::npos);
  EXPECT_EQ(bench_.read("page.html").find("\"step_seconds\":"), std::string::npos);
}

TEST_F(StagePage, ShowsWhatTheFlagsOfPassesLeave) {
  bench_.succeed("compile m.textproto --html page.html --function infer --stop-after canonicalize --repeats 0");
  const std::string page = bench_.read("page.html");
  EXPECT_EQ(count_of(page, "\"pass\":\"lowered\""), 1);
  EXPECT_EQ(count_of(page, "\"pass\":\"fuse\""), 0);
  EXPECT_NE(page.find("func @infer("), std::string::npos);
  bench_.succeed("compile m.textproto --passes ' ' -o m.ir");
  bench_.succeed("compile m.ir --html page.html --repeats 0");
  EXPECT_EQ(count_of(bench_.read("page.html"), "\"pass\":\"fuse\""), 1);
}

TEST_F(StagePage, RefusesWhatItCannotWriteOrCompileFor) {
  expect_refused(bench_, "compile m.textproto --repeats 0 --html none/page.html", "none/page.html: error: ");
  const Outcome outcome = bench_.run("compile m.textproto --html page.html --cpu i286000");
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_NE(outcome.err.find("error: "), std::string::npos);
  EXPECT_EQ(bench_.run("compile m.textproto --html page.html --repeats -1").exit_code, 2);
}

}  // namespace
}  // namespace minnow
