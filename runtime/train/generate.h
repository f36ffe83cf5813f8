// Text from a network that tells the next token of a sequence. Its function @generate (see lower_generation) is
// compiled once and takes one token a step, so that a step costs the same wherever in a text it is.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/session.h"

namespace minnow {

// How the next token is chosen by the scores of all.
struct SamplingOptions {
  double temperature = 0.8;  // at least 0: scores are divided by it, then go through softmax; 0 takes the likeliest
  int64_t top_k = 0;         // only the k likeliest tokens; 0: all
  double top_p = 1;          // only the likeliest tokens that together have this probability
  uint32_t seed = 0;
};

// The choice for token `index` of a text, by a random number that depends on seed and index alone. `logits` is not
// empty and finite. Of two tokens that are equally likely the first comes before the other.
int32_t choose_token(std::span<const float> logits, const SamplingOptions& options, uint64_t index);

class Generator {
 public:
  // `session` must outlive it. A network that cannot go token by token is an error that says which layer is why.
  static Result<std::unique_ptr<Generator>> create(Session& session);

  // One more token of the text; the scores of what comes next. Where the network takes no more positions, it forgets
  // all, and the last half of them is fed to it again. A score that is not finite is an Error with ExitCode::kMismatch.
  Result<std::span<const float>> feed(int32_t token);

  // Positions that the network takes before it forgets; 0: any number.
  int64_t context() const { return context_; }

 private:
  explicit Generator(Session& session) : session_(session) {}
  Status bind();
  Status step(int32_t token);
  void forget();

  Session& session_;
  Executable* executable_ = nullptr;
  int64_t context_ = 0;
  std::deque<int32_t> seen_;  // of a network with a context: the tokens since it last forgot
  Tensor token_ = Tensor::zeros({DType::kI32, {1, 1}});
  Tensor position_ = Tensor::zeros({DType::kI32, {}});
  std::map<std::string, Tensor> memories_;
  std::vector<Tensor*> arguments_;
};

}  // namespace minnow
