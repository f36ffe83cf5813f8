#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "runtime/data/load_data.h"
#include "runtime/tensorboard/histogram.h"
#include "runtime/train/tensorboard_log.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

using tensorboard::Event;

uint32_t number_at(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

// The events of a file, its lengths and checksums right.
std::vector<Event> read_events(const std::string& path) {
  const std::string bytes = *read_file(path);
  std::vector<Event> events;
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = number_at(bytes, at);
    const std::string_view data = std::string_view(bytes).substr(at + 12, length);
    EXPECT_EQ(event_record(data), bytes.substr(at, length + 16));
    EXPECT_TRUE(events.emplace_back().ParseFromArray(data.data(), static_cast<int>(data.size())));
    at += length + 16;
  }
  return events;
}

TEST(EventFile, ChecksumsAreThoseOfTheStandard) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720, appendix B.4
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(EventFile, ARecordIsLengthDataAndTheirMaskedChecksums) {
  const std::string record = event_record("123456789");
  ASSERT_EQ(record.size(), 8U + 4 + 9 + 4);
  EXPECT_EQ(record.substr(0, 8), std::string("\x09\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, 9), "123456789");
  const uint32_t crc = 0xE3069283U;
  EXPECT_EQ(number_at(record, 21), (crc >> 15 | crc << 17) + 0xA282EAD8U);
}

TEST(EventFile, EachSortsBehindTheEarlierAndSaysWhereItBegins) {
  const TemporaryFolder folder;
  folder.write("events.out.tfevents.0009.minnow", "");
  ASSERT_TRUE(EventFile::create(folder.path(), 3));
  const std::vector<Event> events = read_events(folder.file("events.out.tfevents.0010.minnow"));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[1].session_log().status(), tensorboard::SessionLog::START);
  EXPECT_EQ(events[1].step(), 3);
  EXPECT_EQ(EventFile::create(folder.file("none"), 0).error().where,
            folder.file("none/events.out.tfevents.0001.minnow"));
}

TEST(Histogram, BinsHoldEveryFiniteNumberOnce) {
  const std::vector<float> values = {-1, -1, 0, 0.5F, 3, NAN, INFINITY};
  const Histogram histogram = histogram_of(values, 4);
  EXPECT_EQ(histogram.limits, (std::vector<double>{0, 1, 2, 3}));
  EXPECT_EQ(histogram.counts, (std::vector<int64_t>{3, 1, 0, 1}));
  EXPECT_EQ(histogram.count, 5);
  EXPECT_EQ(histogram.least, -1);
  EXPECT_EQ(histogram.greatest, 3);
  EXPECT_EQ(histogram.sum, 1.5);
  EXPECT_EQ(histogram.sum_of_squares, 11.25);
}

TEST(Histogram, OfOneNumberOrNone) {
  EXPECT_EQ(histogram_of(std::vector<float>{2, 2}).limits, std::vector<double>{2});
  EXPECT_EQ(histogram_of(std::vector<float>{2, 2}).counts, std::vector<int64_t>{2});
  EXPECT_EQ(histogram_of(std::vector<float>{NAN}).count, 0);
  EXPECT_TRUE(histogram_of({}).limits.empty());
}

class Log : public testing::Test {
 protected:
  void SetUp() override {
    loaded_ = *read_experiment(folder_.write("m.textproto", R"(
        inputs { name: "image" shape: [1, 28, 28] }
        layers { name: "pool" avg_pool { kernel: 4 } }
        layers { name: "fc" dense { units: 10 } }
        loss { softmax_cross_entropy {} }
        training { batch_size: 8 }
        data { builtin: GLYPHS train_examples: 20 validation_examples: 20 })"));
    session_ = *Session::create(loaded_, {.backend = Backend::kInterpreter}, pool_);
    data_ = *load_data(loaded_.model.data(), {{}, 0, 10}, pool_);
  }
  Result<TensorBoardLog> open(int64_t epochs_done) {
    auto probe = GradientProbe::create(*session_, data_.train, Backend::kInterpreter, pool_, {}, true);
    return TensorBoardLog::create(folder_.path(), epochs_done, *session_, *std::move(probe));
  }
  TemporaryFolder folder_;
  ThreadPool pool_{1};
  LoadedModel loaded_;
  std::unique_ptr<Session> session_;
  DataSplits data_;
};

const tensorboard::Summary::Value* find(const Event& event, const std::string& tag) {
  for (const auto& value : event.summary().value())
    if (value.tag() == tag) return &value;
  return nullptr;
}

TEST_F(Log, TellsOfTheRunByEpoch) {
  auto log = open(0);
  ASSERT_TRUE(log) << log.error().to_string();
  ASSERT_TRUE(log->record({1, 3, 0.5, 2.5, 0.25, 2.25, 0.5, 2}, 20));
  const std::vector<Event> events = read_events(folder_.file("events.out.tfevents.0001.minnow"));
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[2].step(), 0);
  EXPECT_EQ(find(events[2], "loss/train"), nullptr);
  EXPECT_EQ(events[3].step(), 1);
  for (const auto& [tag, number] : std::map<std::string, float>{{"loss/train", 2.5F},
                                                                {"loss/validation", 2.25F},
                                                                {"accuracy/train", 0.25F},
                                                                {"accuracy/validation", 0.5F},
                                                                {"training/learning_rate", 0.5F},
                                                                {"training/examples_per_second", 10.0F}}) {
    ASSERT_NE(find(events[3], tag), nullptr) << tag;
    EXPECT_EQ(find(events[3], tag)->simple_value(), number) << tag;
  }
}

TEST_F(Log, TellsOfEveryWeightAndItsGradient) {
  ASSERT_TRUE(open(0));
  const Event network = read_events(folder_.file("events.out.tfevents.0001.minnow"))[2];
  const auto* weights = find(network, "weights/fc.weight");
  const auto* gradients = find(network, "gradients/fc.weight");
  ASSERT_TRUE(weights && gradients);
  EXPECT_EQ(weights->histo().num(), 490);
  EXPECT_EQ(gradients->histo().num(), 490);
  const double square = weights->histo().sum_squares() + find(network, "weights/fc.bias")->histo().sum_squares();
  EXPECT_NEAR(find(network, "weight_norm/fc")->simple_value(), std::sqrt(square), 1e-5);
  const double gradient = gradients->histo().sum_squares() + find(network, "gradients/fc.bias")->histo().sum_squares();
  EXPECT_NEAR(find(network, "gradient_norm/fc")->simple_value(), std::sqrt(gradient), 1e-5);
}

TEST_F(Log, ARunThatGoesOnBeginsBehindWhatIsDone) {
  ASSERT_TRUE(open(2));
  const std::vector<Event> events = read_events(folder_.file("events.out.tfevents.0001.minnow"));
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].step(), 3);
}

}  // namespace
}  // namespace minnow
