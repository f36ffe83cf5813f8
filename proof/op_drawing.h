// What the rows of the table of op cases share.
#pragma once

#include "proof/op_cases.h"

namespace minnow::proof {

const std::vector<DType>& all_dtypes();

// One op being drawn.
struct OpDrawing {
  OpKind kind;
  Builder& builder;
  OperandSource& source;
  Rng& rng;

  bool coin() { return draw(rng, 0, 1) == 1; }
  Shape shape(int64_t least_rank, int64_t most_rank) {
    return source.shape(static_cast<size_t>(draw(rng, least_rank, most_rank)));
  }
  int64_t extent(int64_t limit);             // of one dimension, in [1, limit]
  std::vector<int64_t> subset(size_t rank);  // of the dimensions, increasing
  Value* any_operand(const Shape& shape) { return source.operand({source.dtype(all_dtypes()), shape}, {}); }
  DType float_dtype() { return source.dtype({DType::kF32, DType::kF64}); }
};

// Contractions and windows (op_cases_contraction.cc).
Value* draw_dot(OpDrawing& d);
Value* draw_conv(OpDrawing& d);
Value* draw_window(OpDrawing& d);
// A loop, one of whose results it answers (op_cases_loop.cc).
Value* draw_loop(OpDrawing& d);

}  // namespace minnow::proof
