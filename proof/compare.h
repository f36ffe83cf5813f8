// Holds the results of a way to run a subject against what the interpreter says.
#pragma once

#include <string>
#include <vector>

#include "proof/tolerance.h"

namespace minnow::proof {

// One result of one way: the element that is furthest off, over all steps, measured by what is allowed.
struct Comparison {
  std::string way;
  std::string name;       // of the result
  std::string_view kind;  // "output", "gradient", "weight", "state"
  DType dtype = DType::kF32;
  bool agrees = true;
  bool undecided = false;  // further off than is allowed, but rounding may move it as far
  int step = 0;            // from 0
  int64_t element = 0;     // row-major
  double expected = 0, actual = 0;
  double tolerance = 0;  // of |expected - actual|
  double relative = 0;   // |expected - actual| / the largest |expected| of the tensor
  double ulps = 0;       // |expected - actual| in units of the last place of expected
  // "jit -O0: gradient.w, step 1, element 3 is 0.5 instead of 0.25 (may differ by 1e-06)"
  std::string to_string() const;
  // "gradient.w, step 1, element 3 is 0.5 instead of 0.25"
  std::string what_differs() const;
};

Result<std::vector<Comparison>> compare(const Subject& subject, const Reference& reference, const Trace& trace,
                                        std::string_view way);
// Threads, ranks and schedules may not change a bit.
std::vector<Comparison> compare_bits(const Subject& subject, const WayTraces& traces, std::string_view way);

}  // namespace minnow::proof
