// How far two correct ways to compute a program may be apart.
//
// Every result has a length n: the most roundings in a row on a way from the parameters to it, where a sum of k terms
// counts k. Two ways may differ by
//
//   eps (32 + 4 sqrt n) max|x|  +  16 max|x32 - x64|
//
// where there is a sum on the way, each maximum over the tensor, and where there is none by as much of each element:
//
//   eps (32 + 4 sqrt n) |x|  +  16 |x32 - x64|  +  64 of the smallest number there is
//
// An element that is infinite or NaN both in x32 and in x64 must be that; one that is in only one of them may be
// anything.
//
// Here eps = 2^-23 (2^-52 in f64), x64 the result of the interpreter in double, x32 in f32: what rounding at random
// gives (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 2.8), and a few times what the
// interpreter is itself off by, which says how the program magnifies it. Where that is exceeded, the program is run
// again with every op's result disturbed by a rounding (Parker, "Monte Carlo Arithmetic", 1997): an element that
// such disturbances move as far is undecided, such as one behind a comparison of numbers that are equal but for
// rounding.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "proof/subject.h"

namespace minnow::proof {

// Between elements of tensors of one shape, leaving out those that are not finite.
double largest_difference(const Tensor& a, const Tensor& b);
double largest_magnitude(const Tensor& tensor);

// Terms that one element of an op's result is a sum of; 1 if it is none.
int64_t sum_length(const Op& op);
// On the ways from the parameters to a value.
struct Roundings {
  int64_t length = 0;    // n
  bool has_sum = false;  // or a body, which is not looked into
};
std::unordered_map<const Value*, Roundings> count_roundings(const Function& function);

// What a subject means, and how certain f32 makes that.
class Reference {
 public:
  static Result<Reference> create(const Subject& subject);

  const Trace& single() const { return single_; }
  // In double where the result is a float that may be rounded, else in its own type.
  const Tensor& expected(size_t step, size_t result) const;
  bool is_exact(size_t step, size_t result) const;
  // Whether f32 says what the result is (open_results.h).
  bool is_open(size_t step, size_t result) const { return open_[step][result]; }
  // Of each element, row-major: infinite where it may be anything.
  std::vector<double> tolerances(size_t step, size_t result) const;
  int64_t length(size_t result) const { return roundings_[result].length; }

  // How far disturbances move an element; infinite if they make a number of what is none.
  Result<double> unsteadiness(size_t step, size_t result, size_t element) const;

 private:
  explicit Reference(const Subject& subject) : subject_(&subject) {}
  Result<Trace> disturbed(uint32_t seed) const;

  const Subject* subject_;
  Trace single_, wide_;
  std::vector<Roundings> roundings_;      // of each result
  std::vector<std::vector<bool>> open_;   // of each step's results
  mutable std::vector<Trace> disturbed_;  // made when first asked for
};

}  // namespace minnow::proof
