// What the kernels of a contraction share: where their loops stand, how they read the operands from there, and the sums
// of a tile in registers.
#pragma once

#include <functional>
#include <span>

#include "codegen/element/contraction_axes.h"
#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/kernel_scratch.h"
#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/contraction_schedule.h"

namespace minnow {

class ContractionKernel {
 protected:
  using V = llvm::Value*;
  // Of each axis the place, counted from first_ of that axis.
  using Axes = Position;

  ContractionKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                    const std::vector<Contraction>& phases);

  // An operand; in scratch at `base`, as `shape` says.
  struct Operand {
    const Value* value;
    AffineMap Contraction::* map;
    V base = nullptr;  // nullptr: read where it lies
    StagedShape shape = {};
  };
  V read(const Operand& operand, const Contraction& phase, const Axes& axes);
  // In scratch: what stays the same while the tile is summed, and what moves.
  struct Place {
    Coord outer, inner;
  };
  Place place_of(const Operand& operand, const Contraction& phase, const Axes& axes);
  // Copies what this piece of work reads of an operand, with zeros where there is nothing.
  void stage(const Operand& operand);

  // Where a padding is left out rather than copied. Whether a meets an element where these axes, of a dimension that
  // both move along, stand at these places.
  bool is_inside(const Contraction& phase, size_t row, int64_t row_place, size_t depth, int64_t depth_place) const;
  // Finds range_ of the depth axes of all dimensions but that along which `static_axis` moves: the places at which a
  // meets an element where the loops over rows stand.
  void find_depth_ranges(const Contraction& phase, size_t static_axis, const Axes& at);

  // An element of the contraction's result, or a vector of them, with what follows it.
  void store_sum(const Position& at, V value);
  // Has what follows the sums asked for while a tile of so many multiply-adds is summed, if it is so much that the
  // cache does not have it; and asks for what of that belongs to an element.
  void foresee_epilogue(int64_t multiply_adds);
  bool foresees_epilogue() const { return !foreseen_.empty(); }
  void prefetch_epilogue(const Position& at);
  // Whether what follows the sums is so much code that a tile has it once, in a loop, and not for each of its sums.
  bool is_epilogue_costly() const;
  // Where so many vectors of sums wait for it.
  V waiting_sums(int64_t vectors);

  Position position_of(const AffineMap& map, const Axes& axes);
  // The dimensions of the result from `dim` on: as one, of which this is the place, unless what follows the sums must
  // see them apart; see loop_boundaries().
  void count_through(Position& at, size_t dim, const Coord& place, const std::vector<bool>& separate);
  std::vector<bool> boundaries_of_epilogue();
  Axes origin() { return Axes(first_.size(), emitter_.constant(0)); }
  // Digits of an index over `axes`, of these extents.
  void set_digits(Axes& at, std::span<const size_t> axes, std::span<const int64_t> extents, V index);
  // A loop for each of `axes`, outermost first, over `count_`; the innermost as code for each step if `unrolls`.
  void loops(const Contraction& phase, std::span<const size_t> axes, Axes& at, bool unrolls,
             const std::function<void()>& body);

  V number(int64_t value) { return kernel_.index(value); }
  V plus(V a, V b) { return ir_.CreateAdd(a, b); }
  V plus(V a, int64_t b) { return b == 0 ? a : ir_.CreateAdd(a, number(b)); }
  V times(V a, int64_t b) { return b == 1 ? a : ir_.CreateMul(a, number(b)); }
  V divided(V a, int64_t b) { return b == 1 ? a : ir_.CreateUDiv(a, number(b)); }
  V rest(V a, int64_t b) { return b == 1 ? number(0) : ir_.CreateURem(a, number(b)); }
  V smaller(V a, V b) { return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b); }
  V larger(V a, V b) { return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, a, b); }
  llvm::Type* vector_type() { return kernel_.vector_type(ir_.getFloatTy(), emitter_.lanes()); }
  V zero() { return llvm::Constant::getNullValue(vector_type()); }
  V float_at(V base, V index) { return ir_.CreateGEP(ir_.getFloatTy(), base, index); }
  V load_vector(V base, V index) { return ir_.CreateAlignedLoad(vector_type(), float_at(base, index), llvm::Align(4)); }
  void store_vector(V value, V base, V index) { ir_.CreateAlignedStore(value, float_at(base, index), llvm::Align(4)); }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const Storage& storage_;
  const KernelWork& work_;
  const Op& op_;
  const std::vector<Contraction>& phases_;
  ElementEmitter emitter_;
  std::vector<V> first_;  // of each axis, where this piece of work begins
  std::vector<V> count_;  // and how many places it has there; nullptr: all of the phase's
  struct Range {
    V from = nullptr, to = nullptr;
  };
  std::vector<Range> range_;  // of an axis, where it is less than all

 private:
  bool is_inside(const Operand& operand, size_t dim) const;
  Range depth_range(const Contraction& phase, const AffineCoord& coord, size_t axis, int64_t size, const Axes& at);
  // Visits what the outputs are computed from, behind the sums: visit(value, reach).
  template <typename Visit>
  void walk_epilogue(Visit visit) const;
  std::vector<const Value*> read_by_epilogue() const;
  void stage_dim(const Operand& operand, size_t dim, Position& at, const Coord& address);

  std::vector<const Value*> foreseen_;
  V waiting_ = nullptr;
  int64_t waiting_vectors_ = 0;
};

}  // namespace minnow
