// Emission by demand: the value of any tensor at any position, computed from what lies in memory by following index
// maps and elementwise ops inside the body of a loop. All lanes of a vector are computed at once.
#pragma once

#include <llvm/IR/ConstantRange.h>

#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "codegen/element/computed_elements.h"
#include "codegen/element/coord.h"
#include "codegen/element/kernel_builder.h"
#include "codegen/element/scalar_math.h"
#include "codegen/element/storage.h"
#include "ir/function.h"
#include "ir/walk.h"

namespace minnow {

class ElementEmitter {
 public:
  // `lanes` elements at once; ops in `inside` are computed, every other value is read from memory.
  ElementEmitter(KernelBuilder& kernel, const Storage& storage, const std::unordered_set<const Op*>& inside, int lanes);

  KernelBuilder& kernel() { return kernel_; }
  llvm::IRBuilder<>& ir() { return kernel_.ir(); }
  ScalarMath& math() { return math_; }
  int lanes() const { return lanes_; }

  // The value at `at`, under the current mask: lanes that are off may hold anything.
  llvm::Value* emit(const Value* value, const Position& at);
  // From now on `value` is what `how` answers, or what it does by itself where `how` answers nullptr.
  using Binding = std::function<llvm::Value*(const Position&)>;
  void bind(const Value* value, Binding how);
  void unbind(const Value* value);

  // Memory: an element (or a vector of them) of a row-major tensor at `address`, in elements.
  llvm::Value* load(llvm::Value* base, DType dtype, const Coord& address);
  void store(llvm::Value* base, DType dtype, const Coord& address, llvm::Value* value);
  // Of what lane 0 has.
  llvm::Value* element_address(llvm::Value* base, llvm::Type* element, const Coord& at);
  // Asks for the cache line of an element that is read soon, if the value is in memory. `at` may be outside of it.
  void prefetch(const Value* value, const Position& at);
  Coord row_major(const Position& at, const Shape& shape);
  // Of an element of a tensor of this shape in this buffer, inside one block where there are blocks.
  Coord address(int buffer, const Shape& shape, const Position& at);

  // Loops. `lanes_loop` runs over [from, to) a vector at a time, the last one masked. Of what `loop` counts, `compare`
  // knows between what bounds it lies.
  void lanes_loop(llvm::Value* from, llvm::Value* to, const std::function<void(const Coord&)>& body);
  void loop(int64_t from, int64_t to, const std::function<void(const Coord&)>& body);
  // Over the examples of a block, a vector of them at a time.
  void examples_loop(const std::function<void(const Coord&)>& body);
  // A loop for every dimension in `dims` of `at`.
  void loops(const Shape& shape, std::span<const int64_t> dims, Position& at, const std::function<void()>& body);

  // Coordinates.
  Coord uniform(llvm::Value* index);
  Coord constant(int64_t value) { return {nullptr, value}; }
  Coord lane(const Coord& first) { return {first.variable, first.constant, lanes_ == 1 ? 0 : 1}; }  // of a uniform one
  Coord lane(llvm::Value* first) { return lane(uniform(first)); }
  Coord add(const Coord& a, const Coord& b);
  Coord offset(const Coord& a, int64_t by) { return add(a, constant(by)); }
  Coord scale(const Coord& a, int64_t by);
  Coord divide(const Coord& a, int64_t by);     // rounds towards zero
  Coord remainder(const Coord& a, int64_t by);  // of the sign of a
  llvm::Value* index_of(const Coord& a);        // of lane 0, if not per_lane
  llvm::Value* per_lane(const Coord& a);        // <W x i32>, or i64 for one lane
  // i1 if uniform, else <W x i1>; a constant where that follows from the bounds of loops.
  llvm::Value* compare(llvm::CmpInst::Predicate predicate, const Coord& a, int64_t b);
  // Whether a lies in [0, size); nullptr if it does in any case.
  llvm::Value* inside(const Coord& a, int64_t size);
  // A coordinate from an i32 value emitted at a position whose coordinates are `is_uniform`.
  Coord from_value(llvm::Value* value, bool is_uniform);

  // `value` at `at` where `condition` holds and every coordinate is inside the tensor, `fill` elsewhere. Nothing
  // outside the tensor is read.
  llvm::Value* emit_guarded(const Value* value, Position at, llvm::Value* condition, double fill);
  llvm::Value* both(llvm::Value* a, llvm::Value* b);  // and; nullptr is true; i1 widens to lanes
  static bool is_never(llvm::Value* condition);       // known to be false, in all lanes

  llvm::Value* splat(llvm::Value* scalar);
  llvm::Value* constant_of(DType dtype, double value);
  llvm::Type* type_of(DType dtype) { return kernel_.vector_type(kernel_.element_type(dtype), lanes_); }
  llvm::Value* mask() const { return mask_; }
  // Runs body with `mask` (nullptr: all lanes) as well as the current one.
  void under_mask(llvm::Value* mask, const std::function<void()>& body);
  void without_mask(const std::function<void()>& body);
  // The lanes whose numbers are below `count` (i64).
  llvm::Value* first_lanes(llvm::Value* count);
  // Forgets values computed so far; to be called where a block does not follow from the last one.
  void forget() { computed_.shrink(0); }
  // Whether an element of `value` depends on its row-major index alone, so that a loop may run all dimensions as one.
  bool reads_flat(const Value* value) const;

 private:
  std::optional<bool> reads_flat_itself(const Value* value) const;
  llvm::ConstantRange range_of(llvm::Value* index) const;
  llvm::ConstantRange range_of(const Coord& a) const;
  llvm::Value* evaluate(const Value* value, const Position& at);
  llvm::Value* binary(llvm::Instruction::BinaryOps op, llvm::Value* a, llvm::Value* b);
  llvm::Value* scaled(llvm::Value* index, int64_t by);
  llvm::Value* address_behind(llvm::Value* base, llvm::Type* element, llvm::Value* index);
  llvm::Value* widen(llvm::Value* condition);
  llvm::Value* load_reversed(llvm::Value* last, llvm::Type* element);
  llvm::Value* load_pairs(llvm::Value* pointer, llvm::Type* element);
  void clamp(Coord& coordinate, int64_t size, llvm::Value*& condition);

  KernelBuilder& kernel_;
  const Storage& storage_;
  const std::unordered_set<const Op*>& inside_;
  int lanes_;
  ScalarMath math_;
  llvm::Value* mask_ = nullptr;  // <W x i1>, nullptr: all on
  ComputedElements computed_;
  std::unordered_map<const llvm::Value*, llvm::ConstantRange> loops_;  // what each counts through
  std::unordered_map<const Value*, Binding> bindings_;
  mutable Answers<const Value*, bool> flat_;
};

}  // namespace minnow
