// What becomes of the sums of a tile: they wait in scratch while blocks of the depth take turns, and end in the result.
#pragma once

#include "codegen/kernels/panel_kernel.h"

namespace minnow {

class PanelSums : protected PanelKernel {
 protected:
  // `s` outlives the kernel.
  PanelSums(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, const PanelSchedule& s);

  // `count` rows of a block, from the row `first` of it on.
  std::vector<Axes> rows_of_tile(const Contraction& phase, V first, int64_t count);
  // Of each row of a tile, where its sums are kept: so many rows of the panel behind `totals_`.
  std::vector<V> places_of_sums(const Contraction& phase, const std::vector<Axes>& rows, V first);
  // Zeros in the first block of the depth, else what the blocks before have summed up.
  void start_sums(const std::vector<V>& places, V is_first);
  void keep_sums(const std::vector<V>& places);
  // Sums that are in the result all the while.
  void continue_result(const std::vector<Axes>& rows);
  void store_result(const std::vector<Axes>& rows);
  // Has what follows the sums of a row asked for, to come while they are made.
  void prefetch_results(const Contraction& phase, V row);
  // The sums in registers, with what follows them, become the result.
  void store_tile(const Contraction& phase, const std::vector<Axes>& rows, V first);
  // The same of those kept of the tiles [from, to).
  void finish_rows(V from, V to);

  std::vector<size_t> rows_;
  RegisterTile sums_;
  V totals_ = nullptr;      // where sums are kept
  V first_tile_ = nullptr;  // of those whose sums are kept together

 private:
  template <typename Body>
  void for_sums(const std::vector<V>& places, const Body& body) {
    for (size_t i = 0; i < places.size(); ++i)
      for (int64_t j = 0; j < s_.vectors; ++j)
        body(static_cast<int64_t>(i), j, plus(times(places[i], s_.panel()), j * s_.lanes));
  }
  void for_results(const std::vector<Axes>& rows, const std::function<void(int64_t, int64_t, const Coord&)>& body);
  void store_vectors(const std::vector<Axes>& rows, const std::function<V(size_t row, int64_t vector)>& sum);
  void store_in_turn(const Contraction& phase, int64_t count, V first);
  void store_transposed(V from, V to);
  Position transposed_position(V channel, const Coord& row);

  bool is_costly_;
  std::vector<bool> separate_;  // see loop_boundaries()
  V transposed_ = nullptr;
};

}  // namespace minnow
