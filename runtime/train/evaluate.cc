#include "runtime/train/evaluate.h"

#include <algorithm>
#include <cmath>

#include "runtime/cluster/agreement.h"
#include "runtime/data/batch.h"
#include "runtime/train/diagnose.h"

namespace minnow {
namespace {

TensorType with_rows(TensorType type, int64_t rows) {
  type.shape[0] = rows;
  return type;
}

// Bytes in place of f32: they are as good where numbers are fed.
TensorType bytes_of(TensorType type) {
  if (type.dtype == DType::kF32) type.dtype = DType::kU8;
  return type;
}

Status check_type(const Dataset& split, const std::string& what, const Tensor& found, const TensorType& wanted) {
  const TensorType expected = with_rows(wanted, found.dim(0));
  if (found.type() == expected || found.type() == bytes_of(expected)) return {};
  return fail(split.name, "the {} are {}, but the network is built for {}", what, found.type().to_string(),
              expected.to_string());
}

Status check_other(const Dataset& split, const std::string& name, const TensorType& wanted) {
  const auto found = split.others.find(name);
  if (found == split.others.end()) return fail(split.name, "has nothing for \"{}\"", name);
  return check_type(split, fmt::format("values of \"{}\"", name), found->second, wanted);
}

}  // namespace

Status check_inputs_fit(const Session& session, const Dataset& data) {
  const std::vector<InputInfo>& inputs = session.lowered().inputs;
  MINNOW_TRY(check_type(data, "examples", data.examples, inputs[0].type));
  for (size_t i = 1; i < inputs.size(); ++i) MINNOW_TRY(check_other(data, inputs[i].name, inputs[i].type));
  return {};
}

Status check_data_fits(const Session& session, const DataSplits& data) {
  const std::vector<TargetInfo>& targets = session.lowered().targets;
  for (const Dataset* split : {&data.train, &data.validation}) {
    MINNOW_TRY(check_inputs_fit(session, *split));
    if (!targets.empty()) MINNOW_TRY(check_type(*split, "targets", split->labels, targets[0].type));
    for (size_t i = 1; i < targets.size(); ++i) MINNOW_TRY(check_other(*split, targets[i].name, targets[i].type));
  }
  return {};
}

Status check_fills_batch(const Session& session, const Dataset& data) {
  const int64_t batch_size = session.model().model.training().batch_size();
  const int64_t examples = std::ssize(rows_in_order(data));
  if (!session.lowered().has_fixed_batch || examples >= batch_size) return {};
  return fail(data.name, "has {} examples, but the program takes {} at a time", examples, batch_size);
}

int64_t evaluated_examples(const Session& session, const Dataset& data) {
  const int64_t examples = std::ssize(rows_in_order(data));
  return session.lowered().has_fixed_batch ? examples - examples % session.model().model.training().batch_size()
                                           : examples;
}

Evaluation mean_of(const Session& session, const BatchOutcome& sums) {
  const double weight = std::max(sums.weight, 1.0);
  return {sums.loss / weight, sums.correct / (weight * static_cast<double>(session.lowered().predictions_per_example))};
}

Result<Evaluation> evaluate(Session& session, const Dataset& data, InterruptFlag interrupt, Communicator* ranks) {
  MINNOW_TRY(check_fills_batch(session, data));
  std::vector<int32_t> order = rows_in_order(data);
  order.resize(static_cast<size_t>(evaluated_examples(session, data)));
  const auto batch_size = static_cast<size_t>(session.model().model.training().batch_size());
  Batch batch;
  BatchOutcome total;
  for (size_t begin = 0; begin < order.size(); begin += batch_size) {
    MINNOW_ASSIGN(const bool stops, any_of(ranks, is_interrupted(interrupt)));
    if (stops) return interrupted();
    const auto rows = std::span(order).subspan(begin, std::min(batch_size, order.size() - begin));
    MINNOW_ASSIGN(const RowsRead* reads, session.rows_read(ModelFunction::kEvaluate, std::ssize(rows)));
    MINNOW_TRY(fill_batch(session.lowered(), data, rows, BatchParts::kAll, batch, *reads));
    MINNOW_ASSIGN(const BatchOutcome outcome, session.evaluate(batch));
    if (!std::isfinite(outcome.loss)) {
      MINNOW_TRY(fill_batch(session.lowered(), data, rows, BatchParts::kAll, batch));
      return tl::unexpected(not_finite(session, {data.name, "the loss is not finite", {}}, "evaluate", batch));
    }
    total.loss += outcome.loss;
    total.correct += outcome.correct;
    total.weight += outcome.weight;
  }
  return mean_of(session, total);
}

}  // namespace minnow
