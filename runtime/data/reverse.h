// REVERSE: sequences of digits to be given back from behind, a task for networks with attention or memory.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/data/dataset.h"

namespace minnow {

struct ReverseOptions {
  int64_t count = 0;
  int64_t length = 1;             // of the first input: that of a question, or, alone, of a question and its answer
  std::string answer_input = {};  // the second input, which is fed the answer so far; empty: there is none
  uint32_t seed = 0;
  uint32_t split = 0;  // 0 trains, 1 validates
};

// Tokens 1 to 10 are the digits, 0 is <go>. Alone x1 ... xL <go> xL ... x2 with the next tokens as labels, -1 within
// the question; with a second input x1 ... xL, that fed <go> xL ... x2, and the labels xL ... x1. Example i depends on
// (seed, split, i).
Dataset make_reverse(const ReverseOptions& options);

}  // namespace minnow
