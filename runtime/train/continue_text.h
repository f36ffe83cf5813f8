// A network that tells the next token of a sequence, asked again and again.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/session.h"

namespace minnow {

struct ContinueOptions {
  int64_t count = 100;     // tokens to add
  double temperature = 0;  // 0 takes the likeliest; else drawn by probabilities raised to 1 / temperature
  uint32_t seed = 0;
};

// `given`, at least one token, with `count` more. The network sees as many of the last tokens as it takes; where there
// are fewer, it is asked at the position of the last, which means something if no position sees those behind it. An
// error if it is no such network.
Result<std::vector<int32_t>> continue_tokens(Session& session, std::vector<int32_t> given,
                                             const ContinueOptions& options);

}  // namespace minnow
