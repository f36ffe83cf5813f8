// How good a network is on some data.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/train/evaluate.h"
#include "runtime/train/predict.h"

namespace minnow {

struct Assessment {
  Evaluation evaluation;
  // Of a network that tells one class for each example; otherwise there is none of these.
  PredictionRows rows;
  std::optional<ConfusionMatrix> confusion;  // who was taken for whom
  std::vector<std::string> class_names;      // one for each class of the network, though the data may know fewer
};

Result<Assessment> assess(Session& session, const Dataset& dataset);

}  // namespace minnow
