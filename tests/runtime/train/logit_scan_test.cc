#include "runtime/train/logit_scan.h"

#include <gtest/gtest.h>

#include "ir/text.h"

namespace minnow {
namespace {

std::unique_ptr<Function> parse(const std::string& text) {
  auto module = parse_module(text, "p.ir");
  MINNOW_CHECK(module.has_value(), "{}", module.error().to_string());
  return (*module)->functions[0]->clone();
}

constexpr char kExp[] = "func @f(%x: f32[2]) -> (f32[2]) {\n  %0 = exp(%x) : f32[2]\n  return %0\n}\n";
constexpr char kNothing[] =
    "func @g(%x: f32[2]) -> (f32[2]) {\n  %0 = sub(%x, %x) : f32[2]\n  %1 = div(%0, %0) : f32[2]\n  return %1\n}\n";

LogitScanInput input(std::vector<double> logits, std::vector<double> scales) {
  LogitScanInput input{{}, 0, std::move(logits), std::move(scales)};
  input.programs.push_back({"exp", "here", parse(kExp)});
  return input;
}

TEST(LogitScan, FindsWhereAFormulaOverflows) {
  LogitScanInput both = input({1, 0.5}, {-1, 88, 89, 1000});
  both.programs.push_back({"nothing", "here", parse(kNothing)});
  ThreadPool pool(1);
  const auto scan = scan_logits(both, pool, {});
  ASSERT_TRUE(scan) << scan.error().to_string();
  EXPECT_EQ(scan->columns, (std::vector<std::string>{"exp, interpreted", "exp, compiled", "nothing, interpreted",
                                                     "nothing, compiled"}));
  for (size_t way = 0; way < 2; ++way) {
    EXPECT_EQ(scan->outcomes[0][way].infinite, 0);
    EXPECT_LT(scan->outcomes[1][way].error, 1e-4);
    EXPECT_GT(scan->outcomes[1][way].error, 0);
    EXPECT_EQ(scan->outcomes[2][way].infinite, 1);
    EXPECT_EQ(scan->outcomes[3][way].infinite, 2);
    EXPECT_EQ(scan->outcomes[3][way].text(), "inf");
    EXPECT_EQ(scan->outcomes[0][2 + way].not_a_number, 2);
    EXPECT_EQ(scan->outcomes[0][2 + way].text(), "NaN");
  }
  const ResultTable table = scan->table();
  EXPECT_EQ(table.rows[2][0], "89");
  EXPECT_EQ(table.rows[2][1], "inf");
  const Chart chart = scan->chart("t");
  EXPECT_EQ(chart.panels[0].series[0].points.size(), 3U);  // the positive scales
  EXPECT_EQ(chart.panels[0].series[0].points[1].y, 0.5);
}

TEST(LogitScan, RefusesProgramsThatDoNotFit) {
  ThreadPool pool(1);
  EXPECT_EQ(scan_logits(input({1}, {1}), pool, {}).error().message, "@f takes f32[2], but there are 1 logits");
  EXPECT_NE(scan_logits(input({1, 2}, {1e300}), pool, {}).error().message.find("does not fit into f32"),
            std::string::npos);
  LogitScanInput other = input({1, 2}, {1});
  other.programs.push_back(
      {"sum", "here",
       parse("func @s(%x: f32[2]) -> (f32[]) {\n  %0 = reduce_sum(%x) {dims = [0]} : f32[]\n  return %0\n}\n")});
  EXPECT_EQ(scan_logits(other, pool, {}).error().message, "the results of @s are not of the types that exp has");
  other.programs[1].function =
      parse("func @t(%x: f32[2], %y: f32[2]) -> (f32[2]) {\n  %0 = add(%x, %y) : f32[2]\n  return %0\n}\n");
  EXPECT_EQ(scan_logits(other, pool, {}).error().where, "here");
}

}  // namespace
}  // namespace minnow
