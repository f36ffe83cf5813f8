#include "codegen/kernels/row_passes.h"

#include <algorithm>
#include <limits>

#include "codegen/kernels/lane_argmax.h"
#include "codegen/kernels/register_tile.h"
#include "ir/walk.h"

namespace minnow {

using V = llvm::Value*;

namespace {

// The sums of a long row are several that do not wait for each other: an addition takes some cycles.
const Threshold kLongRow{"vectors of a row that has several sums", 16};
constexpr int64_t kChains = 4;

}  // namespace

RowPasses::RowPasses(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, bool rows_are_lanes)
    : kernel_(kernel), work_(work), row_(*work.row), vector_(kernel, storage, work.inside, kernel.target().lanes),
      scalar_(kernel, storage, work.inside, rows_are_lanes ? kernel.target().lanes : 1),
      scratch_(kernel, work, row_scratch(work, kernel.target())), rows_are_lanes_(rows_are_lanes), storage_(storage),
      full_(row_.full()) {
  find_column_loops();
  count_passes();
}

// Columns run as one loop; with more than one column dimension that needs bodies that treat them alike.
void RowPasses::find_column_loops() {
  std::vector<const Value*> roots;
  for (const auto& op : work_.origin->body->ops()) {
    if (has_trait(op->kind, kReduction)) roots.push_back(op->operands[0]);
  }
  for (const KernelOutput& output : work_.outputs) {
    if (is_full(storage_.resolve(output.value))) roots.push_back(output.value);
  }
  // A reduction's result is fixed within a row and ends the search.
  for (const auto& op : work_.origin->body->ops()) {
    if (has_trait(op->kind, kReduction)) vector_.bind(op->result(), [](const Position&) -> V { return nullptr; });
  }
  separate_.assign(full_.size(), true);
  KernelWork columns = work_;
  for (const auto& op : work_.origin->body->ops()) {
    if (has_trait(op->kind, kReduction)) columns.inside.erase(op.get());
  }
  separate_ = loop_boundaries(storage_, columns, full_, roots, vector_);
}

void RowPasses::for_columns(const std::function<void(const Position&)>& body) {
  for_columns(1, [&](const Position& at, int64_t) { body(at); });
}

// Vectors that follow each other belong to one chain after the other; those that are left over, to the first.
void RowPasses::for_columns(int64_t chains, const std::function<void(const Position&, int64_t chain)>& body) {
  Position at = row_at_;
  at.resize(full_.size(), vector_.constant(0));
  const size_t first = row_.rows.size();
  size_t inner = full_.size() - 1;
  int64_t extent = full_[inner];
  while (inner > first && !separate_[inner - 1]) extent *= full_[--inner];
  std::vector<int64_t> outer;
  for (size_t i = first; i < inner; ++i) outer.push_back(static_cast<int64_t>(i));
  const int64_t step = rows_are_lanes_ ? 1 : vector_.lanes();
  const int64_t whole = chains == 1 ? 0 : extent / (step * chains) * step * chains;
  const auto run = [&](const Coord& column, int64_t chain) {
    at.back() = column;
    body(at, chain);
  };
  vector_.loops(full_, outer, at, [&] {
    if (whole > 0)
      kernel_.loop(kernel_.index(0), kernel_.index(whole), step * chains, [&](V first) {
        const Coord column = rows_are_lanes_ ? vector_.uniform(first) : vector_.lane(first);
        for (int64_t chain = 0; chain < chains; ++chain) run(vector_.offset(column, chain * step), chain);
        vector_.forget();
      });
    if (rows_are_lanes_) return vector_.loop(whole, extent, [&](const Coord& column) { run(column, 0); });
    vector_.lanes_loop(kernel_.index(whole), kernel_.index(extent), [&](const Coord& lane) { run(lane, 0); });
  });
}

void RowPasses::emit_row() {
  kept_so_far_ = 0;
  // What an earlier row of the same kernel has bound.
  for (const auto& op : work_.origin->body->ops()) {
    vector_.unbind(op->result());
    scalar_.unbind(op->result());
  }
  for (const auto& op : work_.origin->body->ops()) {
    if (op->kind == OpKind::kArgMax) {
      emit_argmax(*op);
    } else if (has_trait(op->kind, kReduction)) {
      emit_reduction(*op);
    } else if (is_full(op->result()) && has_trait(op->kind, kCostly) && passes_[op->result()] > 1) {
      keep(*op);
    }
  }
  store_full_results();
  store_row_results();
}

// How many passes over a row compute each value: one per reduction, one for all results together.
void RowPasses::count_passes() {
  const auto count = [this](std::vector<const Value*> roots) {
    visit_each_once(std::move(roots), [this](const Value* value, const auto& reach) {
      ++passes_[value];
      if (value->op == nullptr || has_trait(value->op->kind, kReduction)) return;
      for (const Value* operand : value->op->operands) reach(operand);
    });
  };
  std::vector<const Value*> stored;
  for (const auto& op : work_.origin->body->ops())
    if (has_trait(op->kind, kReduction)) count({op->operands[0]});
  for (const KernelOutput& output : work_.outputs)
    if (is_full(storage_.resolve(output.value))) stored.push_back(output.value);
  count(std::move(stored));
}

// Computes a costly value once: the row of it stays in scratch memory for the passes that read it.
void RowPasses::keep(const Op& op) {
  const DType dtype = op.type().dtype;
  V buffer = kernel_.byte_offset(scratch_.memory(), kept_so_far_);
  kept_so_far_ += kept_bytes(row_, dtype, rows_are_lanes_ ? vector_.lanes() : 1);
  auto address = [this](const Position& at) {
    Position column(at.begin() + static_cast<std::ptrdiff_t>(row_.rows.size()), at.end());
    const Coord index = vector_.row_major(column, row_.columns);
    return rows_are_lanes_ ? vector_.lane(vector_.scale(index, vector_.lanes())) : index;
  };
  for_columns([&](const Position& at) {
    V element = vector_.emit(op.result(), at);
    // Whole vectors, for which there is room: what a mask left out, the next pass could not read before it is written.
    vector_.without_mask([&] { vector_.store(buffer, dtype, address(at), element); });
  });
  vector_.bind(op.result(), [=, this](const Position& at) { return vector_.load(buffer, dtype, address(at)); });
}

// Of floats the largest is found by their order, for which there is one instruction.
void RowPasses::emit_reduction(const Op& op) {
  const DType dtype = op.type().dtype;
  const bool is_max = op.kind == OpKind::kReduceMax;
  const bool orders = is_max && is_float(dtype);
  llvm::IRBuilder<>& ir = vector_.ir();
  ScalarMath& math = vector_.math();
  const auto combine = [&](V a, V b) {
    if (orders) return static_cast<V>(ir.CreateBinaryIntrinsic(llvm::Intrinsic::umax, a, b));
    return is_max ? math.max(dtype, a, b) : math.add(dtype, a, b);
  };
  V start = vector_.constant_of(dtype, !is_max ? 0 : std::numeric_limits<int32_t>::min());
  if (orders) start = math.order_of(vector_.constant_of(dtype, -std::numeric_limits<double>::infinity()));
  std::vector<V> chains;
  for (int64_t i = 0; i < (vectors_of_row() < kLongRow ? 1 : kChains); ++i) {
    chains.push_back(kernel_.stack(start->getType()));
    ir.CreateStore(start, chains.back());
  }
  for_columns(static_cast<int64_t>(chains.size()), [&](const Position& at, int64_t chain) {
    V lanes = chains[static_cast<size_t>(chain)];
    V element = vector_.emit(op.operands[0], at);
    V before = ir.CreateLoad(start->getType(), lanes);
    V after = combine(before, orders ? math.order_of(element) : element);
    if (vector_.mask() != nullptr) after = ir.CreateSelect(vector_.mask(), after, before);
    ir.CreateStore(after, lanes);
  });
  V result = nullptr;
  for (V lanes : chains) {
    V part = ir.CreateLoad(start->getType(), lanes);
    result = result == nullptr ? part : combine(result, part);
  }
  if (!rows_are_lanes_) result = combine_lanes(ir, result, combine);
  bind_scalar(op, orders ? math.from_order(result) : result);
}

void RowPasses::emit_argmax(const Op& op) {
  if (rows_are_lanes_) return bind_scalar(op, scalar_.emit(op.result(), row_at_));
  LaneArgMax largest(vector_, op.operands[0]->type.dtype);
  for_columns([&](const Position& at) { largest.take(at.back(), vector_.emit(op.operands[0], at)); });
  bind_scalar(op, largest.place());
}

void RowPasses::bind_scalar(const Op& op, V result) {
  V splat = rows_are_lanes_ ? result : vector_.splat(result);
  vector_.bind(op.result(), [splat](const Position&) { return splat; });
  scalar_.bind(op.result(), [result](const Position&) { return result; });
}

void RowPasses::store_full_results() {
  std::vector<const KernelOutput*> outputs;
  for (const KernelOutput& output : work_.outputs) {
    if (is_full(storage_.resolve(output.value))) outputs.push_back(&output);
  }
  if (outputs.empty()) return;
  for_columns([&](const Position& at) {
    std::vector<V> elements;
    for (const KernelOutput* output : outputs) elements.push_back(vector_.emit(output->value, at));
    for (size_t i = 0; i < outputs.size(); ++i) {
      vector_.store(kernel_.buffer(outputs[i]->buffer), outputs[i]->value->type.dtype,
                    vector_.address(outputs[i]->buffer, full_, at), elements[i]);
    }
  });
}

void RowPasses::store_row_results() {
  for (const KernelOutput& output : work_.outputs) {
    if (is_full(storage_.resolve(output.value))) continue;
    V element = scalar_.emit(output.value, row_at_);
    scalar_.store(kernel_.buffer(output.buffer), output.value->type.dtype,
                  scalar_.address(output.buffer, row_.rows, row_at_), element);
  }
}

int64_t kept_bytes(const RowShape& row, DType dtype, int64_t rows) {
  constexpr int64_t kRounded = 64;
  return (row.column_count() / kRounded + 2) * kRounded * dtype_bytes(dtype) * rows;
}

}  // namespace minnow
