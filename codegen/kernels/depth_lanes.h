// Contractions with vectors along what is summed up: a tile of sums, each a vector whose lanes are added up in the end.
#pragma once

#include <vector>

#include "codegen/kernels/contraction_kernel.h"
#include "codegen/kernels/emit_contraction.h"

namespace minnow {

class DepthLanes : protected ContractionKernel {
 protected:
  using Kind = Axis::Kind;

  DepthLanes(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const DepthLanesSchedule& s)
      : ContractionKernel(kernel, storage, work, s.phases), s_(s), batch_(s.whole.axes_of(Kind::kBatch)),
        rows_(s.whole.axes_of(Kind::kRow)), depth_(s.whole.axes_of(Kind::kDepth)),
        column_(s.whole.axes_of(Kind::kColumn)[0]), columns_(s.whole.axes[column_].extent),
        a_{op_.operands[0], &Contraction::a}, b_{op_.operands[1], &Contraction::b}, at_(origin()),
        sums_(kernel, s.items() * s.columns(), s.steps, emitter_.lanes()),
        asks_ahead_(s.asks_ahead(kernel.target().processor)) {}

  // Item i of a tile: places of the innermost row axes it has several of.
  Axes item(int64_t i);
  bool is_done(int64_t item) const { return item % s_.tile[rows_.back()] < done_; }
  // A vector along the depth, of a for each item times one of b for each column. `edge` is the place along the
  // innermost axis of the depth if it is a constant at which some items meet the padding, else -1. Where lanes are
  // masked off, a is zero. Items that are done already are left out.
  void multiply(int64_t items, int64_t step, int64_t edge);

  const DepthLanesSchedule s_;
  std::vector<size_t> batch_, rows_, depth_;
  size_t column_;
  int64_t columns_;
  Operand a_, b_;
  Axes at_;           // of the first item and column of a tile
  int64_t done_ = 0;  // places along the innermost axis of the rows with which a tile begins in the one before
  RegisterTile sums_;
  V memory_ = nullptr;  // of packed columns, or of sums

 private:
  Axes with_column(int64_t i);
  void ask_for_next_tile(int64_t column);

  bool asks_ahead_;
};

// Gradients of a filter: of images one by one, or of a block of examples.
WorkUnits emit_filter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                      const DepthLanesSchedule& s);

}  // namespace minnow
