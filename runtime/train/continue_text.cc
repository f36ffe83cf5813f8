#include "runtime/train/continue_text.h"

#include <algorithm>
#include <cmath>

#include "ir/random.h"
#include "runtime/random_streams.h"
#include "runtime/train/diagnose.h"

namespace minnow {
namespace {

Status check_tells_next(const Session& session) {
  const LoweredModel& network = session.lowered();
  const TensorType& fed = network.inputs[0].type;
  const bool is_one_sequence = network.inputs.size() == 1 && fed.dtype == DType::kI32 && fed.rank() == 2;
  if (is_one_sequence && network.labels_positions && network.targets[0].type.shape == fed.shape) return {};
  return fail(session.model().path, "does not tell the next token at each position of a sequence");
}

int32_t likeliest(std::span<const float> probabilities) {
  return static_cast<int32_t>(std::ranges::max_element(probabilities) - probabilities.begin());
}

// By probabilities raised to 1 / temperature, relative to the largest, so that not all become 0.
int32_t drawn(std::span<const float> probabilities, double temperature, double uniform) {
  const double largest = std::ranges::max(probabilities);
  std::vector<double> sums;
  double sum = 0;
  for (const float probability : probabilities)
    sums.push_back(sum += std::pow(static_cast<double>(probability) / largest, 1 / temperature));
  const auto found = std::ranges::upper_bound(sums, uniform * sum);
  return found == sums.end() ? likeliest(probabilities) : static_cast<int32_t>(found - sums.begin());
}

}  // namespace

Result<std::vector<int32_t>> continue_tokens(Session& session, std::vector<int32_t> given,
                                             const ContinueOptions& options) {
  MINNOW_TRY(check_tells_next(session));
  const InputInfo& input = session.lowered().inputs[0];
  const auto length = static_cast<size_t>(input.type.dim(1));
  const auto classes = static_cast<size_t>(session.lowered().classes);
  const RandomSequence random{options.seed, kContinueStream, 0};
  Batch batch;
  Tensor& fed = batch.tensors.emplace(input.name, Tensor::zeros({DType::kI32, {1, input.type.dim(1)}})).first->second;
  for (int64_t i = 0; i < options.count; ++i) {
    const size_t seen = std::min(given.size(), length);
    std::ranges::copy(std::span(given).last(seen), fed.as<int32_t>().begin());
    MINNOW_ASSIGN(const Tensor* prediction, session.infer(batch));
    if (first_bad_element(*prediction))
      return tl::unexpected(
          not_finite(session, {session.model().path, "the prediction is not finite", {}}, "infer", batch));
    const auto next = prediction->as<float>().subspan((seen - 1) * classes, classes);
    given.push_back(options.temperature == 0
                        ? likeliest(next)
                        : drawn(next, options.temperature, random.uniform(static_cast<uint64_t>(i))));
  }
  return given;
}

}  // namespace minnow
