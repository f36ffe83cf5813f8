#include "codegen/kernels/emit_narrow_dot.h"

#include <algorithm>

#include "codegen/element/dot_matrices.h"
#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/tiling.h"
#include "ir/dot.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kMinLanes{"lanes for narrow products", 16};
const Threshold kSpareLanes{"lanes beside narrow columns", 4};  // fewer, and a panel of w does as well
const Threshold kMinRows{"rows of a narrow product", 16};       // below, turning w around costs more than it brings
const Threshold kMinVectors{"vectors along a narrow product's depth", 4};
const Threshold kMinImages{"depth of a narrow outer product", 16};
const Threshold kRowsOfUnit{"rows of a narrow product's unit", 128};  // each unit turns w around for itself
const Threshold kMaxTransposedBytes{"bytes of a narrow product's w", 256 << 10};

// One product: w is turned around once for all rows.
bool is_narrow_f32(const Op& dot, int lanes) {
  const TensorType& type = dot.type();
  return type.dtype == DType::kF32 && is_product_of_matrices(dot) && type.rank() == 2 && lanes >= kMinLanes &&
         type.dim(1) > 1 && lanes - type.dim(1) >= kSpareLanes && type.dim(0) > 0;
}

class NarrowDot {
 public:
  NarrowDot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), work_(work), dot_(*work.main), lanes_(kernel.target().lanes),
        rows_(dot_.type().dim(0)), columns_(dot_.type().dim(1)), depth_(dot_sizes(dot_).depth),
        steps_(ceil_div(depth_, lanes_)),
        tile_rows_(std::max<int64_t>(1, kernel.target().tiles.accumulators / columns_)),
        emitter_(kernel, storage, work.inside, lanes_), matrices_(emitter_, dot_) {}

  WorkUnits emit() {
    ScratchUnits scratch(kernel_, work_, narrow_dot_scratch(work_, kernel_.target()));
    transposed_ = scratch.memory();
    const int64_t units = scratch.count();
    const auto bound = [&](V unit) {
      return ir_.CreateSDiv(ir_.CreateMul(unit, kernel_.index(rows_)), kernel_.index(units));
    };
    transpose_weights();
    V from = bound(kernel_.begin());
    V to = bound(kernel_.end());
    V tiles = ir_.CreateSDiv(ir_.CreateSub(to, from), kernel_.index(tile_rows_));
    V whole = ir_.CreateAdd(from, ir_.CreateMul(tiles, kernel_.index(tile_rows_)));
    kernel_.loop(from, whole, tile_rows_, [&](V row) { emit_rows(row, tile_rows_); });
    if (tile_rows_ > 1) kernel_.loop(whole, to, 1, [&](V row) { emit_rows(row, 1); });
    return {units, true};
  }

 private:
  llvm::Type* vector_type() { return kernel_.vector_type(ir_.getFloatTy(), lanes_); }

  V transposed_at(V step, int64_t column) {
    V index = ir_.CreateAdd(ir_.CreateMul(step, kernel_.index(columns_)), kernel_.index(column));
    return ir_.CreateGEP(vector_type(), transposed_, index);
  }

  // w[k, n] as [k / lanes][n][lanes], with zeros after the last k.
  void transpose_weights() {
    V zero = llvm::Constant::getNullValue(vector_type());
    kernel_.loop(0, steps_, [&](V step) {
      std::vector<V> rows;
      V first = ir_.CreateMul(step, kernel_.index(lanes_));
      emitter_.under_mask(emitter_.first_lanes(kernel_.index(columns_)), [&] {
        for (int64_t i = 0; i < lanes_; ++i) {
          V k = ir_.CreateAdd(first, kernel_.index(i));
          V exists = ir_.CreateICmpSLT(k, kernel_.index(depth_));
          k = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, k, kernel_.index(depth_ - 1));
          V row = matrices_.b(emitter_.uniform(k), emitter_.lane(kernel_.index(0)));
          rows.push_back(depth_ % lanes_ == 0 ? row : ir_.CreateSelect(exists, row, zero));
        }
      });
      rows = transpose_lanes(ir_, std::move(rows));
      for (int64_t n = 0; n < columns_; ++n)
        ir_.CreateAlignedStore(rows[static_cast<size_t>(n)], transposed_at(step, n), llvm::Align(4));
      emitter_.forget();
    });
  }

  void emit_rows(V first_row, int64_t count) {
    RegisterTile sums(kernel_, count, columns_, lanes_);
    sums.clear();
    emitter_.forget();
    const auto row = [&](int64_t i) { return emitter_.offset(emitter_.uniform(first_row), i); };
    emitter_.lanes_loop(kernel_.index(0), kernel_.index(depth_), [&](const Coord& k) {
      V step = ir_.CreateSDiv(k.base, kernel_.index(lanes_));
      std::vector<V> x;
      for (int64_t i = 0; i < count; ++i) {
        x.push_back(matrices_.a(row(i), k));
        if (emitter_.mask() != nullptr)
          x.back() = ir_.CreateSelect(emitter_.mask(), x.back(), llvm::Constant::getNullValue(vector_type()));
      }
      for (int64_t n = 0; n < columns_; ++n) {
        V w = ir_.CreateAlignedLoad(vector_type(), transposed_at(step, n), llvm::Align(4));
        for (int64_t i = 0; i < count; ++i) sums.multiply_add(i, n, w, x[static_cast<size_t>(i)]);
      }
    });
    emitter_.forget();
    emitter_.under_mask(emitter_.first_lanes(kernel_.index(columns_)), [&] {
      for (int64_t i = 0; i < count; ++i) store_row(row(i), sums, i);
    });
    emitter_.forget();
  }

  void store_row(const Coord& row, RegisterTile& sums, int64_t i) {
    std::vector<V> parts;
    for (int64_t n = 0; n < lanes_; ++n)
      parts.push_back(n < columns_ ? sums.get(i, n) : llvm::Constant::getNullValue(vector_type()));
    V total = add_rows(ir_, std::move(parts));
    emitter_.bind(dot_.result(), [total](const Position&) { return total; });
    store_outputs(emitter_, work_, {row, emitter_.lane(kernel_.index(0))});
    emitter_.unbind(dot_.result());
  }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const KernelWork& work_;
  const Op& dot_;
  int64_t lanes_, rows_, columns_, depth_, steps_, tile_rows_;
  ElementEmitter emitter_;
  DotMatrices matrices_;
  V transposed_ = nullptr;
};

class NarrowOuterDot {
 public:
  NarrowOuterDot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), work_(work), dot_(*work.main), lanes_(kernel.target().lanes),
        rows_(dot_.type().dim(0)), columns_(dot_.type().dim(1)), emitter_(kernel, storage, work.inside, lanes_),
        matrices_(emitter_, dot_) {}

  // A unit is a pair of vectors of rows.
  WorkUnits emit() {
    const int64_t vectors = ceil_div(rows_, lanes_);
    const int64_t wide = std::clamp<int64_t>(kernel_.target().tiles.accumulators / columns_, 1, 2);
    const int64_t last = vectors % wide;
    V whole = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, kernel_.end(), kernel_.index(vectors / wide));
    kernel_.loop(kernel_.begin(), whole, 1,
                 [&](V unit) { emit_vectors(ir_.CreateMul(unit, kernel_.index(wide)), wide); });
    if (last != 0)
      kernel_.when(ir_.CreateICmpEQ(kernel_.end(), kernel_.index(ceil_div(vectors, wide))),
                   [&] { emit_vectors(kernel_.index(vectors - last), last); });
    return {ceil_div(vectors, wide), true};
  }

 private:
  V mask_of(V first_row) {
    if (rows_ % lanes_ == 0) return nullptr;
    return emitter_.first_lanes(ir_.CreateSub(kernel_.index(rows_), first_row));
  }

  void emit_vectors(V first_vector, int64_t count) {
    RegisterTile sums(kernel_, columns_, count, static_cast<int>(lanes_));
    sums.clear();
    emitter_.forget();
    std::vector<V> first_rows;
    for (int64_t j = 0; j < count; ++j)
      first_rows.push_back(ir_.CreateMul(ir_.CreateAdd(first_vector, kernel_.index(j)), kernel_.index(lanes_)));
    emitter_.loop(0, dot_sizes(dot_).depth, [&](const Coord& m) {
      std::vector<V> x;
      for (V row : first_rows)
        emitter_.under_mask(mask_of(row), [&] { x.push_back(matrices_.a(emitter_.lane(row), m)); });
      for (int64_t n = 0; n < columns_; ++n) {
        V y = matrices_.b(m, emitter_.constant(n));
        for (int64_t j = 0; j < count; ++j) sums.multiply_add(n, j, y, x[static_cast<size_t>(j)]);
      }
    });
    emitter_.forget();
    for (int64_t j = 0; j < count; ++j) store_rows(first_rows[static_cast<size_t>(j)], sums, j);
  }

  // A vector per row, the last ones of which may not exist.
  void store_rows(V first_row, RegisterTile& sums, int64_t j) {
    V zero = llvm::Constant::getNullValue(kernel_.vector_type(ir_.getFloatTy(), static_cast<int>(lanes_)));
    std::vector<V> rows;
    for (int64_t n = 0; n < lanes_; ++n) rows.push_back(n < columns_ ? sums.get(n, j) : zero);
    rows = transpose_lanes(ir_, std::move(rows));
    V columns = emitter_.first_lanes(kernel_.index(columns_));
    const auto for_rows = [&](const std::function<void(size_t, const Position&)>& body) {
      for (int64_t i = 0; i < lanes_; ++i) {
        V row = ir_.CreateAdd(first_row, kernel_.index(i));
        V mask = columns;
        if (rows_ % lanes_ != 0) mask = emitter_.both(columns, ir_.CreateICmpSLT(row, kernel_.index(rows_)));
        emitter_.under_mask(
            mask, [&] { body(static_cast<size_t>(i), {emitter_.uniform(row), emitter_.lane(kernel_.index(0))}); });
      }
    };
    std::vector<std::vector<V>> elements;
    for_rows([&](size_t i, const Position& at) {
      V value = rows[i];
      emitter_.bind(dot_.result(), [value](const Position&) { return value; });
      elements.push_back(compute_outputs(emitter_, work_, at));
      emitter_.unbind(dot_.result());
    });
    for_rows([&](size_t i, const Position& at) { store_computed(emitter_, work_, at, elements[i]); });
    emitter_.forget();
  }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const KernelWork& work_;
  const Op& dot_;
  int64_t lanes_, rows_, columns_;
  ElementEmitter emitter_;
  DotMatrices matrices_;
};

}  // namespace

bool is_narrow_dot(const Op& dot, int lanes) {
  if (!is_narrow_f32(dot, lanes) || has_transposed_rows(dot)) return false;
  const DotSizes sizes = dot_sizes(dot);
  const int64_t transposed_bytes = sizes.depth * sizes.columns * 4;
  return sizes.rows >= kMinRows && sizes.depth / lanes >= kMinVectors && transposed_bytes <= kMaxTransposedBytes;
}

// Work units divide the rows, so that there are as many as are wanted.
ScratchNeed narrow_dot_scratch(const KernelWork& work, const Target& target) {
  const DotSizes sizes = dot_sizes(*work.main);
  const int64_t bytes = sizes.columns * ceil_div(sizes.depth, target.lanes) * target.lanes * 4;
  return {bytes, kRowsOfUnit.whole_parts(sizes.rows)};
}

WorkUnits emit_narrow_dot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return NarrowDot(kernel, storage, work).emit();
}

bool is_narrow_outer_dot(const Op& dot, int lanes) {
  return is_narrow_f32(dot, lanes) && has_transposed_rows(dot) && !has_transposed_columns(dot) &&
         dot.type().dim(0) >= lanes && dot_sizes(dot).depth >= kMinImages;
}

WorkUnits emit_narrow_outer_dot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return NarrowOuterDot(kernel, storage, work).emit();
}

}  // namespace minnow
