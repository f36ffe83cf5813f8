// Random programs and random models, each run in every way that there is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proof/compare.h"

namespace minnow::proof {

struct FuzzCase {
  std::string text;  // the IR, or the model file
  bool is_model = false;
  bool is_body = false;  // what is around it is of no interest: no gradients, no training
  Subject subject;       // for a model: its training step
};

enum class CaseKind : uint8_t {
  kProgram,  // an IR program on numbers near 1, in the form that trains if it has weights
  kExtreme,  // an IR program on numbers from 1e-30 to 1e30, infinities, NaN and denormals
  kModel,    // a model that trains
  kBody,     // a function around fused ops with arbitrary bodies
  kLoop,     // a function around loops over blocks with arbitrary bodies
};
// Of five seeds, one is a model and one a program on extreme numbers.
CaseKind case_kind(uint32_t seed);

// The same seed and kind give the same case.
Result<FuzzCase> draw_case(uint32_t seed, CaseKind kind, const PlantedBug* bug = nullptr);
inline Result<FuzzCase> draw_case(uint32_t seed, const PlantedBug* bug = nullptr) {
  return draw_case(seed, case_kind(seed), bug);
}

struct FuzzOutcome {
  bool is_refused = false;              // a body that compiled code does not run, and says so
  std::vector<std::string> complaints;  // one line each; empty: all ways agree
  int undecided = 0;                    // results that rounding may move as far as they differ
};

// `pair` has two threads. With a `cpu`, as LLVM names it, all code is compiled for it.
FuzzOutcome run_case(const FuzzCase& drawn, uint32_t seed, ThreadPool& pair, const PlantedBug* bug = nullptr,
                     std::string_view cpu = {});

}  // namespace minnow::proof
