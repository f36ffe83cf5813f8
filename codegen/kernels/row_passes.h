// What a row takes, or as many rows together as there are lanes: a pass over the columns for each reduction, and one
// that stores the results.
#pragma once

#include <functional>
#include <unordered_map>

#include "codegen/kernels/emit_row.h"

namespace minnow {

class RowPasses {
 protected:
  // The arguments outlive the kernel.
  RowPasses(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, bool rows_are_lanes);

  // Of the row at `row_at_`, all passes.
  void emit_row();

  KernelBuilder& kernel_;
  const KernelWork& work_;
  RowShape row_;
  ElementEmitter vector_;
  ElementEmitter scalar_;  // of what a row has one of
  Position row_at_;
  ScratchUnits scratch_;
  bool rows_are_lanes_;  // vectors run over rows; else over columns

 private:
  void find_column_loops();
  void count_passes();
  void emit_reduction(const Op& op);
  void emit_argmax(const Op& op);
  void bind_scalar(const Op& op, llvm::Value* result);
  void keep(const Op& op);
  void store_row_results();
  void store_full_results();
  void for_columns(const std::function<void(const Position&)>& body);
  void for_columns(int64_t chains, const std::function<void(const Position&, int64_t chain)>& body);
  int64_t vectors_of_row() const {
    return rows_are_lanes_ ? row_.column_count() : row_.column_count() / vector_.lanes();
  }
  bool is_full(const Value* value) const { return value->type.shape == full_; }

  const Storage& storage_;
  Shape full_;
  std::vector<bool> separate_;
  std::unordered_map<const Value*, int> passes_;
  int64_t kept_so_far_ = 0;  // bytes of scratch
};

// Of a value that is kept: a row of it, or as many as there are lanes, with room for a vector that begins in the row.
int64_t kept_bytes(const RowShape& row, DType dtype, int64_t rows);

}  // namespace minnow
