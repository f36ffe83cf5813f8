// Fresh parameters as the operands of drawn ops, and tensors to pass for them.
#pragma once

#include "interpreter/tensor.h"
#include "proof/op_cases.h"

namespace minnow::proof {

// Adds a parameter to a function for every operand that is asked for.
class ParameterSource : public OperandSource {
 public:
  // Dimensions are drawn from `extents`; element types are those of `dtypes` that the op accepts, if any.
  ParameterSource(Function& function, Rng& rng, std::vector<int64_t> extents, std::vector<DType> dtypes)
      : function_(function), rng_(rng), extents_(std::move(extents)), dtypes_(std::move(dtypes)) {}

  Shape shape(size_t rank) override;
  DType dtype(const std::vector<DType>& accepted) override;
  Value* operand(const TensorType& type, const Domain& domain) override;
  // Of each parameter, in order.
  const std::vector<Domain>& domains() const { return domains_; }

 private:
  Function& function_;
  Rng& rng_;
  std::vector<int64_t> extents_;
  std::vector<DType> dtypes_;
  std::vector<Domain> domains_;
};

enum class Numbers {
  kUniform,   // of the domain
  kWhole,     // whole numbers of the domain: sums of products are exact in whatever order
  kSpecial,   // one in two a zero of either sign, an infinity, NaN, a denormal or a number at the end of the
              // type's range
  kSingular,  // the same without large numbers, whose sums depend on the order
  // Floats between 1e-30 and 1e30 of either sign, whatever the domain: half of the tensors have one order of magnitude,
  // the others all; in one tensor of four one number in eight is as in kSingular.
  kExtreme,
};

Tensor draw_tensor(const TensorType& type, const Domain& domain, Numbers numbers, Rng& rng);
std::vector<Tensor> draw_arguments(const Function& function, const std::vector<Domain>& domains, Numbers numbers,
                                   Rng& rng);

}  // namespace minnow::proof
