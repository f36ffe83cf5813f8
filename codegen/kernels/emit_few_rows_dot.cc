#include "codegen/kernels/emit_few_rows_dot.h"

#include <algorithm>

#include "codegen/element/dot_matrices.h"
#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/tiling.h"
#include "ir/dot.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kMaxRows{"few rows", 4};  // above, packing w for the other rows to share pays
const Threshold kShortRow{"depth of rows of w that are read side by side", 512};
constexpr int64_t kLongRows = 4;  // that are read side by side

// What is summed up in registers at once: rows of x times columns, a part of the lanes, times steps of the depth, which
// do not wait for each other. w is read once where its rows are long, else it stays in the cache from row to row.
struct FewRowsTile {
  int64_t rows, columns, steps;

  FewRowsTile(const DotSizes& sizes, const Target& target) {
    const bool is_short = sizes.depth <= kShortRow;
    rows = is_short ? 1 : sizes.rows;
    columns = is_short ? target.lanes : std::min<int64_t>(kLongRows, target.lanes);
    while (columns > 1 && columns * rows > target.tiles.accumulators) columns /= 2;
    steps = is_short ? 1 : std::max<int64_t>(1, target.tiles.accumulators / (columns * rows));
  }
};

// A work unit is a vector of columns of one product. Long rows of w are read a few at a time, several vectors of each,
// so that the processor foresees what comes.
class FewRowsDot {
 public:
  FewRowsDot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), work_(work), dot_(*work.main), sizes_(dot_sizes(dot_)),
        lanes_(kernel.target().lanes), tile_(sizes_, kernel.target()),
        emitter_(kernel, storage, work.inside, kernel.target().lanes), matrices_(emitter_, dot_),
        sums_(kernel, tile_.rows * tile_.columns, tile_.steps, kernel.target().lanes) {}

  WorkUnits emit() {
    const int64_t vectors = ceil_div(sizes_.columns, lanes_);
    kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
      if (sizes_.batch > 1) matrices_.choose(emitter_.divide(emitter_.uniform(unit), vectors).base);
      V first = emitter_.scale(emitter_.remainder(emitter_.uniform(unit), vectors), lanes_).base;
      emitter_.loop(0, sizes_.rows / tile_.rows,
                    [&](const Coord& i) { emit_vector(emitter_.scale(i, tile_.rows), first); });
    });
    return {sizes_.batch * vectors, true};
  }

 private:
  void emit_vector(const Coord& first_row, V first) {
    std::vector<std::vector<V>> totals(static_cast<size_t>(tile_.rows));  // by row: a vector for each column
    for (int64_t i = 0; i < lanes_; i += tile_.columns) {
      sum_columns(first_row, ir_.CreateAdd(first, kernel_.index(i)));
      for (int64_t m = 0; m < tile_.rows; ++m)
        for (int64_t j = 0; j < tile_.columns; ++j)
          totals[static_cast<size_t>(m)].push_back(total(m * tile_.columns + j));
    }
    V exists = sizes_.columns % lanes_ == 0 ? nullptr
                                            : emitter_.first_lanes(ir_.CreateSub(kernel_.index(sizes_.columns), first));
    for (int64_t m = 0; m < tile_.rows; ++m) {
      V row = add_rows(ir_, std::move(totals[static_cast<size_t>(m)]));
      emitter_.under_mask(exists, [&] {
        emitter_.bind(dot_.result(), [row](const Position&) { return row; });
        store_outputs(emitter_, work_, matrices_.result(emitter_.offset(first_row, m), emitter_.lane(first)));
        emitter_.unbind(dot_.result());
      });
      emitter_.forget();
    }
  }

  void sum_columns(const Coord& first_row, V first) {
    const int64_t piece = tile_.steps * lanes_;
    const int64_t whole = tile_.steps == 1 ? 0 : sizes_.depth - sizes_.depth % piece;
    sums_.clear();
    emitter_.forget();
    if (whole > 0)
      kernel_.loop(kernel_.index(0), kernel_.index(whole), piece, [&](V k) {
        for (int64_t step = 0; step < tile_.steps; ++step)
          multiply(first_row, first, emitter_.lane(ir_.CreateAdd(k, kernel_.index(step * lanes_))), step);
        emitter_.forget();
      });
    emitter_.lanes_loop(kernel_.index(whole), kernel_.index(sizes_.depth),
                        [&](const Coord& k) { multiply(first_row, first, k, 0); });
    emitter_.forget();
  }

  // Columns beyond the last repeat it.
  void multiply(const Coord& first_row, V first, const Coord& k, int64_t step) {
    std::vector<V> x;
    for (int64_t m = 0; m < tile_.rows; ++m) {
      x.push_back(matrices_.a(emitter_.offset(first_row, m), k));
      if (emitter_.mask() != nullptr)
        x.back() = ir_.CreateSelect(emitter_.mask(), x.back(), llvm::Constant::getNullValue(x.back()->getType()));
    }
    for (int64_t j = 0; j < tile_.columns; ++j) {
      V n = ir_.CreateAdd(first, kernel_.index(j));
      if (sizes_.columns % lanes_ != 0)
        n = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, n, kernel_.index(sizes_.columns - 1));
      V w = matrices_.b(k, emitter_.uniform(n));
      for (int64_t m = 0; m < tile_.rows; ++m)
        sums_.multiply_add(m * tile_.columns + j, step, x[static_cast<size_t>(m)], w);
    }
  }

  V total(int64_t sum) {
    V all = sums_.get(sum, 0);
    for (int64_t step = 1; step < tile_.steps; ++step) all = ir_.CreateFAdd(all, sums_.get(sum, step));
    return all;
  }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const KernelWork& work_;
  const Op& dot_;
  const DotSizes sizes_;
  const int64_t lanes_;
  const FewRowsTile tile_;
  ElementEmitter emitter_;
  DotMatrices matrices_;
  RegisterTile sums_;
};

}  // namespace

bool is_few_rows_dot(const Op& dot, int lanes) {
  const TensorType& type = dot.type();
  if (type.dtype != DType::kF32 || !is_product_of_matrices(dot) || type.elements() == 0) return false;
  const DotSizes sizes = dot_sizes(dot);
  return !has_transposed_rows(dot) && has_transposed_columns(dot) && sizes.rows <= kMaxRows && sizes.columns >= lanes &&
         sizes.depth > 0;
}

WorkUnits emit_few_rows_dot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return FewRowsDot(kernel, storage, work).emit();
}

}  // namespace minnow
