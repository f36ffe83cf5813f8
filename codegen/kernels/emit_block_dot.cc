#include <algorithm>

#include "codegen/element/dot_matrices.h"
#include "codegen/kernels/emit_block.h"
#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/tiling.h"
#include "ir/dot.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;

// While a tile is summed over k, its successor's weights come nearer: by now they have left the inner caches, and are
// read in an order that hides from the hardware's prefetchers.
void prefetch_weights(ElementEmitter& emitter, V weights, const Op& dot, const Coord& next_output, int64_t tile,
                      const Coord& k) {
  const int64_t row = dot.operands[1]->type.dim(1);
  const Coord index = has_transposed_columns(dot) ? emitter.add(emitter.scale(next_output, row), emitter.scale(k, tile))
                                                  : emitter.add(emitter.scale(k, row), next_output);
  llvm::IRBuilder<>& ir = emitter.ir();
  V address = ir.CreateGEP(ir.getFloatTy(), weights, index.base);
  ir.CreateIntrinsic(llvm::Intrinsic::prefetch, {address->getType()},
                     {address, ir.getInt32(0), ir.getInt32(3), ir.getInt32(1)});
}

}  // namespace

// A tile is all examples times as many outputs as there are accumulators, so that every weight is read once. The last
// one moves back to end with the last output.
WorkUnits emit_block_dot(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  const Op& dot = *work.main;
  const int64_t outputs = dot.type().dim(1);
  const int64_t lanes = kernel.target().lanes;
  const int64_t vectors = kBlockExamples / lanes;
  const int64_t tile = even_tile(outputs, kernel.target().tiles.accumulators / vectors);
  const int weights = storage.find(storage.resolve(dot.operands[1]));
  llvm::IRBuilder<>& ir = kernel.ir();
  ElementEmitter emitter(kernel, storage, work.inside, static_cast<int>(lanes));
  DotMatrices matrices(emitter, dot);
  RegisterTile sums(kernel, tile, vectors, emitter.lanes());
  kernel.loop(0, ceil_div(outputs, tile), [&](V number) {
    V wanted = ir.CreateMul(number, kernel.index(tile));
    V first = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, wanted, kernel.index(outputs - tile));
    const auto output = [&](int64_t i) { return emitter.offset(emitter.uniform(first), i); };
    const auto examples = [&](int64_t vector) { return emitter.lane(kernel.index(vector * lanes)); };
    sums.clear();
    emitter.forget();
    emitter.loop(0, dot_sizes(dot).depth, [&](const Coord& k) {
      std::vector<V> inputs;
      for (int64_t v = 0; v < vectors; ++v) inputs.push_back(matrices.a(examples(v), k));
      if (weights >= 0 && tile < outputs) prefetch_weights(emitter, kernel.buffer(weights), dot, output(tile), tile, k);
      for (int64_t i = 0; i < tile; ++i) {
        V weight = matrices.b(k, output(i));
        for (int64_t v = 0; v < vectors; ++v) sums.multiply_add(i, v, weight, inputs[static_cast<size_t>(v)]);
      }
    });
    emitter.forget();
    for (int64_t i = 0; i < tile; ++i) {
      for (int64_t v = 0; v < vectors; ++v) {
        V sum = sums.get(i, v);
        emitter.bind(dot.result(), [sum](const Position&) { return sum; });
        store_outputs(emitter, work, matrices.result(examples(v), output(i)));
        emitter.unbind(dot.result());
        emitter.forget();
      }
    }
  });
  return {1, false};
}

namespace {

// w[k, o] += sum over n of x[n, k] * y[n, o]: y is transposed so that a vector holds outputs, x gives one number at a
// time.
class DotSum {
 public:
  DotSum(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), work_(work), dot_(*work.main), lanes_(kernel.target().lanes),
        rows_(dot_.type().dim(0)), columns_(dot_.type().dim(1)), vectors_(ceil_div(columns_, lanes_)),
        emitter_(kernel, storage, work.inside, lanes_), matrices_(emitter_, dot_),
        sums_(kernel.buffer(work.outputs[0].buffer)) {}

  WorkUnits emit() {
    transposed_ = ScratchUnits(kernel_, work_, block_dot_sum_scratch(dot_, lanes_)).memory();
    transpose_y();
    const int64_t whole = columns_ / lanes_;
    const int64_t wide = std::clamp<int64_t>(whole, 1, 2);
    kernel_.loop(0, whole / wide, [&](V i) { emit_columns(ir_.CreateMul(i, kernel_.index(wide)), wide, nullptr); });
    if (whole % wide != 0) emit_columns(kernel_.index(whole - 1), 1, nullptr);
    if (whole < vectors_) emit_columns(kernel_.index(whole), 1, emitter_.first_lanes(kernel_.index(columns_ % lanes_)));
    return {1, false};
  }

 private:
  V transposed_at(V example, V vector) {
    V index = ir_.CreateAdd(ir_.CreateMul(example, kernel_.index(vectors_)), vector);
    return ir_.CreateGEP(ir_.getFloatTy(), transposed_, ir_.CreateMul(index, kernel_.index(lanes_)));
  }

  void transpose_y() {
    emitter_.examples_loop([&](const Coord& examples) {
      kernel_.loop(0, vectors_, [&](V vector) {
        std::vector<V> outputs;
        for (int64_t i = 0; i < lanes_; ++i) {
          V o = ir_.CreateAdd(ir_.CreateMul(vector, kernel_.index(lanes_)), kernel_.index(i));
          o = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, o, kernel_.index(columns_ - 1));
          outputs.push_back(matrices_.b(examples, emitter_.uniform(o)));
        }
        outputs = transpose_lanes(ir_, std::move(outputs));
        for (int64_t i = 0; i < lanes_; ++i) {
          V example = ir_.CreateAdd(examples.base, kernel_.index(i));
          ir_.CreateAlignedStore(outputs[static_cast<size_t>(i)], transposed_at(example, vector), llvm::Align(4));
        }
        emitter_.forget();
      });
    });
  }

  // `mask` where the vectors are not whole.
  void emit_columns(V first_vector, int64_t wide, V mask) {
    const int64_t tile = even_tile(rows_, kernel_.target().tiles.accumulators / wide);
    emitter_.under_mask(mask, [&] {
      kernel_.loop(0, rows_ / tile,
                   [&](V i) { emit_tile(ir_.CreateMul(i, kernel_.index(tile)), tile, first_vector, wide); });
      if (rows_ % tile != 0) emit_tile(kernel_.index(rows_ - rows_ % tile), rows_ % tile, first_vector, wide);
    });
  }

  void emit_tile(V first_row, int64_t rows, V first_vector, int64_t wide) {
    llvm::Type* vector = kernel_.vector_type(ir_.getFloatTy(), lanes_);
    RegisterTile tile(kernel_, rows, wide, lanes_);
    for_elements(first_row, rows, first_vector, wide, [&](int64_t i, int64_t j, const Coord& address) {
      tile.set(i, j, emitter_.load(sums_, DType::kF32, address));
    });
    kernel_.loop(0, kBlockExamples, [&](V example) {
      std::vector<V> y;
      for (int64_t j = 0; j < wide; ++j)
        y.push_back(ir_.CreateAlignedLoad(vector, transposed_at(example, ir_.CreateAdd(first_vector, kernel_.index(j))),
                                          llvm::Align(4)));
      for (int64_t i = 0; i < rows; ++i) {
        const Coord row = emitter_.offset(emitter_.uniform(first_row), i);
        V x = matrices_.a(row, emitter_.uniform(example));
        for (int64_t j = 0; j < wide; ++j) tile.multiply_add(i, j, x, y[static_cast<size_t>(j)]);
      }
      emitter_.forget();
    });
    for_elements(first_row, rows, first_vector, wide, [&](int64_t i, int64_t j, const Coord& address) {
      emitter_.store(sums_, DType::kF32, address, tile.get(i, j));
    });
  }

  void for_elements(V first_row, int64_t rows, V first_vector, int64_t wide,
                    const std::function<void(int64_t, int64_t, const Coord&)>& body) {
    for (int64_t j = 0; j < wide; ++j) {
      V column = ir_.CreateMul(ir_.CreateAdd(first_vector, kernel_.index(j)), kernel_.index(lanes_));
      for (int64_t i = 0; i < rows; ++i) {
        const Coord row = emitter_.offset(emitter_.uniform(first_row), i);
        body(i, j, emitter_.row_major({row, emitter_.lane(column)}, dot_.type().shape));
      }
    }
  }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const KernelWork& work_;
  const Op& dot_;
  int64_t lanes_, rows_, columns_, vectors_;
  ElementEmitter emitter_;
  DotMatrices matrices_;
  V sums_;
  V transposed_ = nullptr;
};

}  // namespace

ScratchNeed block_dot_sum_scratch(const Op& dot, int64_t lanes) {
  return {kBlockExamples * ceil_div(dot.type().dim(1), lanes) * lanes * 4, 1};
}

WorkUnits emit_block_dot_sum(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return DotSum(kernel, storage, work).emit();
}

}  // namespace minnow
