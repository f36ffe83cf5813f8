#include "runtime/train/predict.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "runtime/data/batch.h"
#include "runtime/train/diagnose.h"

namespace minnow {
namespace {

double ratio(int64_t part, int64_t whole) {
  return whole == 0 ? NAN : static_cast<double>(part) / static_cast<double>(whole);
}

// Batches of one size are filled up by their last example, whose further predictions nobody reads.
void fill_up(std::vector<int32_t>& rows, size_t count) {
  if (!rows.empty()) rows.resize(std::max(rows.size(), count), rows.back());
}

}  // namespace

Result<PredictionRows> predict(Session& session, const Dataset& data) {
  const auto batch_size = static_cast<size_t>(session.model().model.training().batch_size());
  const std::vector<int32_t> order = rows_in_order(data);
  PredictionRows rows;
  Batch batch;
  for (size_t first = 0; first < order.size(); first += batch_size) {
    const auto numbers = std::span(order).subspan(first, std::min(batch_size, order.size() - first));
    std::vector<int32_t> fed(numbers.begin(), numbers.end());
    if (session.lowered().has_fixed_batch) fill_up(fed, batch_size);
    MINNOW_TRY(fill_batch(session.lowered(), data, fed, BatchParts::kInputs, batch));
    MINNOW_ASSIGN(const Tensor* prediction, session.infer(batch));
    const auto values = prediction->as<float>();
    const size_t width = values.size() / fed.size();
    if (const auto bad = first_bad_element(*prediction)) {
      const size_t example = first + static_cast<size_t>(bad->index) / width;
      return tl::unexpected(not_finite(
          session, {fmt::format("example {}", example), "the prediction is not finite", {}}, "infer", batch));
    }
    for (size_t i = 0; i < numbers.size(); ++i)
      rows.emplace_back(values.begin() + i * width, values.begin() + (i + 1) * width);
  }
  return rows;
}

int64_t ConfusionMatrix::actual(int64_t c) const {
  int64_t sum = 0;
  for (int64_t i = 0; i < classes_; ++i) sum += count(c, i);
  return sum;
}

int64_t ConfusionMatrix::predicted(int64_t c) const {
  int64_t sum = 0;
  for (int64_t i = 0; i < classes_; ++i) sum += count(i, c);
  return sum;
}

double ConfusionMatrix::precision(int64_t c) const { return ratio(count(c, c), predicted(c)); }
double ConfusionMatrix::recall(int64_t c) const { return ratio(count(c, c), actual(c)); }

ConfusionMatrix confusion_matrix(const PredictionRows& rows, const Tensor& labels) {
  ConfusionMatrix matrix(rows.empty() ? 0 : static_cast<int64_t>(rows[0].size()));
  for (size_t i = 0; i < rows.size(); ++i) {
    const int32_t label = labels.as<int32_t>()[i];
    if (label >= 0 && label < matrix.classes()) matrix.add(label, std::ranges::max_element(rows[i]) - rows[i].begin());
  }
  return matrix;
}

std::vector<int64_t> worst_examples(const PredictionRows& rows, const Tensor& labels, int64_t count) {
  std::vector<int64_t> order(rows.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto belief = [&](int64_t i) {
    const auto at = static_cast<size_t>(i);
    const int32_t label = labels.as<int32_t>()[at];
    if (label < 0 || label >= std::ssize(rows[at])) return 2.0F;  // ignored: none is better
    const float probability = rows[at][static_cast<size_t>(label)];
    return std::isfinite(probability) ? probability : -1.0F;
  };
  std::ranges::stable_sort(order, {}, belief);
  order.resize(std::min(order.size(), static_cast<size_t>(count)));
  return order;
}

std::vector<size_t> ranking(const std::vector<float>& row, int64_t top) {
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), size_t{0});
  // NaN goes last: as it compares with nothing, sorting by it would have no order.
  const auto key = [&](size_t i) { return std::isnan(row[i]) ? -INFINITY : row[i]; };
  std::ranges::stable_sort(order, std::greater<>(), key);
  order.resize(std::min(order.size(), static_cast<size_t>(top)));
  return order;
}

}  // namespace minnow
