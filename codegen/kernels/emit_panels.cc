#include "codegen/kernels/emit_contraction.h"
#include "codegen/kernels/panel_kernel.h"

namespace minnow {
namespace {

class PanelPacking : PanelKernel {
 public:
  PanelPacking(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : PanelKernel(kernel, storage, work, std::get<PanelSchedule>(*work.contraction)) {}

  // A unit is a panel.
  WorkUnits emit() {
    V panels = kernel_.buffer(work_.outputs[0].buffer);
    for (const size_t axis : depth_) count_[axis] = number(s_.whole.axes[axis].extent);
    kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
      first_[column_] = times(unit, s_.panel());
      find_panel(panels);
      pack_panel();
    });
    return {s_.panels(), true, {}};
  }
};

}  // namespace

WorkUnits emit_panels(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return PanelPacking(kernel, storage, work).emit();
}

}  // namespace minnow
