#include "runtime/train/metrics_csv.h"

#include <gtest/gtest.h>

namespace minnow {
namespace {

const std::vector<EpochMetrics> kHistory = {{1, 10, 0.1, 2, 0.25, 1.5, 0.5, 2}, {2, 20, 0.05, 1, 0.5, 0.75, 0.75, 3}};

TEST(MetricsCsv, ReadsWhatItWrote) {
  EXPECT_EQ(parse_metrics_csv(metrics_csv(kHistory, {true}), "")->history, kHistory);
  EXPECT_NE(parse_metrics_csv("epoch,loss\n1,2\n", "m.csv").error().message.find("no column \"steps\""),
            std::string::npos);
  std::string bad = metrics_csv(kHistory, {true});
  bad.replace(bad.find("0.250000"), 8, "\"\x1b\"");
  EXPECT_EQ(parse_metrics_csv(bad, "m.csv").error().where, "m.csv:2:19");
  EXPECT_FALSE(parse_metrics_csv("", "m.csv"));
}

TEST(MetricsCsv, OfNoClassesHasNoAccuracy) {
  std::vector<EpochMetrics> history = kHistory;
  for (EpochMetrics& row : history) row.train_accuracy = row.validation_accuracy = 0;
  const std::string text = metrics_csv(history, {});
  EXPECT_TRUE(text.starts_with("epoch,steps,learning_rate,train_loss,validation_loss,seconds\n1,10,0.1,")) << text;
  EXPECT_EQ(parse_metrics_csv(text, "")->history, history);
  EXPECT_FALSE(parse_metrics_csv(text, "")->columns.accuracy);
}

TEST(MetricsCsv, TellsPerplexityIfThereIsOne) {
  const std::string text = metrics_csv(kHistory, {true, true});
  EXPECT_NE(text.find(",7.389056,4.481689\n"), std::string::npos) << text;
  EXPECT_TRUE(parse_metrics_csv(text, "")->columns.perplexity);
  EXPECT_FALSE(parse_metrics_csv(metrics_csv(kHistory, {true}), "")->columns.perplexity);
}

}  // namespace
}  // namespace minnow
