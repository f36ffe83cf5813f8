#include "codegen/kernels/emit_row.h"

#include "codegen/kernels/row_passes.h"

namespace minnow {
namespace {

using V = llvm::Value*;

constexpr int64_t kStepsOfRow = 2;  // that a vector along a short row costs, with the sum of its lanes

// Few columns, one dimension of many rows; or a last one of so many that vectors of them are fewer than rows.
bool is_narrow(const RowShape& row, int lanes) {
  if (row.column_count() >= lanes || row.rows.empty()) return false;
  if (row.rows.size() == 1) return row.row_count() >= lanes;
  return ceil_div(row.rows.back(), lanes) * row.column_count() <= kStepsOfRow * row.rows.back();
}

bool has_rows_in_lanes(const KernelWork& work, const Target& target) {
  return work.loop >= 0 || is_narrow(*work.row, target.lanes);
}

class RowKernel : RowPasses {
 public:
  RowKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : RowPasses(kernel, storage, work, has_rows_in_lanes(work, kernel.target())) {}

  WorkUnits emit();

 private:
  WorkUnits emit_block();
  WorkUnits emit_narrow();
  Position row_position(V unit, size_t first_dim);
};

WorkUnits RowKernel::emit() {
  if (work_.loop >= 0) return emit_block();
  if (rows_are_lanes_) return emit_narrow();
  scratch_.loop([&](V row) {
    row_at_ = row_position(row, 0);
    emit_row();
  });
  return {scratch_.count(), true, grid_of_rows(row_.row_count(), 1, row_.column_count())};
}

Position RowKernel::row_position(V unit, size_t first_dim) {
  Position at(row_.rows.size(), scalar_.constant(0));
  Coord rest = scalar_.uniform(unit);
  for (size_t i = row_.rows.size(); i-- > first_dim;) {
    at[i] = i == first_dim ? rest : scalar_.remainder(rest, row_.rows[i]);
    rest = scalar_.divide(rest, row_.rows[i]);
  }
  return at;
}

WorkUnits RowKernel::emit_block() {
  vector_.examples_loop([&](const Coord& examples) {
    kernel_.loop(0, row_.row_count() / row_.rows[0], [&](V row) {
      row_at_ = row_position(row, 1);
      row_at_[0] = examples;
      vector_.forget();
      scalar_.forget();
      emit_row();
    });
  });
  return {1, false};
}

// A unit is a vector of rows, or the last one of several dimensions of them.
WorkUnits RowKernel::emit_narrow() {
  const int64_t lanes = vector_.lanes();
  const int64_t rows = row_.row_count();
  const auto emit_rows = [&](const Coord& lane) {
    row_at_.back() = lane;
    vector_.forget();
    scalar_.forget();
    scalar_.under_mask(vector_.mask(), [&] { emit_row(); });
  };
  if (row_.rows.size() > 1) {
    const int64_t line = row_.rows.back();
    scratch_.loop([&](V unit) {
      const Coord first = scalar_.scale(scalar_.uniform(unit), line);
      row_at_ = row_position(scalar_.index_of(first), 0);
      vector_.lanes_loop(kernel_.index(0), kernel_.index(line), emit_rows);
    });
    return {scratch_.count(), true, grid_of_rows(rows, line, row_.column_count())};
  }
  row_at_ = {scalar_.constant(0)};
  V from = kernel_.ir().CreateMul(scratch_.begin(), kernel_.index(lanes));
  V to = kernel_.ir().CreateMul(scratch_.end(), kernel_.index(lanes));
  to = kernel_.ir().CreateBinaryIntrinsic(llvm::Intrinsic::smin, to, kernel_.index(rows));
  vector_.lanes_loop(from, to, emit_rows);
  return {scratch_.count(), true, grid_of_rows(rows, lanes, row_.column_count())};
}

}  // namespace

ScratchNeed row_scratch(const KernelWork& work, const Target& target) {
  const bool rows_are_lanes = has_rows_in_lanes(work, target);
  ScratchNeed need{0, work.row->row_count()};
  if (work.loop >= 0) need.pieces = 1;
  else if (rows_are_lanes)
    need.pieces =
        work.row->rows.size() == 1 ? ceil_div(need.pieces, target.lanes) : need.pieces / work.row->rows.back();
  for (const auto& op : work.origin->body->ops())
    if (has_trait(op->kind, kCostly) && op->type().shape == work.row->full())
      need.bytes += kept_bytes(*work.row, op->type().dtype, rows_are_lanes ? target.lanes : 1);
  return need;
}

WorkUnits emit_row_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return RowKernel(kernel, storage, work).emit();
}

}  // namespace minnow
