// How the elements of a weight lie in a tensor of another framework: a dense layer's [inputs,units] as [units,inputs].
#pragma once

#include <optional>
#include <vector>

#include "interpreter/tensor.h"

namespace minnow {

struct Arrangement {
  Shape split;                          // the weight, with dimensions cut into several where their parts move
  std::vector<int64_t> order;           // dimension i of the tensor is dimension order[i] of `split`
  Shape theirs;                         // the tensor, where dimensions may be joined again
  std::optional<int64_t> swapped = {};  // along this dimension of `split`, elements 0 and 1 change places

  // Whether every element stays where it is.
  bool is_same() const;
  // "", "transposed", "in another order": for reports.
  std::string_view description() const;
};

// f32 tensors both. The weight has `shape`, of as many elements as the arrangement.
Tensor to_theirs(const Tensor& ours, const Arrangement& arrangement);
Tensor to_ours(const Tensor& theirs, const Arrangement& arrangement, const Shape& shape);

}  // namespace minnow
