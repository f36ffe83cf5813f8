#include "codegen/kernels/emit_dot.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "codegen/element/dot_matrices.h"
#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/tiling.h"
#include "ir/dot.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kMaxDepth{"depth of a panel", 1024};
const Threshold kMaxSums{"rows whose sums are kept from panel to panel", 1024};
const Threshold kWantedUnits{"panels that are units enough", 8};
const Threshold kUnpackedTiles{"tiles of rows that read w as it lies", 2};

// How a product is divided for a register tile.
struct DotShape {
  int64_t batch, rows, columns, depth;
  int64_t tile_rows, tile_vectors, panel;
  bool packs;

  DotShape(const Op& dot, const Target& target) {
    const DotSizes sizes = dot_sizes(dot);
    batch = sizes.batch;
    rows = sizes.rows;
    columns = sizes.columns;
    depth = sizes.depth;
    const TileShape tile = columns <= target.lanes ? target.tiles.dot_narrow : target.tiles.dot;
    tile_rows = std::min<int64_t>(tile.rows, rows);
    packs = has_transposed_columns(dot) || ceil_div(rows, tile_rows) > kUnpackedTiles;
    set_vectors(packs ? tile.vectors : wide_vectors(target), target.lanes);
  }

  // What is read where it lies is read in long pieces: as many columns as registers have sums for, without a rest if
  // that costs less than half of them.
  int64_t wide_vectors(const Target& target) const {
    const int64_t vectors = ceil_div(columns, target.lanes);
    const int64_t most = std::clamp<int64_t>(target.tiles.accumulators / tile_rows, 1, vectors);
    const int64_t divisor = largest_divisor(vectors, most);
    return divisor > most - divisor ? divisor : even_tile(vectors, most);
  }

  void set_vectors(int64_t vectors, int64_t lanes) {
    tile_vectors = vectors;
    panel = vectors * lanes;
  }
  int64_t panels() const { return ceil_div(columns, panel); }
  int64_t tiles() const { return ceil_div(rows, tile_rows); }
  // Parts of the rows of a panel.
  int64_t splits() const {
    const int64_t all = batch * panels();
    return all < kWantedUnits ? std::min(tiles(), ceil_div(kWantedUnits, all)) : 1;
  }
  int64_t units_of_product() const { return panels() * splits(); }
  int64_t units() const { return batch * units_of_product(); }
  // Of a packed panel: all of `depth`, or an even part of it.
  int64_t panel_depth() const { return packs ? even_tile(depth, kMaxDepth.at_most(depth)) : depth; }
  bool keeps_sums() const { return panel_depth() < depth; }
  // Tiles of rows that go through all panels of their columns together.
  int64_t chunk() const { return ceil_div(kMaxSums.at_most(rows), tile_rows); }
  int64_t panel_bytes(int64_t lanes) const { return packs ? (panel_depth() + lanes) * panel * 4 : 0; }
  int64_t scratch_bytes(int64_t lanes) const {
    return panel_bytes(lanes) + (keeps_sums() ? chunk() * tile_rows * panel * 4 : 0);
  }
};

class DotKernel {
 public:
  DotKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), dot_(*work.main), lanes_(kernel.target().lanes),
        emitter_(kernel, storage, work.inside, lanes_), matrices_(emitter_, dot_), shape_(dot_, kernel.target()),
        b_transposed_(has_transposed_columns(dot_)) {
    fit_scratch();
    rows_ = shape_.rows;
    columns_ = shape_.columns;
    depth_ = shape_.depth;
    tile_rows_ = shape_.tile_rows;
    tile_vectors_ = shape_.tile_vectors;
    panel_ = shape_.panel;
    packs_ = shape_.packs;
  }

  WorkUnits emit();

 private:
  // The tile may be another than that which memory was planned for.
  void fit_scratch() {
    const auto is_too_large = [&] { return shape_.scratch_bytes(lanes_) > scratch_room(work_); };
    if (is_too_large()) shape_.packs = b_transposed_;
    while (is_too_large() && shape_.tile_vectors > 1) shape_.set_vectors(shape_.tile_vectors - 1, lanes_);
  }
  void pack_panel();
  void pack_transposed_panel();
  void emit_at_once(V from, V to);
  void emit_in_panels(V from, V to);
  void accumulate(V first_row, int64_t rows);
  void store_tile(V first_row, int64_t rows);
  V kept_sum(V first_row, int64_t i, int64_t j);
  void load_sums(V first_row, int64_t rows, V are_zero = nullptr);
  void keep_sums(V first_row, int64_t rows);
  V vector_mask(int64_t j);
  Coord column(int64_t j) { return emitter_.lane(kernel_.ir().CreateAdd(first_column_, kernel_.index(j * lanes_))); }
  V b_vector(const Coord& k, int64_t j);
  V packed(V k, int64_t j) {
    V row = kernel_.ir().CreateSub(k, first_k_);
    V index = kernel_.ir().CreateAdd(kernel_.ir().CreateMul(row, kernel_.index(panel_)), kernel_.index(j * lanes_));
    return kernel_.ir().CreateGEP(kernel_.ir().getFloatTy(), panel_memory_, index);
  }

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& dot_;
  int lanes_;
  ElementEmitter emitter_;
  DotMatrices matrices_;
  DotShape shape_;
  bool b_transposed_, packs_;
  int64_t rows_, columns_, depth_;
  int64_t tile_rows_, tile_vectors_, panel_;
  V panel_memory_ = nullptr;
  V first_column_ = nullptr;
  V chunk_ = nullptr;                       // the first row of those that go through the panels together
  V first_k_ = nullptr, last_k_ = nullptr;  // of the panel: [first, last)
  std::unique_ptr<RegisterTile> tile_;
};

WorkUnits DotKernel::emit() {
  const int64_t tiles = shape_.tiles();
  const int64_t splits = shape_.splits();
  llvm::IRBuilder<>& ir = kernel_.ir();
  ScratchUnits units(kernel_, work_, {shape_.scratch_bytes(lanes_), shape_.units()});
  panel_memory_ = units.memory();
  tile_ = std::make_unique<RegisterTile>(kernel_, tile_rows_, tile_vectors_, lanes_);
  units.loop([&](V unit) {
    if (shape_.batch > 1) {
      matrices_.choose(ir.CreateSDiv(unit, kernel_.index(shape_.units_of_product())));
      unit = ir.CreateSRem(unit, kernel_.index(shape_.units_of_product()));
    }
    V split = ir.CreateSRem(unit, kernel_.index(splits));
    first_column_ = ir.CreateMul(ir.CreateSDiv(unit, kernel_.index(splits)), kernel_.index(panel_));
    auto bound = [&](V i) { return ir.CreateSDiv(ir.CreateMul(i, kernel_.index(tiles)), kernel_.index(splits)); };
    V from = bound(split);
    V to = bound(ir.CreateAdd(split, kernel_.index(1)));
    shape_.keeps_sums() ? emit_in_panels(from, to) : emit_at_once(from, to);
  });
  return {units.count(), true};
}

void DotKernel::emit_at_once(V from, V to) {
  first_k_ = kernel_.index(0);
  last_k_ = kernel_.index(depth_);
  if (packs_) b_transposed_ ? pack_transposed_panel() : pack_panel();
  for_tiles(kernel_, rows_, tile_rows_, from, to, [&](V first_row, int64_t rows) {
    tile_->clear();
    accumulate(first_row, rows);
    store_tile(first_row, rows);
    emitter_.forget();
  });
}

// The panel of all of K would not stay in the cache: as many rows as their sums may take room go through parts of it
// one after the other. Each sum is added up in the same order.
void DotKernel::emit_in_panels(V from, V to) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  kernel_.loop(from, to, shape_.chunk(), [&](V first) {
    V last = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, ir.CreateAdd(first, kernel_.index(shape_.chunk())), to);
    chunk_ = ir.CreateMul(first, kernel_.index(tile_rows_));
    kernel_.loop(kernel_.index(0), kernel_.index(depth_), shape_.panel_depth(), [&](V k) {
      first_k_ = k;
      last_k_ = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, ir.CreateAdd(k, kernel_.index(shape_.panel_depth())),
                                         kernel_.index(depth_));
      b_transposed_ ? pack_transposed_panel() : pack_panel();
      V is_first = ir.CreateICmpEQ(k, kernel_.index(0));
      for_tiles(kernel_, rows_, tile_rows_, first, last, [&](V first_row, int64_t rows) {
        load_sums(first_row, rows, is_first);
        accumulate(first_row, rows);
        keep_sums(first_row, rows);
      });
    });
    for_tiles(kernel_, rows_, tile_rows_, first, last, [&](V first_row, int64_t rows) {
      load_sums(first_row, rows);
      store_tile(first_row, rows);
      emitter_.forget();
    });
  });
}

// Behind the panel: [row of the chunk][vector].
V DotKernel::kept_sum(V first_row, int64_t i, int64_t j) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  V base = kernel_.byte_offset(panel_memory_, shape_.panel_bytes(lanes_));
  V first = ir.CreateMul(ir.CreateSub(first_row, chunk_), kernel_.index(panel_));
  return ir.CreateGEP(ir.getFloatTy(), base, ir.CreateAdd(first, kernel_.index(i * panel_ + j * lanes_)));
}

void DotKernel::load_sums(V first_row, int64_t rows, V are_zero) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  llvm::Type* vector = kernel_.vector_type(ir.getFloatTy(), lanes_);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < tile_vectors_; ++j) {
      V sum = ir.CreateAlignedLoad(vector, kept_sum(first_row, i, j), llvm::Align(4));
      if (are_zero != nullptr) sum = ir.CreateSelect(are_zero, llvm::Constant::getNullValue(vector), sum);
      tile_->set(i, j, sum);
    }
}

void DotKernel::keep_sums(V first_row, int64_t rows) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < tile_vectors_; ++j)
      kernel_.ir().CreateAlignedStore(tile_->get(i, j), kept_sum(first_row, i, j), llvm::Align(4));
}

// Lanes of the panel's vector j that are columns; nullptr if all are.
V DotKernel::vector_mask(int64_t j) {
  if (columns_ % panel_ == 0) return nullptr;
  V before = kernel_.ir().CreateAdd(first_column_, kernel_.index(j * lanes_));
  return emitter_.first_lanes(kernel_.ir().CreateSub(kernel_.index(columns_), before));
}

V DotKernel::b_vector(const Coord& k, int64_t j) {
  V result = nullptr;
  emitter_.under_mask(vector_mask(j), [&] { result = matrices_.b(k, column(j)); });
  return result;
}

void DotKernel::pack_panel() {
  kernel_.loop(first_k_, last_k_, 1, [&](V k) {
    for (int64_t j = 0; j < tile_vectors_; ++j)
      kernel_.ir().CreateAlignedStore(b_vector(emitter_.uniform(k), j), packed(k, j), llvm::Align(4));
    emitter_.forget();
  });
}

// b is [N,K] in memory: blocks of lanes × lanes are read along K and transposed. Columns beyond the last repeat it.
void DotKernel::pack_transposed_panel() {
  llvm::IRBuilder<>& ir = kernel_.ir();
  emitter_.forget();
  emitter_.lanes_loop(first_k_, last_k_, [&](const Coord& k) {
    for (int64_t j = 0; j < tile_vectors_; ++j) {
      std::vector<V> rows;
      for (int64_t i = 0; i < lanes_; ++i) {
        V n = ir.CreateAdd(first_column_, kernel_.index(j * lanes_ + i));
        n = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, n, kernel_.index(columns_ - 1));
        rows.push_back(matrices_.b(k, emitter_.uniform(n)));
      }
      rows = transpose_lanes(ir, std::move(rows));
      for (int64_t i = 0; i < lanes_; ++i) {
        V row = ir.CreateAdd(k.base, kernel_.index(i));
        ir.CreateAlignedStore(rows[static_cast<size_t>(i)], packed(row, j), llvm::Align(4));
      }
    }
  });
}

void DotKernel::accumulate(V first_row, int64_t rows) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  llvm::Type* vector = kernel_.vector_type(ir.getFloatTy(), lanes_);
  emitter_.forget();
  kernel_.loop(first_k_, last_k_, 1, [&](V at) {
    const Coord k = emitter_.uniform(at);
    std::vector<V> b;
    for (int64_t j = 0; j < tile_vectors_; ++j)
      b.push_back(packs_ ? ir.CreateAlignedLoad(vector, packed(at, j), llvm::Align(4)) : b_vector(k, j));
    for (int64_t i = 0; i < rows; ++i) {
      const Coord m = emitter_.offset(emitter_.uniform(first_row), i);
      V a = matrices_.a(m, k);
      for (int64_t j = 0; j < tile_vectors_; ++j) tile_->multiply_add(i, j, a, b[static_cast<size_t>(j)]);
    }
    emitter_.forget();
  });
}

// The whole tile is computed before any of it is stored: a load that touched the masked end of an earlier row would
// wait for that row's store.
void DotKernel::store_tile(V first_row, int64_t rows) {
  for (int64_t j = 0; j < tile_vectors_; ++j) {
    emitter_.under_mask(vector_mask(j), [&] {
      const auto position = [&](int64_t i) {
        return matrices_.result(emitter_.offset(emitter_.uniform(first_row), i), column(j));
      };
      std::vector<std::vector<V>> elements;
      for (int64_t i = 0; i < rows; ++i) {
        V sum = tile_->get(i, j);
        emitter_.bind(dot_.result(), [sum](const Position&) { return sum; });
        elements.push_back(compute_outputs(emitter_, work_, position(i)));
      }
      for (int64_t i = 0; i < rows; ++i) store_computed(emitter_, work_, position(i), elements[static_cast<size_t>(i)]);
    });
  }
}

}  // namespace

bool is_fast_dot(const Op& dot) {
  return dot.type().dtype == DType::kF32 && is_product_of_matrices(dot) && dot.type().elements() > 0 &&
         dot_sizes(dot).depth > 0;
}

ScratchNeed dot_scratch(const KernelWork& work, const Target& target) {
  const DotShape shape(*work.main, target);
  return {shape.scratch_bytes(target.lanes), shape.units()};
}

WorkUnits emit_dot_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return DotKernel(kernel, storage, work).emit();
}

}  // namespace minnow
