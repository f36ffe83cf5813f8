// What a trained network says of examples, and how that compares with the truth.
#pragma once

#include <vector>

#include "runtime/data/dataset.h"
#include "runtime/session.h"

namespace minnow {

// The network's outputs, a row for each example in order, whose labels nobody looks at; of a classifier probabilities
// by class, and by position where it tells a class at each. An output that is not finite is an Error with
// ExitCode::kMismatch that names the example and the first value that went bad.
using PredictionRows = std::vector<std::vector<float>>;
Result<PredictionRows> predict(Session& session, const Dataset& data);

// How often an example of class `actual` was taken for `predicted`.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(int64_t classes) : classes_(classes), counts_(static_cast<size_t>(classes * classes)) {}

  void add(int64_t actual, int64_t predicted) { ++counts_[static_cast<size_t>(actual * classes_ + predicted)]; }
  int64_t classes() const { return classes_; }
  int64_t count(int64_t actual, int64_t predicted) const {
    return counts_[static_cast<size_t>(actual * classes_ + predicted)];
  }
  int64_t actual(int64_t c) const;     // examples of the class
  int64_t predicted(int64_t c) const;  // examples taken for it
  double precision(int64_t c) const;   // share of those taken for it that are; NaN if there are none
  double recall(int64_t c) const;      // share of the class that is found; NaN if there are none

 private:
  int64_t classes_;
  std::vector<int64_t> counts_;
};

// `labels` are i32 [N]; what is no class of the rows, such as a label that is ignored, does not count.
ConfusionMatrix confusion_matrix(const PredictionRows& rows, const Tensor& labels);

// The examples whose right class was given the least probability, worst first.
std::vector<int64_t> worst_examples(const PredictionRows& rows, const Tensor& labels, int64_t count);

// The classes of a row, likeliest first, at most `top`.
std::vector<size_t> ranking(const std::vector<float>& row, int64_t top);

}  // namespace minnow
