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

}  // namespace minnow
