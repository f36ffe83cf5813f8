#include "runtime/data/data_statistics.h"

#include <algorithm>
#include <cmath>

#include "frontend/load/defaults.h"

namespace minnow {
namespace {

// Welford's sums, which do not lose digits where the mean is large.
class Accumulator {
 public:
  void add(double value) {
    ++count_;
    const double step = value - mean_;
    mean_ += step / static_cast<double>(count_);
    squares_ += step * (value - mean_);
    least_ = std::min(least_, value);
    greatest_ = std::max(greatest_, value);
  }
  ValueStatistics result() const {
    return {mean_, std::sqrt(squares_ / static_cast<double>(count_)), least_, greatest_};
  }

 private:
  int64_t count_ = 0;
  double mean_ = 0, squares_ = 0, least_ = INFINITY, greatest_ = -INFINITY;
};

// How many features there are, and how many numbers in a row belong to each.
struct FeatureLayout {
  int64_t features = 1, run = 1;
};

FeatureLayout layout_of(const TensorType& type) {
  if (type.rank() < 2) return {};
  return {type.dim(1), element_count({type.shape.begin() + 2, type.shape.end()})};
}

}  // namespace

int64_t token_count(const Dataset& data) { return data.windows->places + data.windows->length; }

DataStatistics measure_data(const Dataset& data) {
  DataStatistics statistics;
  statistics.class_counts.assign(data.class_names.size(), 0);
  if (data.windows) {
    std::vector<int32_t> piece(1 << 16);
    for (int64_t at = 0; at < token_count(data); at += std::ssize(piece)) {
      piece.resize(static_cast<size_t>(std::min(std::ssize(piece), token_count(data) - at)));
      data.windows->tokens->copy(data.windows->first + at, piece);
      for (const int32_t token : piece) ++statistics.class_counts[static_cast<size_t>(token)];
    }
    return statistics;
  }
  if (!data.class_names.empty())
    for (const int32_t label : data.labels.as<int32_t>())
      if (label >= 0 && label < data.classes()) ++statistics.class_counts[static_cast<size_t>(label)];

  const bool is_bytes = data.examples.type().dtype == DType::kU8;
  const FeatureLayout layout = layout_of(data.examples.type());
  Accumulator all;
  std::vector<Accumulator> features(static_cast<size_t>(layout.features));
  int64_t at = 0;
  const auto take = [&](auto values, double scale) {
    for (const auto value : values) {
      const double scaled = static_cast<double>(value) * scale;
      all.add(scaled);
      features[static_cast<size_t>(at++ / layout.run % layout.features)].add(scaled);
    }
  };
  if (is_bytes) {
    take(data.examples.as<uint8_t>(), kByteScale);
  } else {
    const Tensor wide = data.examples.converted_to(DType::kF64);
    take(wide.as<double>(), 1);
  }
  statistics.all = all.result();
  if (data.examples.type().rank() > 1)
    for (const Accumulator& feature : features) statistics.features.push_back(feature.result());
  return statistics;
}

}  // namespace minnow
