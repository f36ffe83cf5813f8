#include "codegen/kernels/emit_sort.h"

#include <bit>

#include "codegen/element/sort_key.h"

namespace minnow {
namespace {

using V = llvm::Value*;

// Keys and indices lie in scratch twice: a pass reads the runs of one half and writes those of the other.
class Sort {
 public:
  Sort(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), op_(*work.main), attributes_(op_.attr<SortAttributes>()),
        rows_(op_.type().dim(attributes_.dim)),
        inner_(element_count({op_.type().shape.begin() + attributes_.dim + 1, op_.type().shape.end()})),
        emitter_(kernel, storage, work.inside, 1), scratch_(kernel, work, sort_scratch(work, kernel.target())),
        keys_(scratch_.memory()), indices_(kernel.byte_offset(keys_, 2 * rows_ * kKeyBytes)),
        target_(kernel.buffer(work.outputs[0].buffer)), left_(kernel.stack(kernel.index_type())),
        right_(kernel.stack(kernel.index_type())) {}

  static constexpr int64_t kKeyBytes = 8, kIndexBytes = 4;

  WorkUnits emit() {
    const int passes = std::bit_width(static_cast<uint64_t>(rows_ - 1));
    scratch_.loop([&](V column) {
      emitter_.forget();
      column_ = emitter_.uniform(column);
      read_column();
      kernel_.loop(0, passes, [&](V pass) { emit_pass(pass); });
      write_column(passes % 2 * rows_);
    });
    return {scratch_.count(), true, {{op_.type().elements() / rows_ / inner_, rows_, inner_}, {{0, 1}, {2, 1}}}};
  }

 private:
  // Of a row of the column, in a tensor [outer, rows, inner].
  Coord address(V row) {
    const Coord block = emitter_.add(emitter_.scale(emitter_.divide(column_, inner_), rows_), emitter_.uniform(row));
    return emitter_.add(emitter_.scale(block, inner_), emitter_.remainder(column_, inner_));
  }
  V key(V i) { return ir_.CreateGEP(ir_.getInt64Ty(), keys_, i); }
  V index(V i) { return ir_.CreateGEP(ir_.getInt32Ty(), indices_, i); }
  V load(llvm::Type* type, V pointer) { return ir_.CreateLoad(type, pointer); }
  V min(V a, V b) { return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b); }

  void read_column() {
    kernel_.loop(0, rows_, [&](V row) {
      Position at(op_.type().shape.size(), emitter_.constant(0));
      at.back() = address(row);
      V element = emitter_.emit(op_.operands[0], at);
      ir_.CreateStore(sort_key(emitter_, op_.operands[0]->type.dtype, attributes_.descending, element), key(row));
      ir_.CreateStore(ir_.CreateTrunc(row, ir_.getInt32Ty()), index(row));
    });
  }

  void write_column(int64_t half) {
    kernel_.loop(0, rows_, [&](V row) {
      V sorted = load(ir_.getInt32Ty(), index(ir_.CreateAdd(row, kernel_.index(half))));
      emitter_.store(target_, DType::kI32, address(row), sorted);
    });
  }

  // Neighbouring runs of 2^pass elements become one.
  void emit_pass(V pass) {
    V rows = kernel_.index(rows_), run = ir_.CreateShl(kernel_.index(1), pass), pair = ir_.CreateShl(run, 1);
    V is_odd = ir_.CreateAnd(pass, 1), from = ir_.CreateMul(is_odd, rows), to = ir_.CreateSub(rows, from);
    V pairs = ir_.CreateUDiv(ir_.CreateAdd(rows, ir_.CreateSub(pair, kernel_.index(1))), pair);
    kernel_.loop(kernel_.index(0), pairs, 1, [&](V i) {
      V begin = ir_.CreateMul(i, pair), middle = min(ir_.CreateAdd(begin, run), rows);
      emit_merge(from, to, begin, middle, min(ir_.CreateAdd(begin, pair), rows));
    });
  }

  // Of equal keys that of the left run goes first. A run that is used up is read at its last place, and not taken.
  void emit_merge(V from, V to, V begin, V middle, V end) {
    ir_.CreateStore(begin, left_);
    ir_.CreateStore(middle, right_);
    V last = kernel_.index(rows_ - 1);
    kernel_.loop(begin, end, 1, [&](V place) {
      V left = load(kernel_.index_type(), left_), right = load(kernel_.index_type(), right_);
      V at_left = ir_.CreateAdd(from, min(left, last)), at_right = ir_.CreateAdd(from, min(right, last));
      V left_key = load(ir_.getInt64Ty(), key(at_left)), right_key = load(ir_.getInt64Ty(), key(at_right));
      V is_left_sooner = ir_.CreateOr(ir_.CreateICmpSGE(right, end), ir_.CreateICmpSLE(left_key, right_key));
      V takes_left = ir_.CreateAnd(ir_.CreateICmpSLT(left, middle), is_left_sooner);
      V written = ir_.CreateAdd(to, place), taken = ir_.CreateZExt(takes_left, kernel_.index_type());
      ir_.CreateStore(ir_.CreateSelect(takes_left, left_key, right_key), key(written));
      ir_.CreateStore(load(ir_.getInt32Ty(), index(ir_.CreateSelect(takes_left, at_left, at_right))), index(written));
      ir_.CreateStore(ir_.CreateAdd(left, taken), left_);
      ir_.CreateStore(ir_.CreateAdd(right, ir_.CreateSub(kernel_.index(1), taken)), right_);
    });
  }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const Op& op_;
  const SortAttributes& attributes_;
  int64_t rows_, inner_;
  ElementEmitter emitter_;
  ScratchUnits scratch_;
  V keys_, indices_, target_;
  V left_, right_;  // variables: how far the runs are taken
  Coord column_;
};

}  // namespace

WorkUnits emit_sort(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return Sort(kernel, storage, work).emit();
}

ScratchNeed sort_scratch(const KernelWork& work, const Target&) {
  const TensorType& type = work.main->type();
  const int64_t rows = type.dim(work.main->attr<SortAttributes>().dim);
  return {2 * rows * (Sort::kKeyBytes + Sort::kIndexBytes), type.elements() / rows};
}

}  // namespace minnow
