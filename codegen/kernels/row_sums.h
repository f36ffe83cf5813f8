// A tile of columns × items, each a vector along an axis of the rows: its sums over the depth, and what becomes of
// them.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "codegen/kernels/contraction_kernel.h"

namespace minnow {

class RowSums : protected ContractionKernel {
 protected:
  // `s` outlives the kernel.
  RowSums(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const RowLanesSchedule& s);

  void choose_phase(const Contraction& phase);
  // Where at_ and column_tile_ stand, of the items from `first` on. `edge` is the first item if it is a constant and
  // the padding reaches into the tile, else -1.
  void sum_tile(V first, int64_t edge);
  void store_tile(V first);
  // What follows this tile's sums is asked for before they are made.
  void prefetch_results(V first);
  Axes item(V place);
  Axes item(V first, int64_t i) { return item(plus(first, i)); }
  bool is_interior(int64_t first, int64_t count) const;

  const RowLanesSchedule& s_;
  size_t column_;
  int64_t columns_;
  std::vector<size_t> depth_;
  Operand a_, b_;
  Axes at_;
  const Contraction* phase_ = nullptr;
  RowLanesSchedule::Tile tile_;
  std::unique_ptr<RegisterTile> sums_;
  V column_tile_ = nullptr;

 private:
  void sum_depth(std::span<const size_t> axes, V first, int64_t edge);
  void sum_taps_at_edge(V first, int64_t edge, bool apart);
  void accumulate(V first, int64_t edge);
  void prefetch_weights();
  void for_results(V first, const std::function<void(V column, V i, const Axes& at)>& body);
  void store_in_turn(V first);
  V lane_mask(V first);

  bool is_costly_;
};

}  // namespace minnow
