// What compiled code asks of a loop, which the interpreter does not: tile_batch makes no others, a person may.
#pragma once

#include "ir/function.h"

namespace minnow {

// An op that compiled code cannot run, and why: "has blocks of 4 examples".
struct OpFault {
  const Op* op = nullptr;
  std::string why;
  std::string hint = {};
};

inline constexpr std::string_view kSumIsLost = "sums over examples what the loop does not return";

// Blocks of kBlockExamples; ops that keep an example per index of dimension 0; sums over examples only as summed
// results, and each of them as one.
tl::expected<void, OpFault> check_block_loop(const Op& loop);

}  // namespace minnow
