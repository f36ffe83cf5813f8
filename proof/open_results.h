// Which results f32 leaves open: there the order of a sum, or how a convolution treats its edge, decides.
//
// A sum is open where its partial sums may overflow, which depends on their order. A convolution is open where an
// operand is not finite: whether the zeros around an image are multiplied by the filter, and make NaN of an infinite
// weight, is not promised (docs/ir.md). A sum of exponentials is open where it leaves the range of f32 in any row,
// since stabilize-softmax keeps it within. A loop, whose body may do all of that many times, is open where a number
// that goes in or comes out is infinite, NaN or very large. What is computed from something open is open.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "interpreter/tensor.h"
#include "ir/function.h"

namespace minnow::proof {

// Looks on while the interpreter runs `function` in double, a step at a time.
class OpenResults {
 public:
  explicit OpenResults(const Function& function) : function_(function) {}

  void begin_step(std::span<const Tensor> arguments);
  void see(const Op& op, std::span<const Tensor> results);
  // Of each result, once a step is over.
  std::vector<bool> of_step() const;

 private:
  struct Range {
    double largest = 0;  // of the finite elements
    bool is_finite = true;
    bool is_tiny = false;  // an element is less than any normal f32
    bool is_open = false;
  };
  static Range range_of(const Tensor& tensor);
  static bool is_moderate(const Range& range);
  bool is_open(const Op& op) const;
  double largest_sum(const Op& op) const;

  const Function& function_;
  std::unordered_map<const Value*, Range> ranges_;
};

}  // namespace minnow::proof
