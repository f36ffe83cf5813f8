// How far two correct ways to compute a program may be apart.
//
// Every result has a length n: the most roundings in a row on a way from the parameters to it, where a sum of k terms
// counts k. Two ways may differ by
//
//   eps (32 + 4 sqrt n) max|x|  +  16 max|x32 - x64|
//
// with eps = 2^-23 (2^-52 in f64), x64 the result of the interpreter in double, x32 in f32: what rounding at random
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
// The length n of every value.
std::unordered_map<const Value*, int64_t> rounding_lengths(const Function& function);

// What a subject means, and how certain f32 makes that.
class Reference {
 public:
  static Result<Reference> create(const Subject& subject);

  const Trace& single() const { return single_; }
  // In double where the result is a float that may be rounded, else in its own type.
  const Tensor& expected(size_t step, size_t result) const;
  bool is_exact(size_t step, size_t result) const;
  double tolerance(size_t step, size_t result) const { return tolerances_[step][result]; }
  int64_t length(size_t result) const { return lengths_[result]; }

  // How far disturbances move an element; infinite if they make a number of what is none.
  Result<double> unsteadiness(size_t step, size_t result, size_t element) const;

 private:
  explicit Reference(const Subject& subject) : subject_(&subject) {}
  double tolerance_of(size_t step, size_t result) const;
  Result<Trace> disturbed(uint32_t seed) const;

  const Subject* subject_;
  Trace single_, wide_;
  std::vector<int64_t> lengths_;
  std::vector<std::vector<double>> tolerances_;
  mutable std::vector<Trace> disturbed_;  // made when first asked for
};

}  // namespace minnow::proof
