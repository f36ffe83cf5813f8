// A panel: columns of a contraction's right operand, in lanes, for a block of its depth.
#pragma once

#include "codegen/kernels/contraction_kernel.h"

namespace minnow {

class PanelKernel : protected ContractionKernel {
 protected:
  // `s` outlives the kernel.
  PanelKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const PanelSchedule& s);

  // Where b's elements lie in the panel at `panel_`.
  void place_panel();
  // All of the depth, packed ahead: the panel of the columns and the block of the depth that first_
  // says.
  void find_panel(V panels);
  // Fills it, of the columns and the block of the depth that first_ says.
  void pack_panel();
  // The panel's vector j at this place of the depth, copied there from where it lies.
  V pack_vector(const Axes& depth, int64_t j);
  // Lanes of the panel's vector j that are columns; nullptr if all are.
  V vector_mask(int64_t j);

  const PanelSchedule& s_;
  size_t column_;
  int64_t columns_;
  std::vector<size_t> depth_;
  Operand b_;
  V panel_ = nullptr;

 private:
  void pack_vectors();
  void pack_transposed();
};

}  // namespace minnow
