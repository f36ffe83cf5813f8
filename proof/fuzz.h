// Random programs and random models, each run in every way that there is.
#pragma once

#include <string>
#include <vector>

#include "proof/compare.h"

namespace minnow::proof {

struct FuzzCase {
  std::string text;  // the IR, or the model file
  bool is_model = false;
  Subject subject;  // for a model: its training step
};

// Every fifth seed is a model. The same seed gives the same case.
Result<FuzzCase> draw_case(uint32_t seed, const PlantedBug* bug = nullptr);

struct FuzzOutcome {
  std::vector<std::string> complaints;  // one line each; empty: all ways agree
  int undecided = 0;                    // results that rounding may move as far as they differ
};

// `pair` has two threads.
FuzzOutcome run_case(const FuzzCase& drawn, uint32_t seed, ThreadPool& pair, const PlantedBug* bug = nullptr);

}  // namespace minnow::proof
