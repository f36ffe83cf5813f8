#include "codegen/kernels/emit_reduction.h"

#include <algorithm>

#include "codegen/element/accumulate.h"
#include "codegen/kernels/lane_argmax.h"
#include "codegen/kernels/register_tile.h"
#include "passes/group/kernel_form.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kManyColumns{"columns that are summed up in long pieces", 1024};
constexpr int64_t kVectorsOfPiece = 8;  // whose sums are in registers

class LaneReduction {
 public:
  LaneReduction(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*work.main), shape_(op_.operands[0]->type.shape), dtype_(op_.type().dtype),
        emitter_(kernel, storage, work.inside, kernel.target().lanes) {
    dims_ = reduced_dims(op_);
    KernelWork operand = work;
    operand.inside.erase(&op_);
    separate_ = loop_boundaries(storage, operand, shape_, {op_.operands[0]}, emitter_);
  }

  WorkUnits emit();

 private:
  bool is_reduced(int64_t dim) const { return std::ranges::binary_search(dims_, dim); }
  Position unit_position(V unit, size_t dims);
  WorkUnits emit_rows();
  WorkUnits emit_columns();
  V reduce(Position at);
  V find_largest(Position at);
  void reduce_columns(Position at, V first, V place, int64_t vectors);
  V combine(V before, V element) {
    return op_.kind == OpKind::kReduceMax ? emitter_.math().max(dtype_, element, before)
                                          : emitter_.math().add(dtype_, before, element);
  }
  double start() const { return op_.kind == OpKind::kReduceSum ? 0 : lowest(dtype_); }

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& op_;
  const Shape& shape_;
  DType dtype_;
  ElementEmitter emitter_;
  std::vector<int64_t> dims_;
  std::vector<bool> separate_;
};

// Digits of a unit's number over the kept ones of the first `dims` dimensions.
Position LaneReduction::unit_position(V unit, size_t dims) {
  Position at(shape_.size(), emitter_.constant(0));
  Coord rest = emitter_.uniform(unit);
  for (size_t i = dims; i-- > 0;) {
    if (is_reduced(static_cast<int64_t>(i))) continue;
    at[i] = emitter_.remainder(rest, shape_[i]);
    rest = emitter_.divide(rest, shape_[i]);
  }
  return at;
}

// The innermost reduced dimensions that run as one are the vector loop, the others loops around it.
V LaneReduction::reduce(Position at) {
  const size_t last = shape_.size() - 1;
  size_t inner = last;
  int64_t extent = shape_[last];
  while (inner > 0 && is_reduced(static_cast<int64_t>(inner) - 1) && !separate_[inner - 1]) extent *= shape_[--inner];
  std::vector<int64_t> outer;
  for (int64_t dim : dims_) {
    if (dim < static_cast<int64_t>(inner)) outer.push_back(dim);
  }
  llvm::Type* type = emitter_.type_of(dtype_);
  V sum = kernel_.stack(type);
  kernel_.ir().CreateStore(emitter_.constant_of(dtype_, start()), sum);
  emitter_.loops(shape_, outer, at, [&] {
    emitter_.lanes_loop(kernel_.index(0), kernel_.index(extent), [&](const Coord& lane) {
      at[last] = lane;
      V before = kernel_.ir().CreateLoad(type, sum);
      V after = combine(before, emitter_.emit(op_.operands[0], at));
      if (emitter_.mask() != nullptr) after = kernel_.ir().CreateSelect(emitter_.mask(), after, before);
      kernel_.ir().CreateStore(after, sum);
    });
  });
  return combine_lanes(kernel_.ir(), kernel_.ir().CreateLoad(type, sum), [&](V a, V b) { return combine(a, b); });
}

V LaneReduction::find_largest(Position at) {
  LaneArgMax largest(emitter_, op_.operands[0]->type.dtype);
  emitter_.lanes_loop(kernel_.index(0), kernel_.index(shape_.back()), [&](const Coord& lane) {
    at.back() = lane;
    largest.take(lane, emitter_.emit(op_.operands[0], at));
  });
  return largest.place();
}

WorkUnits LaneReduction::emit_rows() {
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
    emitter_.forget();
    const Position at = unit_position(unit, shape_.size());
    V result = op_.kind == OpKind::kArgMax ? find_largest(at) : reduce(at);
    emitter_.store(kernel_.buffer(work_.outputs[0].buffer), dtype_, emitter_.uniform(unit), emitter_.splat(result));
  });
  return {op_.type().elements(), true, grid_of_rows(op_.type().elements(), 1, 1)};
}

// Vectors run along the innermost kept dimensions, as many as may run as one. A unit goes through the rows once for all
// of its columns, so that of each it reads a long piece.
WorkUnits LaneReduction::emit_columns() {
  const size_t last = shape_.size() - 1;
  size_t inner = last;
  int64_t columns = shape_[last];
  while (inner > 0 && !is_reduced(static_cast<int64_t>(inner) - 1) && !separate_[inner - 1]) columns *= shape_[--inner];
  const int64_t chunk = columns < kManyColumns ? kColumnsOfUnit : kVectorsOfPiece * emitter_.lanes();
  const int64_t chunks = chunk == kColumnsOfUnit ? kColumnsOfUnit.parts(columns) : ceil_div(columns, chunk);
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
    emitter_.forget();
    const Coord block = emitter_.divide(emitter_.uniform(unit), chunks);
    const Position at = unit_position(emitter_.index_of(block), inner);
    V start = emitter_.index_of(emitter_.scale(block, columns));
    V from = emitter_.index_of(emitter_.scale(emitter_.remainder(emitter_.uniform(unit), chunks), chunk));
    V to = kernel_.ir().CreateBinaryIntrinsic(llvm::Intrinsic::smin, kernel_.index(columns),
                                              kernel_.ir().CreateAdd(from, kernel_.index(chunk)));
    V whole = kernel_.ir().CreateSelect(
        kernel_.ir().CreateICmpEQ(kernel_.ir().CreateSub(to, from), kernel_.index(chunk)), to, from);
    kernel_.loop(from, whole, chunk, [&](V first) { reduce_columns(at, first, start, chunk / emitter_.lanes()); });
    emitter_.lanes_loop(whole, to, [&](const Coord& lane) { reduce_columns(at, emitter_.index_of(lane), start, 1); });
  });
  const int64_t blocks = op_.type().elements() / std::max<int64_t>(columns, 1);
  return {blocks * chunks, true, {{blocks, columns}, {{0, 1}, {1, chunk}}}};
}

// `vectors` of columns from `first` on, whose results lie from `place` on.
void LaneReduction::reduce_columns(Position at, V first, V place, int64_t vectors) {
  std::vector<Accumulator> sums;
  std::vector<Coord> columns;
  for (int64_t i = 0; i < vectors; ++i) {
    sums.emplace_back(emitter_, dtype_, start());
    columns.push_back(emitter_.offset(emitter_.lane(first), i * emitter_.lanes()));
  }
  emitter_.loops(shape_, dims_, at, [&] {
    for (size_t i = 0; i < sums.size(); ++i) {
      at.back() = columns[i];
      sums[i].set(combine(sums[i].get(), emitter_.emit(op_.operands[0], at)));
    }
  });
  for (size_t i = 0; i < sums.size(); ++i)
    emitter_.store(kernel_.buffer(work_.outputs[0].buffer), dtype_, emitter_.add(columns[i], emitter_.uniform(place)),
                   sums[i].get());
  emitter_.forget();
}

WorkUnits LaneReduction::emit() {
  return is_reduced(static_cast<int64_t>(shape_.size()) - 1) ? emit_rows() : emit_columns();
}

// Elements of the innermost dimensions, as far as they are reduced.
int64_t innermost_reduced(const Shape& shape, const std::vector<int64_t>& dims) {
  int64_t count = 1;
  for (int64_t dim = std::ssize(shape); dim-- > 0 && std::ranges::binary_search(dims, dim);)
    count *= shape[static_cast<size_t>(dim)];
  return count;
}

}  // namespace

WorkUnits emit_reduction_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  const Op& op = *work.main;
  const std::vector<int64_t> dims = reduced_dims(op);
  const int64_t rank = op.operands[0]->type.rank();
  const bool inner_reduced = rank > 0 && std::ranges::find(dims, rank - 1) != dims.end();
  const bool is_narrow = inner_reduced && innermost_reduced(op.operands[0]->type.shape, dims) < kernel.target().lanes;
  const bool has_columns = op.kind != OpKind::kArgMax && op.type().elements() > 0 && op.type().rank() > 0;
  if (inner_reduced ? !is_narrow : has_columns) return LaneReduction(kernel, storage, work).emit();
  LoopOptions options;
  options.chunk = &kColumnsOfUnit;
  return emit_loop_kernel(kernel, storage, work, options);
}

}  // namespace minnow
