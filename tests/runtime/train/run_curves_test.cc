#include "runtime/train/run_curves.h"

#include <gtest/gtest.h>

#include "runtime/plot/op_curve.h"
#include "runtime/train/metrics_csv.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

const std::vector<EpochMetrics> kHistory = {{1, 10, 0.1, 2, 0.25, 1.5, 0.5, 2}, {2, 20, 0.05, 1, 0.5, 0.75, 0.75, 3}};

TEST(RunCurves, AreNamedAsTheirFolder) {
  const TemporaryFolder folder;
  folder.write("first/metrics.csv", metrics_csv(kHistory, {true}));
  for (const char* path : {"/first", "/first/", "/first/metrics.csv"})
    EXPECT_EQ(read_run(folder.path() + path)->name, "first") << path;
  EXPECT_NE(read_run(folder.path()).error().message.find("no metrics.csv"), std::string::npos);
  EXPECT_FALSE(read_run(folder.path() + "/second"));
  EXPECT_FALSE(read_run(folder.path() + "/first")->has_perplexity);
  folder.write("text/metrics.csv", metrics_csv(kHistory, {true, true}));
  EXPECT_TRUE(read_run(folder.path() + "/text")->has_perplexity);
}

TEST(RunCurves, FewRunsShowTrainingManyOnlyValidation) {
  const Chart few = runs_chart({{"a", kHistory}, {"b", kHistory}}, RunAxis::kTime);
  ASSERT_EQ(few.panels.size(), 2U);
  EXPECT_EQ(few.panels[0].series.size(), 4U);
  EXPECT_EQ(few.panels[0].series[0].name, "a train");
  EXPECT_EQ(few.panels[0].series[1].name, "a validation");
  EXPECT_DOUBLE_EQ(few.panels[0].series[0].points[1].x, 5);
  EXPECT_FALSE(few.panels[0].is_log);
  const Chart many = runs_chart(std::vector<RunCurves>(8, {"a", kHistory}), RunAxis::kStep);
  EXPECT_EQ(many.panels[0].series.size(), 8U);
  EXPECT_EQ(many.panels[0].y_label, "validation loss");
  EXPECT_DOUBLE_EQ(many.panels[0].series[0].points[1].x, 20);
}

TEST(RunCurves, PerplexityIsDrawnOfRunsThatHaveOne) {
  const Chart chart = runs_chart({{"a", kHistory}, {"b", kHistory, true}}, RunAxis::kEpoch);
  ASSERT_EQ(chart.panels.size(), 3U);
  EXPECT_EQ(chart.panels[1].y_label, "perplexity");
  ASSERT_EQ(chart.panels[1].series.size(), 2U);
  EXPECT_EQ(chart.panels[1].series[0].name, "b train");
  EXPECT_EQ(chart.panels[1].series[0].colour, chart.panels[0].series[2].colour);
  EXPECT_DOUBLE_EQ(chart.panels[1].series[1].points[1].y, std::exp(0.75));
}

TEST(RunCurves, LossesFarApartGetALogarithmicAxis) {
  std::vector<EpochMetrics> far = kHistory;
  far[0].validation_loss = 1e6;
  EXPECT_TRUE(runs_chart({{"a", far}}, RunAxis::kEpoch).panels[0].is_log);
}

TEST(OpCurve, DrawsEveryElementwiseOpWithItsDerivative) {
  const Chart sigmoid = *op_chart("sigmoid", {});
  ASSERT_EQ(sigmoid.panels[0].series.size(), 2U);
  EXPECT_DOUBLE_EQ(sigmoid.panels[0].series[0].points[300].y, 0.5);
  EXPECT_DOUBLE_EQ(sigmoid.panels[0].series[1].points[300].y, 0.25);
  EXPECT_EQ(op_chart("floor", {})->panels[0].series.size(), 1U);
  EXPECT_DOUBLE_EQ(op_chart("max", {.second = 0})->panels[0].series[1].points[400].y, 1);
  EXPECT_EQ(op_chart("sigmiod", {}).error().hint, "did you mean sigmoid?");
  EXPECT_FALSE(op_chart("dot", {}));
  EXPECT_EQ(op_chart("relu", {})->panels[0].series[0].name, "relu(x)");
  EXPECT_DOUBLE_EQ(op_chart("relu", {})->panels[0].series[1].points[400].y, 1);
  EXPECT_NEAR(op_chart("gelu", {})->panels[0].series[1].points[300].y, 0.5, 1e-12);
  EXPECT_EQ(op_chart("relo", {}).error().hint, "did you mean relu?");
  EXPECT_EQ(op_chart("exp", {.low = 1, .high = 1}).error().code, ExitCode::kUsage);
  for (const char* name : {"log", "sqrt", "pow", "div", "eq", "abs"})
    EXPECT_NE(to_svg(draw_chart(*op_chart(name, {}))).find("</svg>"), std::string::npos) << name;
}

}  // namespace
}  // namespace minnow
