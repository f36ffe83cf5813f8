#include "runtime/train/generate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "ir/random.h"
#include "runtime/random_streams.h"
#include "runtime/train/diagnose.h"

namespace minnow {
namespace {

// The tokens that may be chosen, in order; likeliest first where only some may.
std::vector<size_t> candidates(std::span<const float> logits, const SamplingOptions& options) {
  std::vector<size_t> tokens(logits.size());
  std::iota(tokens.begin(), tokens.end(), size_t{0});
  const bool is_limited = options.top_k > 0 && options.top_k < std::ssize(logits);
  if (!is_limited && options.top_p >= 1) return tokens;
  std::ranges::stable_sort(tokens, std::greater<>(), [&](size_t token) { return logits[token]; });
  if (is_limited) tokens.resize(static_cast<size_t>(options.top_k));
  return tokens;
}

}  // namespace

int32_t choose_token(std::span<const float> logits, const SamplingOptions& options, uint64_t index) {
  const auto likeliest = std::ranges::max_element(logits);
  if (options.temperature == 0) return static_cast<int32_t>(likeliest - logits.begin());
  std::vector<size_t> tokens = candidates(logits, options);
  std::vector<double> sums;  // of probabilities so far, up to a factor
  double sum = 0;
  for (const size_t token : tokens)
    sums.push_back(sum += std::exp((static_cast<double>(logits[token]) - *likeliest) / options.temperature));
  if (options.top_p < 1) {
    const auto enough = std::ranges::lower_bound(sums, options.top_p * sum) - sums.begin();
    sums.resize(std::min(sums.size(), static_cast<size_t>(enough) + 1));
  }
  const RandomSequence random{options.seed, kGenerateStream, 0};
  const auto drawn = std::ranges::upper_bound(sums, random.uniform(index) * sums.back());
  if (drawn == sums.end()) return static_cast<int32_t>(likeliest - logits.begin());
  return static_cast<int32_t>(tokens[static_cast<size_t>(drawn - sums.begin())]);
}

Result<std::unique_ptr<Generator>> Generator::create(Session& session) {
  std::unique_ptr<Generator> generator(new Generator(session));
  MINNOW_ASSIGN(generator->executable_, session.executable(ModelFunction::kGenerate, 1));
  MINNOW_TRY(generator->bind());
  return generator;
}

Status Generator::bind() {
  for (const auto& parameter : executable_->function().parameters()) {
    if (parameter->role == Role::kInput) {
      arguments_.push_back(&token_);
    } else if (parameter->role == Role::kScalar) {
      arguments_.push_back(&position_);
      context_ = session_.input_type().dim(1);
    } else if (parameter->role == Role::kState) {
      arguments_.push_back(&memories_.emplace(parameter->name, Tensor::zeros(parameter->type)).first->second);
    } else {
      const auto found = session_.tensors().find(parameter->name);
      MINNOW_CHECK(found != session_.tensors().end(), "there is no weight \"{}\"", parameter->name);
      arguments_.push_back(&found->second);
    }
  }
  return {};
}

void Generator::forget() {
  position_.as<int32_t>()[0] = 0;
  for (auto& [name, tensor] : memories_) std::ranges::fill(tensor.as<float>(), 0.0F);
}

Status Generator::step(int32_t token) {
  token_.as<int32_t>()[0] = token;
  MINNOW_TRY(session_.run(*executable_, arguments_));
  ++position_.as<int32_t>()[0];
  return {};
}

Result<std::span<const float>> Generator::feed(int32_t token) {
  if (context_ > 0 && std::ssize(seen_) == context_) {
    forget();
    seen_.erase(seen_.begin(), seen_.end() - context_ / 2);
    for (const int32_t earlier : seen_) MINNOW_TRY(step(earlier));
  }
  if (context_ > 0) seen_.push_back(token);
  MINNOW_TRY(step(token));
  const Tensor& logits = executable_->result("logits");
  if (const auto bad = first_bad_element(logits))
    return tl::unexpected(Error{session_.model().where(""),
                                fmt::format("the scores of the next token are not finite: {}", bad->to_string()),
                                {},
                                ExitCode::kMismatch});
  return logits.as<float>();
}

}  // namespace minnow
