#include "codegen/kernels/contraction_kernel.h"

#include <algorithm>

#include "ir/threshold.h"
#include "ir/walk.h"

namespace minnow {
namespace {

const Threshold kCyclesOfTile{"cycles of a tile in which a line of memory arrives", 200};
const Threshold kManyOps{"ops behind a sum that a tile has in a loop", 3};
constexpr int64_t kEpilogueParts = 2;  // of the second-level cache: what takes more than one has left it

}  // namespace

ContractionKernel::ContractionKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                                     const std::vector<Contraction>& phases)
    : kernel_(kernel), ir_(kernel.ir()), storage_(storage), work_(work), op_(*work.main), phases_(phases),
      emitter_(kernel, storage, work.inside, kernel.target().lanes), first_(phases[0].axes.size(), kernel.index(0)),
      count_(first_.size(), nullptr), range_(first_.size()) {}

Position ContractionKernel::position_of(const AffineMap& map, const Axes& axes) {
  Axes from_start = axes;
  for (const AffineCoord& coord : map)
    for (const auto& [axis, scale] : coord.terms)
      from_start[axis] = emitter_.add(axes[axis], emitter_.uniform(first_[axis]));
  return position_at(emitter_, map, from_start);
}

void ContractionKernel::count_through(Position& at, size_t dim, const Coord& place, const std::vector<bool>& separate) {
  const Shape& shape = op_.type().shape;
  bool is_separate = false;
  for (size_t d = dim; d + 1 < shape.size(); ++d) is_separate |= separate[d];
  Coord rest = place;
  for (size_t d = shape.size(); d-- > dim;) {
    if (!is_separate) {
      at[d] = d + 1 == shape.size() ? place : emitter_.constant(0);
      continue;
    }
    at[d] = d == dim ? rest : emitter_.remainder(rest, shape[d]);
    rest = emitter_.divide(rest, shape[d]);
  }
}

std::vector<bool> ContractionKernel::boundaries_of_epilogue() {
  KernelWork epilogue = work_;
  epilogue.inside.erase(&op_);
  std::vector<const Value*> roots;
  for (const KernelOutput& output : work_.outputs) roots.push_back(output.value);
  return loop_boundaries(storage_, epilogue, op_.type().shape, roots, emitter_);
}

ContractionKernel::Place ContractionKernel::place_of(const Operand& operand, const Contraction& phase,
                                                     const Axes& axes) {
  const AffineMap& map = phase.*operand.map;
  int64_t start = 0;
  for (size_t d = 0; d < map.size(); ++d) start += (map[d].offset - operand.shape[d].low) * operand.shape[d].stride;
  Place place{emitter_.constant(start), emitter_.constant(0)};
  for (size_t i = 0; i < axes.size(); ++i) {
    int64_t stride = 0;
    for (size_t d = 0; d < map.size(); ++d) stride += map[d].scale_of(i) * operand.shape[d].stride;
    Coord& sum = phase.axes[i].kind == Axis::Kind::kDepth ? place.inner : place.outer;
    if (stride != 0) sum = emitter_.add(emitter_.scale(axes[i], stride), sum);
  }
  return place;
}

llvm::Value* ContractionKernel::read(const Operand& operand, const Contraction& phase, const Axes& axes) {
  if (operand.base == nullptr) return emitter_.emit(operand.value, position_of(phase.*operand.map, axes));
  const auto [outer, inner] = place_of(operand, phase, axes);
  V start = emitter_.element_address(operand.base, ir_.getFloatTy(), {outer.variable});
  return emitter_.load(start, DType::kF32, emitter_.add(inner, {nullptr, outer.constant, outer.step}));
}

// Whether every place of a dimension that any piece of work reads is one of the tensor's.
bool ContractionKernel::is_inside(const Operand& operand, size_t dim) const {
  return std::ranges::all_of(phases_, [&](const Contraction& phase) {
    const CoordSpan span = span_of((phase.*operand.map)[dim], phase.axes);
    return span.low >= 0 && span.high < operand.value->type.shape[dim];
  });
}

void ContractionKernel::stage(const Operand& operand) {
  emitter_.forget();
  bool has_gaps = false;
  for (size_t d = 0; d < operand.shape.size(); ++d) has_gaps |= !is_inside(operand, d);
  if (has_gaps)
    ir_.CreateMemSet(operand.base, ir_.getInt8(0), static_cast<uint64_t>(floats_of(operand.shape) * 4), llvm::Align(4));
  Position at(operand.shape.size());
  stage_dim(operand, 0, at, emitter_.constant(0));
  emitter_.forget();
}

// Places [low, low + extent) of a dimension, as far as the tensor has them.
void ContractionKernel::stage_dim(const Operand& operand, size_t dim, Position& at, const Coord& address) {
  const StagedDim& shape = operand.shape[dim];
  const int64_t size = operand.value->type.shape[dim];
  V low = number(shape.low);
  for (const AffineCoord::Term& term : (phases_[0].*operand.map)[dim].terms)
    low = plus(low, times(first_[term.axis], term.scale));
  V from = number(0);
  V to = number(shape.extent);
  const bool inside = is_inside(operand, dim);
  if (!inside && llvm::isa<llvm::ConstantInt>(low)) {
    from = number(std::max<int64_t>(0, -shape.low));
    to = number(std::min(shape.extent, size - shape.low));
  } else if (!inside) {
    from = larger(ir_.CreateNeg(low), from);
    to = smaller(ir_.CreateSub(number(size), low), to);
  }
  const bool is_last = dim + 1 == operand.shape.size();
  const auto step = [&](const Coord& i) {
    at[dim] = emitter_.add(i, emitter_.uniform(low));
    const Coord there = emitter_.add(address, emitter_.scale(i, shape.stride));
    if (is_last) emitter_.store(operand.base, DType::kF32, there, emitter_.emit(operand.value, at));
    else stage_dim(operand, dim + 1, at, there);
  };
  if (is_last) return emitter_.lanes_loop(from, to, step);
  if (shape.extent == 1 && inside) return step(emitter_.constant(0));
  kernel_.loop(from, to, 1, [&](V i) {
    step(emitter_.uniform(i));
    emitter_.forget();
  });
}

bool ContractionKernel::is_inside(const Contraction& phase, size_t row, int64_t row_place, size_t depth,
                                  int64_t depth_place) const {
  for (size_t d = 0; d < phase.a.size(); ++d) {
    const AffineCoord& coord = phase.a[d];
    if (coord.scale_of(row) == 0 || coord.scale_of(depth) == 0) continue;
    const int64_t at = coord.offset + coord.scale_of(row) * row_place + coord.scale_of(depth) * depth_place;
    if (at < 0 || at >= op_.operands[0]->type.shape[d]) return false;
  }
  return true;
}

void ContractionKernel::find_depth_ranges(const Contraction& phase, size_t static_axis, const Axes& at) {
  std::ranges::fill(range_, Range{});
  for (size_t d = 0; d < phase.a.size(); ++d) {
    const AffineCoord& coord = phase.a[d];
    const int64_t size = op_.operands[0]->type.shape[d];
    const CoordSpan span = span_of(coord, phase.axes);
    if ((span.low >= 0 && span.high < size) || coord.scale_of(static_axis) != 0) continue;
    for (const auto& [axis, scale] : coord.terms)
      if (phase.axes[axis].kind == Axis::Kind::kDepth) range_[axis] = depth_range(phase, coord, axis, size, at);
  }
}

// 0 <= start + i * scale < size, for the places i of an axis: from ceil(-start / scale) on, as far as
// floor((size - 1 - start) / scale); the other way around where the scale is negative.
ContractionKernel::Range ContractionKernel::depth_range(const Contraction& phase, const AffineCoord& coord, size_t axis,
                                                        int64_t size, const Axes& at) {
  const int64_t extent = phase.axes[axis].extent;
  const int64_t scale = coord.scale_of(axis);
  const int64_t step = std::abs(scale);
  V start = number(coord.offset);
  for (const auto& [other, by] : coord.terms)
    if (other != axis) start = plus(start, times(emitter_.index_of(at[other]), by));
  V below = scale > 0 ? ir_.CreateNeg(start) : ir_.CreateSub(start, number(size - 1));  // of what is before the first
  V above = scale > 0 ? ir_.CreateSub(number(size - 1), start) : start;                 // up to the last
  below = smaller(larger(below, number(0)), number(extent * step));
  above = smaller(larger(above, number(-step)), number((extent - 1) * step));
  return {divided(plus(below, step - 1), step), divided(plus(above, step), step)};
}

void ContractionKernel::set_digits(Axes& at, std::span<const size_t> axes, std::span<const int64_t> extents, V index) {
  int64_t outer = 1;
  for (const int64_t extent : extents) outer *= std::max<int64_t>(extent, 1);
  for (size_t i = axes.size(); i-- > 0;) {
    outer /= std::max<int64_t>(extents[i], 1);
    at[axes[i]] = emitter_.uniform(outer == 1 && extents[i] != 1 ? index : rest(index, extents[i]));
    if (outer > 1) index = divided(index, extents[i]);
  }
}

void ContractionKernel::store_sum(const Position& at, V value) {
  emitter_.bind(op_.result(), [value](const Position&) { return value; });
  store_outputs(emitter_, work_, at);
  emitter_.unbind(op_.result());
}

template <typename Visit>
void ContractionKernel::walk_epilogue(Visit visit) const {
  std::vector<const Value*> roots;
  for (const KernelOutput& output : work_.outputs) roots.push_back(storage_.resolve(output.value));
  visit_each_once<const Value*>(std::move(roots), [&](const Value* value, const auto& reach) {
    if (value->op != &op_) visit(value, [&](const Value* operand) { reach(storage_.resolve(operand)); });
  });
}

bool ContractionKernel::is_epilogue_costly() const {
  bool is_costly = false;
  int64_t ops = 0;
  walk_epilogue([&](const Value* value, const auto& reach) {
    if (value->op == nullptr || !work_.inside.contains(value->op)) return;
    is_costly |= has_trait(value->op->kind, kCostly);
    ++ops;
    for (const Value* operand : value->op->operands) reach(operand);
  });
  return is_costly || ops >= kManyOps;
}

llvm::Value* ContractionKernel::waiting_sums(int64_t vectors) {
  if (vectors > waiting_vectors_) waiting_ = kernel_.stack(vector_type(), waiting_vectors_ = vectors);
  return waiting_;
}

// Element for element, as the result is; what is broadcast is small.
std::vector<const Value*> ContractionKernel::read_by_epilogue() const {
  std::vector<const Value*> found;
  walk_epilogue([&](const Value* value, const auto& reach) {
    if (value->op == nullptr || !work_.inside.contains(value->op)) {
      if (storage_.find(value) >= 0) found.push_back(value);
    } else if (has_trait(value->op->kind, kElementwise)) {
      for (const Value* operand : value->op->operands) reach(operand);
    }
  });
  return found;
}

void ContractionKernel::foresee_epilogue(int64_t multiply_adds) {
  const Target& target = kernel_.target();
  foreseen_.clear();
  if (static_cast<double>(multiply_adds) / target.processor.multiply_adds < kCyclesOfTile) return;
  foreseen_ = read_by_epilogue();
  int64_t bytes = op_.operands[0]->type.bytes();
  for (const Value* value : foreseen_) bytes += value->type.bytes();
  for (const KernelOutput& output : work_.outputs) bytes += output.value->type.bytes();
  if (bytes <= target.schedule.cache_bytes / kEpilogueParts) foreseen_.clear();
}

void ContractionKernel::prefetch_epilogue(const Position& at) {
  for (const Value* value : foreseen_) emitter_.prefetch(value, at);
}

void ContractionKernel::loops(const Contraction& phase, std::span<const size_t> axes, Axes& at, bool unrolls,
                              const std::function<void()>& body) {
  if (axes.empty()) return body();
  const size_t axis = axes[0];
  const auto step = [&](V i) {
    at[axis] = emitter_.uniform(i);
    loops(phase, axes.subspan(1), at, unrolls, body);
  };
  if (count_[axis] != nullptr) return kernel_.loop(number(0), count_[axis], 1, step);
  if (unrolls && axes.size() == 1) return kernel_.short_loop(0, phase.axes[axis].extent, 1, step);
  kernel_.loop(0, phase.axes[axis].extent, step);
}

}  // namespace minnow
