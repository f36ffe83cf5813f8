#include "codegen/element/element_emitter.h"

#include <llvm/IR/Constants.h>

#include <algorithm>
#include <utility>

#include "codegen/element/emit_rules.h"
#include "passes/group/tile_batch.h"

namespace minnow {

ElementEmitter::ElementEmitter(KernelBuilder& kernel, const Storage& storage,
                               const std::unordered_set<const Op*>& inside, int lanes)
    : kernel_(kernel), storage_(storage), inside_(inside), lanes_(lanes), math_(kernel.ir(), kernel.target()) {}

llvm::Value* ElementEmitter::emit(const Value* value, const Position& at) {
  value = storage_.resolve(value);
  if (const auto bound = bindings_.find(value); bound != bindings_.end()) {
    if (llvm::Value* result = bound->second(at)) return result;
  }
  if (llvm::Value* result = computed_.find(value, mask_, at)) return result;
  count_steps();
  llvm::Value* result = evaluate(value, at);
  computed_.add(value, mask_, at, result);
  return result;
}

void ElementEmitter::bind(const Value* value, Binding how) {
  bindings_[value] = std::move(how);
  flat_.forget();
}

void ElementEmitter::unbind(const Value* value) {
  if (bindings_.erase(value) > 0) flat_.forget();
}

llvm::Value* ElementEmitter::evaluate(const Value* value, const Position& at) {
  const Op* op = value->op;
  const bool splat_constant =
      op != nullptr && op->kind == OpKind::kConstant && op->attr<ConstantAttributes>().is_splat();
  if (splat_constant || (op != nullptr && inside_.contains(op) && op->kind != OpKind::kConstant)) {
    return emit_rule(op->kind)(*this, *op, at);
  }
  const int buffer = storage_.find(value);
  MINNOW_CHECK(buffer >= 0, "no memory for {}", op != nullptr ? mnemonic(op->kind) : value->name);
  return load(kernel_.buffer(buffer), value->type.dtype, address(buffer, value->type.shape, at));
}

// nullopt where the operands decide.
std::optional<bool> ElementEmitter::reads_flat_itself(const Value* value) const {
  const Op* op = value->op;
  if (bindings_.contains(value)) return false;
  if (op == nullptr || !inside_.contains(op)) return true;
  if (op->kind == OpKind::kConstant || op->kind == OpKind::kRandom) return true;
  if (op->kind == OpKind::kBroadcast) return op->operands[0]->type.elements() == 1;
  if (op->kind != OpKind::kReshape && !has_trait(op->kind, kElementwise)) return false;
  return std::nullopt;
}

bool ElementEmitter::reads_flat(const Value* value) const {
  const auto operand = [&](const Value* v, size_t i) {
    const bool is_last = reads_flat_itself(v) || i == v->op->operands.size();
    return is_last ? nullptr : storage_.resolve(v->op->operands[i]);
  };
  return flat_.find(storage_.resolve(value), operand, [&](const Value* v) {
    const std::optional<bool> itself = reads_flat_itself(v);
    return itself ? *itself : std::ranges::all_of(v->op->operands, [&](const Value* read) {
      return flat_.known(storage_.resolve(read));
    });
  });
}

Coord ElementEmitter::row_major(const Position& at, const Shape& shape) {
  const std::vector<int64_t> strides = row_major_strides(shape);
  Coord address = constant(0);
  for (size_t i = 0; i < at.size(); ++i) address = add(address, scale(at[i], strides[i]));
  return address;
}

Coord ElementEmitter::address(int buffer, const Shape& shape, const Position& at) {
  if (storage_.buffers()[static_cast<size_t>(buffer)].layout == Layout::kRowMajor) return row_major(at, shape);
  Position rest = at;
  rest[0] = constant(0);
  return add(at[0], scale(row_major(rest, shape), kBlockExamples));
}

llvm::Value* ElementEmitter::load(llvm::Value* base, DType dtype, const Coord& address) {
  llvm::Type* memory = kernel_.memory_type(dtype);
  llvm::Type* vector = kernel_.vector_type(memory, lanes_);
  const llvm::Align align(static_cast<uint64_t>(dtype_bytes(dtype)));
  llvm::Value* pointer = element_address(base, memory, address);
  llvm::Value* result = nullptr;
  if (address.uniform()) {
    result = splat(ir().CreateLoad(memory, pointer));
  } else if (!address.per_lane && address.step == 1) {
    result = mask_ == nullptr
                 ? static_cast<llvm::Value*>(ir().CreateAlignedLoad(vector, pointer, align))
                 : ir().CreateMaskedLoad(vector, pointer, align, mask_, llvm::Constant::getNullValue(vector));
  } else if (!address.per_lane && address.step == 2) {
    result = load_pairs(pointer, memory);
  } else if (!address.per_lane && address.step == -1) {
    result = load_reversed(pointer, memory);
  } else {
    llvm::Value* pointers = ir().CreateGEP(memory, base, per_lane(address));
    result = ir().CreateMaskedGather(vector, pointers, align, mask_, llvm::Constant::getNullValue(vector));
  }
  if (dtype == DType::kPred) result = ir().CreateICmpNE(result, llvm::Constant::getNullValue(result->getType()));
  return result;
}

// The element at `last` and those before it.
llvm::Value* ElementEmitter::load_reversed(llvm::Value* last, llvm::Type* element) {
  auto* vector = llvm::FixedVectorType::get(element, static_cast<unsigned>(lanes_));
  llvm::Value* first = ir().CreateGEP(element, last, kernel_.index(1 - lanes_));
  const llvm::Align align(element->getPrimitiveSizeInBits().getFixedValue() / 8);
  if (mask_ == nullptr) return ir().CreateVectorReverse(ir().CreateAlignedLoad(vector, first, align));
  llvm::Value* mask = ir().CreateVectorReverse(mask_);
  return ir().CreateVectorReverse(
      ir().CreateMaskedLoad(vector, first, align, mask, llvm::Constant::getNullValue(vector)));
}

// Every second element from `pointer` on: two vectors, of which the even elements are kept. The last odd element may
// lie behind the tensor, so the odd ones are masked off.
llvm::Value* ElementEmitter::load_pairs(llvm::Value* pointer, llvm::Type* element) {
  auto* vector = llvm::FixedVectorType::get(element, static_cast<unsigned>(lanes_));
  llvm::Value* all = mask_;
  if (all == nullptr) all = llvm::Constant::getAllOnesValue(llvm::FixedVectorType::get(ir().getInt1Ty(), lanes_));
  llvm::Value* none = llvm::Constant::getNullValue(all->getType());
  llvm::Value* halves[2];
  const llvm::Align align(element->getPrimitiveSizeInBits().getFixedValue() / 8);
  for (int half = 0; half < 2; ++half) {
    llvm::SmallVector<int, 16> spread;
    for (int i = 0; i < lanes_; ++i) spread.push_back(i % 2 == 0 ? (half * lanes_ + i) / 2 : lanes_);
    llvm::Value* mask = ir().CreateShuffleVector(all, none, spread);
    llvm::Value* from = ir().CreateConstGEP1_64(element, pointer, static_cast<uint64_t>(half * lanes_));
    halves[half] = ir().CreateMaskedLoad(vector, from, align, mask, llvm::Constant::getNullValue(vector));
  }
  llvm::SmallVector<int, 16> even;
  for (int i = 0; i < lanes_; ++i) even.push_back(2 * i);
  return ir().CreateShuffleVector(halves[0], halves[1], even);
}

void ElementEmitter::store(llvm::Value* base, DType dtype, const Coord& address, llvm::Value* value) {
  llvm::Type* memory = kernel_.memory_type(dtype);
  const llvm::Align align(static_cast<uint64_t>(dtype_bytes(dtype)));
  if (dtype == DType::kPred) value = ir().CreateZExt(value, kernel_.vector_type(memory, lanes_));
  if (lanes_ > 1 && address.uniform()) value = ir().CreateExtractElement(value, uint64_t{0});
  if (address.uniform() || (!address.per_lane && address.step == 1)) {
    llvm::Value* pointer = element_address(base, memory, address);
    if (mask_ == nullptr || address.uniform()) {
      ir().CreateAlignedStore(value, pointer, align);
    } else {
      ir().CreateMaskedStore(value, pointer, align, mask_);
    }
  } else {
    ir().CreateMaskedScatter(value, ir().CreateGEP(memory, base, per_lane(address)), align, mask_);
  }
}

void ElementEmitter::prefetch(const Value* value, const Position& at) {
  value = storage_.resolve(value);
  const int buffer = storage_.find(value);
  if (buffer < 0 || bindings_.contains(value) || (value->op != nullptr && inside_.contains(value->op))) return;
  llvm::Value* element = element_address(kernel_.buffer(buffer), kernel_.memory_type(value->type.dtype),
                                         address(buffer, value->type.shape, at));
  constexpr int kRead = 0, kAllLevels = 3, kData = 1;
  ir().CreateIntrinsic(llvm::Intrinsic::prefetch, {element->getType()},
                       {element, ir().getInt32(kRead), ir().getInt32(kAllLevels), ir().getInt32(kData)});
}

llvm::Value* ElementEmitter::splat(llvm::Value* scalar) {
  return lanes_ == 1 ? scalar : ir().CreateVectorSplat(static_cast<unsigned>(lanes_), scalar);
}

llvm::Value* ElementEmitter::constant_of(DType dtype, double value) {
  llvm::Type* type = type_of(dtype);
  if (is_float(dtype)) return llvm::ConstantFP::get(type, value);
  return llvm::ConstantInt::get(type, static_cast<uint64_t>(static_cast<int64_t>(value)), dtype == DType::kI32);
}

void ElementEmitter::lanes_loop(llvm::Value* from, llvm::Value* to, const std::function<void(const Coord&)>& body) {
  auto run = [&](llvm::Value* i) {
    const size_t computed = computed_.size();
    body(lane(i));
    computed_.shrink(computed);
  };
  if (lanes_ == 1) return kernel_.loop(from, to, 1, run);
  llvm::Value* length = ir().CreateSub(to, from);
  llvm::Value* whole = ir().CreateAdd(from, ir().CreateAnd(length, kernel_.index(-lanes_)));
  const auto* same = llvm::dyn_cast<llvm::ConstantInt>(ir().CreateICmpEQ(whole, from));
  if (same == nullptr || same->isZero()) kernel_.loop(from, whole, lanes_, run);
  llvm::Value* rest = ir().CreateTrunc(ir().CreateSub(to, whole), ir().getInt32Ty());
  if (const auto* known = llvm::dyn_cast<llvm::ConstantInt>(rest); known != nullptr && known->isZero()) return;
  kernel_.when(ir().CreateICmpNE(rest, ir().getInt32(0)), [&] {
    llvm::Value* outer = mask_;
    llvm::Value* numbers = per_lane(lane(kernel_.index(0)));
    mask_ = both(outer, ir().CreateICmpULT(numbers, splat(rest)));
    run(whole);
    mask_ = outer;
  });
}

void ElementEmitter::under_mask(llvm::Value* mask, const std::function<void()>& body) {
  llvm::Value* outer = mask_;
  mask_ = both(outer, mask);
  body();
  mask_ = outer;
}

void ElementEmitter::without_mask(const std::function<void()>& body) {
  llvm::Value* outer = std::exchange(mask_, nullptr);
  body();
  mask_ = outer;
}

llvm::Value* ElementEmitter::first_lanes(llvm::Value* count) {
  llvm::Value* few = ir().CreateBinaryIntrinsic(llvm::Intrinsic::smin, count, kernel_.index(lanes_));
  llvm::Value* limit = splat(ir().CreateTrunc(few, ir().getInt32Ty()));
  return ir().CreateICmpSLT(per_lane(lane(kernel_.index(0))), limit);
}

void ElementEmitter::loop(int64_t from, int64_t to, const std::function<void(const Coord&)>& body) {
  kernel_.loop(from, to, [&](llvm::Value* i) {
    const size_t computed = computed_.size();
    const unsigned bits = i->getType()->getIntegerBitWidth();
    if (from < to)
      loops_.insert_or_assign(
          i, llvm::ConstantRange({bits, static_cast<uint64_t>(from)}, {bits, static_cast<uint64_t>(to)}));
    body(uniform(i));
    computed_.shrink(computed);
  });
}

void ElementEmitter::examples_loop(const std::function<void(const Coord&)>& body) {
  const auto run = [&](llvm::Value* first) {
    const size_t computed = computed_.size();
    body(lane(first));
    computed_.shrink(computed);
  };
  if (lanes_ == kBlockExamples) return run(kernel_.index(0));
  kernel_.loop(kernel_.index(0), kernel_.index(kBlockExamples), lanes_, run);
}

void ElementEmitter::loops(const Shape& shape, std::span<const int64_t> dims, Position& at,
                           const std::function<void()>& body) {
  if (dims.empty()) return body();
  const auto dim = static_cast<size_t>(dims.front());
  loop(0, shape[dim], [&](const Coord& i) {
    at[dim] = i;
    loops(shape, dims.subspan(1), at, body);
  });
}

llvm::Value* ElementEmitter::emit_guarded(const Value* value, Position at, llvm::Value* condition, double fill) {
  const Shape& shape = storage_.resolve(value)->type.shape;
  if (element_count(shape) == 0) return constant_of(value->type.dtype, fill);  // no place in it is safe to read from
  for (size_t i = 0; i < at.size(); ++i) clamp(at[i], shape[i], condition);
  if (condition == nullptr) return emit(value, at);
  if (is_never(condition)) return constant_of(value->type.dtype, fill);
  llvm::Value* outer = mask_;
  condition = widen(condition);
  if (lanes_ > 1) mask_ = both(outer, condition);
  llvm::Value* inside = emit(value, at);
  mask_ = outer;
  return ir().CreateSelect(condition, inside, constant_of(value->type.dtype, fill));
}

// Adds "inside [0, size)" to the condition; a coordinate that all lanes share is then made safe to read from.
void ElementEmitter::clamp(Coord& coordinate, int64_t size, llvm::Value*& condition) {
  llvm::Value* is_inside = inside(coordinate, size);
  if (is_inside == nullptr) return;
  condition = both(condition, is_inside);
  if (coordinate.uniform()) {
    coordinate = uniform(ir().CreateSelect(is_inside, index_of(coordinate), kernel_.index(0)));
  } else if (coordinate.per_lane) {
    coordinate.variable =
        ir().CreateSelect(is_inside, coordinate.variable, llvm::Constant::getNullValue(coordinate.variable->getType()));
  }
}

}  // namespace minnow
