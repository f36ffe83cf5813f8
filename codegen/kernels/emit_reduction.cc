#include "codegen/kernels/emit_reduction.h"

#include <algorithm>

#include "codegen/element/accumulate.h"
#include "codegen/kernels/register_tile.h"

namespace minnow {
namespace {

using V = llvm::Value*;

class LaneReduction {
 public:
  LaneReduction(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*work.main), shape_(op_.operands[0]->type.shape), dtype_(op_.type().dtype),
        emitter_(kernel, storage, work.inside, kernel.target().lanes) {
    dims_ = op_.attr<DimsAttributes>().dims;
    std::ranges::sort(dims_);
    KernelWork operand = work;
    operand.inside.erase(&op_);
    separate_ = loop_boundaries(storage, operand, shape_, {op_.operands[0]}, emitter_);
  }

  WorkUnits emit();

 private:
  bool is_reduced(int64_t dim) const { return std::ranges::binary_search(dims_, dim); }
  Position unit_position(V unit);
  V reduce(Position at);
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

Position LaneReduction::unit_position(V unit) {
  Position at(shape_.size(), emitter_.constant(0));
  Coord rest = emitter_.uniform(unit);
  for (size_t i = shape_.size(); i-- > 0;) {
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

WorkUnits LaneReduction::emit() {
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
    emitter_.forget();
    V result = reduce(unit_position(unit));
    emitter_.store(kernel_.buffer(work_.outputs[0].buffer), dtype_, emitter_.uniform(unit), emitter_.splat(result));
  });
  return {op_.type().elements(), true};
}

}  // namespace

WorkUnits emit_reduction_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  const Op& op = *work.main;
  const auto& dims = op.attr<DimsAttributes>().dims;
  const int64_t rank = op.operands[0]->type.rank();
  const bool inner_reduced = rank > 0 && std::ranges::find(dims, rank - 1) != dims.end();
  if (inner_reduced) return LaneReduction(kernel, storage, work).emit();
  LoopOptions options;
  options.chunk = &kColumnsOfUnit;
  return emit_loop_kernel(kernel, storage, work, options);
}

}  // namespace minnow
