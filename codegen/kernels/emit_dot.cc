#include "codegen/kernels/emit_dot.h"

#include <algorithm>

#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/tiling.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using V = llvm::Value*;

constexpr int64_t kMaxPanelBytes = 512 << 10;
const Threshold kMaxDepth{"depth of a panel", kMaxPanelBytes / (32 * 4)};
const Threshold kWantedUnits{"panels that are units enough", 8};
const Threshold kUnpackedTiles{"tiles of rows that read w as it lies", 2};

// How a product is divided for a register tile.
struct DotShape {
  int64_t rows, columns, depth;
  int64_t tile_rows, tile_vectors, panel;
  bool packs;

  DotShape(const Op& dot, const Target& target) {
    const auto& contract = dot.attr<DotAttributes>().contract;
    rows = dot.type().dim(0);
    columns = dot.type().dim(1);
    depth = dot.operands[0]->type.dim(contract[0]);
    const TileShape tile = columns <= target.lanes ? target.tiles.dot_narrow : target.tiles.dot;
    tile_rows = std::min<int64_t>(tile.rows, rows);
    set_vectors(tile.vectors, target.lanes);
    packs = contract[1] == 1 || ceil_div(rows, tile_rows) > kUnpackedTiles;
  }

  void set_vectors(int64_t vectors, int64_t lanes) {
    tile_vectors = vectors;
    panel = vectors * lanes;
  }
  int64_t panels() const { return ceil_div(columns, panel); }
  int64_t tiles() const { return ceil_div(rows, tile_rows); }
  int64_t splits() const { return panels() < kWantedUnits ? std::min(tiles(), ceil_div(kWantedUnits, panels())) : 1; }
  int64_t panel_bytes(int64_t lanes) const { return packs ? (depth + lanes) * panel * 4 : 0; }
};

class DotKernel {
 public:
  DotKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), dot_(*work.main), lanes_(kernel.target().lanes),
        emitter_(kernel, storage, work.inside, lanes_), shape_(dot_, kernel.target()) {
    const auto& contract = dot_.attr<DotAttributes>().contract;
    a_transposed_ = contract[0] == 0;
    b_transposed_ = contract[1] == 1;
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
    const auto is_too_large = [&] { return shape_.panel_bytes(lanes_) > scratch_room(work_); };
    if (is_too_large()) shape_.packs = b_transposed_;
    while (is_too_large() && shape_.tile_vectors > 1) shape_.set_vectors(shape_.tile_vectors - 1, lanes_);
  }
  void pack_panel();
  void pack_transposed_panel();
  void emit_tile(V first_row, int64_t rows);
  void store_tile(V first_row, int64_t rows);
  V vector_mask(int64_t j);
  Coord column(int64_t j) { return emitter_.lane(kernel_.ir().CreateAdd(first_column_, kernel_.index(j * lanes_))); }
  V b_vector(const Coord& k, int64_t j);
  V packed(V k, int64_t j) {
    V index = kernel_.ir().CreateAdd(kernel_.ir().CreateMul(k, kernel_.index(panel_)), kernel_.index(j * lanes_));
    return kernel_.ir().CreateGEP(kernel_.ir().getFloatTy(), panel_memory_, index);
  }

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& dot_;
  int lanes_;
  ElementEmitter emitter_;
  DotShape shape_;
  bool a_transposed_, b_transposed_, packs_;
  int64_t rows_, columns_, depth_;
  int64_t tile_rows_, tile_vectors_, panel_;
  V panel_memory_ = nullptr;
  V first_column_ = nullptr;
  std::unique_ptr<RegisterTile> tile_;
};

WorkUnits DotKernel::emit() {
  const int64_t tiles = shape_.tiles();
  const int64_t splits = shape_.splits();
  const int64_t rest = rows_ % tile_rows_;
  llvm::IRBuilder<>& ir = kernel_.ir();
  ScratchUnits units(kernel_, work_, {shape_.panel_bytes(lanes_), shape_.panels() * splits});
  panel_memory_ = units.memory();
  tile_ = std::make_unique<RegisterTile>(kernel_, tile_rows_, tile_vectors_, lanes_);
  units.loop([&](V unit) {
    V split = ir.CreateSRem(unit, kernel_.index(splits));
    first_column_ = ir.CreateMul(ir.CreateSDiv(unit, kernel_.index(splits)), kernel_.index(panel_));
    if (packs_) b_transposed_ ? pack_transposed_panel() : pack_panel();
    auto bound = [&](V i) { return ir.CreateSDiv(ir.CreateMul(i, kernel_.index(tiles)), kernel_.index(splits)); };
    V from = bound(split);
    V to = bound(ir.CreateAdd(split, kernel_.index(1)));
    V whole = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, to, kernel_.index(rows_ / tile_rows_));
    kernel_.loop(from, whole, 1, [&](V tile) { emit_tile(ir.CreateMul(tile, kernel_.index(tile_rows_)), tile_rows_); });
    if (rest == 0) return;
    kernel_.when(ir.CreateICmpEQ(to, kernel_.index(tiles)), [&] { emit_tile(kernel_.index(rows_ - rest), rest); });
  });
  return {units.count(), true};
}

// Lanes of the panel's vector j that are columns; nullptr if all are.
V DotKernel::vector_mask(int64_t j) {
  if (columns_ % panel_ == 0) return nullptr;
  V before = kernel_.ir().CreateAdd(first_column_, kernel_.index(j * lanes_));
  return emitter_.first_lanes(kernel_.ir().CreateSub(kernel_.index(columns_), before));
}

V DotKernel::b_vector(const Coord& k, int64_t j) {
  V result = nullptr;
  emitter_.under_mask(vector_mask(j), [&] { result = emitter_.emit(dot_.operands[1], {k, column(j)}); });
  return result;
}

void DotKernel::pack_panel() {
  emitter_.loop(0, depth_, [&](const Coord& k) {
    for (int64_t j = 0; j < tile_vectors_; ++j) {
      kernel_.ir().CreateAlignedStore(b_vector(k, j), packed(k.base, j), llvm::Align(4));
    }
  });
}

// b is [N,K]: blocks of lanes × lanes are read along K and transposed. Columns beyond the last repeat it.
void DotKernel::pack_transposed_panel() {
  llvm::IRBuilder<>& ir = kernel_.ir();
  emitter_.forget();
  emitter_.lanes_loop(kernel_.index(0), kernel_.index(depth_), [&](const Coord& k) {
    for (int64_t j = 0; j < tile_vectors_; ++j) {
      std::vector<V> rows;
      for (int64_t i = 0; i < lanes_; ++i) {
        V n = ir.CreateAdd(first_column_, kernel_.index(j * lanes_ + i));
        n = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, n, kernel_.index(columns_ - 1));
        rows.push_back(emitter_.emit(dot_.operands[1], {emitter_.uniform(n), k}));
      }
      rows = transpose_lanes(ir, std::move(rows));
      for (int64_t i = 0; i < lanes_; ++i) {
        V row = ir.CreateAdd(k.base, kernel_.index(i));
        ir.CreateAlignedStore(rows[static_cast<size_t>(i)], packed(row, j), llvm::Align(4));
      }
    }
  });
}

void DotKernel::emit_tile(V first_row, int64_t rows) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  llvm::Type* vector = kernel_.vector_type(ir.getFloatTy(), lanes_);
  tile_->clear();
  emitter_.forget();
  emitter_.loop(0, depth_, [&](const Coord& k) {
    std::vector<V> b;
    for (int64_t j = 0; j < tile_vectors_; ++j) {
      b.push_back(packs_ ? ir.CreateAlignedLoad(vector, packed(k.base, j), llvm::Align(4)) : b_vector(k, j));
    }
    for (int64_t i = 0; i < rows; ++i) {
      const Coord m = emitter_.offset(emitter_.uniform(first_row), i);
      V a = emitter_.emit(dot_.operands[0], a_transposed_ ? Position{k, m} : Position{m, k});
      for (int64_t j = 0; j < tile_vectors_; ++j) tile_->multiply_add(i, j, a, b[static_cast<size_t>(j)]);
    }
  });
  store_tile(first_row, rows);
  emitter_.forget();
}

// The whole tile is computed before any of it is stored: a load that touched the masked end of an earlier row would
// wait for that row's store.
void DotKernel::store_tile(V first_row, int64_t rows) {
  for (int64_t j = 0; j < tile_vectors_; ++j) {
    emitter_.under_mask(vector_mask(j), [&] {
      const auto position = [&](int64_t i) {
        return Position{emitter_.offset(emitter_.uniform(first_row), i), column(j)};
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
  if (dot.type().dtype != DType::kF32 || dot.type().elements() == 0) return false;
  const int64_t depth = dot.operands[0]->type.dim(dot.attr<DotAttributes>().contract[0]);
  return depth > 0 && depth <= kMaxDepth;
}

ScratchNeed dot_scratch(const KernelWork& work, const Target& target) {
  const DotShape shape(*work.main, target);
  return {shape.panel_bytes(target.lanes), shape.panels() * shape.splits()};
}

WorkUnits emit_dot_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return DotKernel(kernel, storage, work).emit();
}

}  // namespace minnow
