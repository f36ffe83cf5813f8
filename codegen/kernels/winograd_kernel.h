// Minimal filtering, as WinogradSchedule says: what vectors along examples and along tiles share.
#pragma once

#include <functional>

#include "codegen/kernels/contraction_kernel.h"
#include "codegen/kernels/winograd_math.h"

namespace minnow {

class WinogradKernel : protected ContractionKernel {
 protected:
  static constexpr int64_t kStep = WinogradSchedule::kStep, kSide = WinogradSchedule::kSide;
  static constexpr int64_t kPlaces = WinogradSchedule::kPlaces;

  // `s` outlives the kernel.
  WinogradKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const WinogradSchedule& s)
      : ContractionKernel(kernel, storage, work, s.phases), s_(s), column_(s.column_axis()), channel_(s.channel_axis()),
        at_(origin()) {}

  // Divides the scratch, and finds the filter.
  void begin(V scratch);
  // The tiles of a vector, of all channels, from what `read` gives of each.
  void transform_pixels_of(V vector, const std::function<WinogradTile(const Coord& channel)>& read);
  // Sums so many vectors over the channels, a tile of columns at a time, and has each column stored.
  void sum_channels(int64_t vectors, const std::function<void(V column)>& store);
  // Of the column that is being stored, 2 x 2.
  using Pixels = std::array<V, 4>;
  Pixels pixels_of_sums(V vector);

  const WinogradSchedule& s_;
  size_t column_, channel_;
  Axes at_;

 private:
  struct Tile {
    int64_t columns, vectors;
  };
  void sum_products(RegisterTile& sums, const Tile& tile, V place, V first_column);
  V place_of_pixels(V place, V channel, V vector);
  V place_of_sum(V place, V column, V vector);

  V planes_ = nullptr, pixels_ = nullptr, totals_ = nullptr;
  V stored_ = nullptr;  // which of a tile's columns is being stored
};

WorkUnits emit_winograd_block(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                              const WinogradSchedule& s);
WorkUnits emit_winograd_images(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                               const WinogradSchedule& s);

}  // namespace minnow
