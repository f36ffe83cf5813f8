#include "runtime/train/predict.h"

#include <gtest/gtest.h>

#include <cmath>

#include "runtime/data/load_data.h"
#include "runtime/plot/arena_map.h"
#include "runtime/train/gradient_log.h"
#include "runtime/train/network_pictures.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(
  inputs { name: "image" shape: [1, 28, 28] }
  layers { name: "conv" conv2d { filters: 3 kernel: 5 } }
  layers { name: "pool" max_pool { kernel: 4 } }
  layers { name: "fc" dense { units: 10 } }
  loss { softmax_cross_entropy {} }
  training { batch_size: 8 }
  data { builtin: GLYPHS train_examples: 20 validation_examples: 20 }
)";

class Network : public testing::Test {
 protected:
  void SetUp() override { create(kModel); }
  void create(std::string_view text) {
    const std::string path = folder_.write("m.textproto", text);
    loaded_ = *read_experiment(path);
    SessionOptions options;
    options.backend = Backend::kInterpreter;
    auto session = Session::create(loaded_, options, pool_);
    ASSERT_TRUE(session) << session.error().to_string();
    session_ = *std::move(session);
    data_ = *load_data(loaded_.model.data(), {{}, 0, 10}, pool_);
  }
  TemporaryFolder folder_;
  ThreadPool pool_{1};
  LoadedModel loaded_;
  std::unique_ptr<Session> session_;
  DataSplits data_;
};

TEST_F(Network, PredictsARowOfProbabilitiesForEachExample) {
  const auto rows = predict(*session_, data_.validation);
  ASSERT_TRUE(rows) << rows.error().to_string();
  ASSERT_EQ(rows->size(), 20U);
  float sum = 0;
  for (const float probability : (*rows)[19]) sum += probability;
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST_F(Network, DrawsItsFirstKernels) {
  const auto sheet = filter_sheet(*session_);
  ASSERT_TRUE(sheet) << sheet.error().to_string();
  EXPECT_EQ(sheet->pictures.type().shape, (Shape{3, 5, 5, 3}));
  EXPECT_EQ(sheet->captions[2], (std::vector<std::string>{"2"}));
}

TEST_F(Network, LogsTheGradientOfEachLayer) {
  auto log = GradientLog::create(*session_, data_.train, Backend::kInterpreter, pool_, {});
  ASSERT_TRUE(log) << log.error().to_string();
  ASSERT_TRUE(log->record(0));
  ASSERT_TRUE(log->record(1));
  EXPECT_EQ(log->csv().substr(0, 16), "epoch,conv,fc\n0,");
  const Chart chart = log->chart("m");
  ASSERT_EQ(chart.panels[0].series.size(), 2U);
  EXPECT_GT(chart.panels[0].series[0].points[0].y, 0);
  EXPECT_EQ(chart.panels[0].series[0].points[0].y, chart.panels[0].series[0].points[1].y);

  auto compiled = GradientLog::create(*session_, data_.train, Backend::kJit, pool_, {});
  ASSERT_TRUE(compiled) << compiled.error().to_string();
  ASSERT_TRUE(compiled->recall(log->csv(), 0, "gradients.csv"));
  EXPECT_EQ(compiled->rows(), 1U);
  ASSERT_TRUE(compiled->record(1));
  const Chart both = compiled->chart("");
  for (const Series& series : both.panels[0].series)
    EXPECT_NEAR(series.points[1].y, series.points[0].y, 1e-4 * series.points[0].y);
  EXPECT_FALSE(compiled->recall("epoch,other\n", 0, "gradients.csv"));
  EXPECT_EQ(compiled->recall("epoch,conv,fc\n0,1,x\n", 0, "g.csv").error().where, "g.csv:2:5");
  EXPECT_EQ(compiled->recall("epoch,conv,fc\n1e300,1,1\n", 0, "g.csv").error().where, "g.csv:2");
}

TEST_F(Network, IsAssessedAndItsWorstMistakesAreDrawn) {
  Dataset data = std::move(data_.validation);
  data.class_names.resize(9);  // fewer than the network's
  const auto found = assess(*session_, data);
  ASSERT_TRUE(found) << found.error().to_string();
  ASSERT_TRUE(found->confusion);
  int64_t right = 0;
  for (int64_t c = 0; c < 10; ++c) right += found->confusion->count(c, c);
  EXPECT_DOUBLE_EQ(found->evaluation.accuracy, static_cast<double>(right) / 20);
  EXPECT_EQ(found->class_names.back(), "9");
  const auto sheet = worst_sheet(*found, data, 3);
  ASSERT_TRUE(sheet) << sheet.error().to_string();
  EXPECT_EQ(sheet->pictures.type().shape, (Shape{3, 28, 28}));
  EXPECT_EQ(sheet->captions.size(), 3U);
}

TEST(ArenaMap, HasABlockForEveryValueOfEveryArena) {
  const TemporaryFolder folder;
  const LoadedModel loaded = *read_experiment(folder.write("m.textproto", kModel));
  const auto step = build_function(loaded, "train_step", {{8}, {}, {}});
  ASSERT_TRUE(step);
  const std::string svg = to_svg(draw_arena_map(**step, "m <step>"));
  EXPECT_NE(svg.find("m &lt;step&gt;"), std::string::npos);
  EXPECT_NE(svg.find(" conv, "), std::string::npos);
}

TEST(Confusion, CountsWhoIsTakenForWhom) {
  const PredictionRows rows = {{0.9F, 0.1F, 0}, {0.6F, 0.4F, 0}, {0.2F, 0.8F, 0}, {NAN, 0, 1}};
  const Tensor labels = Tensor::from<int32_t>({DType::kI32, {4}}, {0, 1, 1, 0});
  const ConfusionMatrix matrix = confusion_matrix({rows.begin(), rows.begin() + 3}, labels);
  EXPECT_EQ(matrix.count(1, 0), 1);
  EXPECT_DOUBLE_EQ(matrix.precision(0), 0.5);
  EXPECT_DOUBLE_EQ(matrix.recall(1), 0.5);
  EXPECT_TRUE(std::isnan(matrix.precision(2)));
  EXPECT_EQ(worst_examples(rows, labels, 2), (std::vector<int64_t>{3, 1}));
  EXPECT_EQ(ranking(rows[3], 3), (std::vector<size_t>{2, 1, 0}));
  const std::string svg = to_svg(draw_confusion(matrix, {"a<", "b", "c"}));
  EXPECT_NE(svg.find("b taken for a&lt;: 1"), std::string::npos);
}

}  // namespace
}  // namespace minnow
