// All ways to run one subject, side by side.
#pragma once

#include <vector>

#include "proof/compare.h"

namespace minnow::proof {

struct Proof {
  std::vector<Way> ways;
  // One row per result of the subject, in that order; in a row, one comparison per way.
  std::vector<std::vector<Comparison>> rows;
  std::vector<int64_t> lengths;  // of the results, see tolerance.h
  bool agrees() const;
};

// Interpreted in f32, compiled with -O0, compiled, compiled and unfused, held against the interpreter in double;
// compiled on two threads, and once among three ranks, held against one. Compiled for `cpu`, as LLVM names it; empty:
// the host's.
Result<Proof> prove(const Subject& subject, ThreadPool& pair, std::string_view cpu = {});

}  // namespace minnow::proof
