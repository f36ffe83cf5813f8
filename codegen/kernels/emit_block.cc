#include "codegen/kernels/emit_block.h"

#include <algorithm>
#include <functional>

#include "codegen/kernels/emit_window.h"
#include "codegen/kernels/loop_pieces.h"
#include "codegen/kernels/register_tile.h"
#include "ir/walk.h"
#include "ir/windows.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kIndependentSums{"sums that do not wait for each other", 4};
const Threshold kSumsOfUnit{"sums of partitions of a unit", 256};

bool sums_examples(const Op& op) {
  return op.kind == OpKind::kReduceSum && std::ranges::count(op.attr<DimsAttributes>().dims, 0) > 0;
}

// Loops over `groups` of dimensions, outermost first, in pieces where there are `cuts`.
void nest(ElementEmitter& emitter, std::span<const LoopGroup> groups, std::span<const Cuts> cuts, Position& at,
          const std::function<void()>& body) {
  if (groups.empty()) return body();
  const auto inner = [&](const Coord& i) {
    at[groups[0].dim] = i;
    nest(emitter, groups.subspan(1), cuts, at, body);
  };
  loop_in_pieces(emitter, groups[0].extent, cuts.empty() ? Cuts() : cuts[groups[0].dim], inner);
}

// The loops that a nest over `shape` needs for these roots, without dimension 0.
std::vector<LoopGroup> groups_per_example(const Storage& storage, const KernelWork& work, const Shape& shape,
                                          const std::vector<const Value*>& roots, const ElementEmitter& emitter) {
  std::vector<bool> separate = loop_boundaries(storage, work, shape, roots, emitter);
  if (!separate.empty()) separate[0] = true;
  std::vector<LoopGroup> groups = group_loops(shape, separate);
  std::erase_if(groups, [](const LoopGroup& group) { return group.dim == 0; });
  return groups;
}

// Whether `root` is computed elementwise from tensors of that layout alone.
bool comes_from(Layout layout, const Storage& storage, const KernelWork& work, const Value* root) {
  bool all_are = true;
  visit_each_once<const Value*>({storage.resolve(root)}, [&](const Value* value, const auto& reach) {
    const Op* op = value->op;
    if (op == nullptr || !work.inside.contains(op)) {
      const int buffer = storage.find(value);
      all_are &= buffer >= 0 && storage.buffers()[static_cast<size_t>(buffer)].layout == layout;
    } else if (op->kind == OpKind::kConstant) {
      all_are &= op->attr<ConstantAttributes>().is_splat();
    } else if (has_trait(op->kind, kElementwise) || op->kind == OpKind::kReshape) {
      for (const Value* operand : op->operands) reach(storage.resolve(operand));
    } else {
      all_are = false;
    }
  });
  return all_are;
}

// A block of a row-major input, f32 in the end, on its way into the layout of the block.
bool enters_block(const Storage& storage, const KernelWork& work, const ElementEmitter& emitter) {
  if (work.outputs.size() != 1) return false;
  const KernelOutput& output = work.outputs[0];
  const TensorType& type = output.value->type;
  return type.dtype == DType::kF32 && type.elements() >= kBlockExamples * emitter.lanes() &&
         storage.buffers()[static_cast<size_t>(output.buffer)].layout == Layout::kExamplesInner &&
         comes_from(Layout::kRowMajor, storage, work, output.value);
}

// Runs body(examples, first element, count) for tiles of as many elements of as many examples as there are lanes; the
// last of an example may have fewer.
void for_square_tiles(ElementEmitter& emitter, const TensorType& type,
                      const std::function<void(const Coord&, V, int64_t)>& body) {
  KernelBuilder& kernel = emitter.kernel();
  const int64_t lanes = emitter.lanes();
  const int64_t extent = type.elements() / kBlockExamples;
  const int64_t whole = extent / lanes * lanes;
  const auto tile = [&](const Coord& examples, V first, int64_t count) {
    body(examples, first, count);
    emitter.forget();
  };
  emitter.examples_loop([&](const Coord& examples) {
    kernel.loop(kernel.index(0), kernel.index(whole), lanes, [&](V first) { tile(examples, first, lanes); });
    if (whole < extent) tile(examples, kernel.index(whole), extent - whole);
  });
}

V mask_of(ElementEmitter& emitter, int64_t count) {
  return count < emitter.lanes() ? emitter.first_lanes(emitter.kernel().index(count)) : nullptr;
}

// A tile is computed along the rows, then transposed.
WorkUnits emit_into_block(KernelBuilder& kernel, const KernelWork& work, ElementEmitter& emitter) {
  const KernelOutput& output = work.outputs[0];
  const Shape& shape = output.value->type.shape;
  V target = kernel.buffer(output.buffer);
  for_square_tiles(emitter, output.value->type, [&](const Coord& examples, V first, int64_t count) {
    Position at(shape.size(), emitter.constant(0));
    at.back() = emitter.lane(first);
    std::vector<V> rows;
    emitter.under_mask(mask_of(emitter, count), [&] {
      for (int64_t i = 0; i < emitter.lanes(); ++i) {
        at[0] = emitter.uniform(emitter.index_of(emitter.offset(examples, i)));
        rows.push_back(emitter.emit(output.value, at));
      }
    });
    rows = transpose_lanes(kernel.ir(), std::move(rows));
    at[0] = examples;
    for (int64_t i = 0; i < count; ++i) {
      at.back() = emitter.offset(emitter.uniform(first), i);
      emitter.store(target, DType::kF32, emitter.address(output.buffer, shape, at), rows[static_cast<size_t>(i)]);
    }
  });
  return {1, false};
}

// A block on its way out, from its layout into that of the tensor.
bool leaves_block(const Storage& storage, const KernelWork& work, const ElementEmitter& emitter) {
  if (work.outputs.size() != 1 || work.adds) return false;
  const KernelOutput& output = work.outputs[0];
  const TensorType& type = output.value->type;
  return (type.dtype == DType::kF32 || type.dtype == DType::kPred) &&
         type.elements() >= kBlockExamples * emitter.lanes() &&
         storage.buffers()[static_cast<size_t>(output.buffer)].layout == Layout::kRowMajor &&
         comes_from(Layout::kExamplesInner, storage, work, output.value);
}

// Vectors of f32 are transposed; preds are 1 and 0 on their way.
std::vector<V> transposed(ElementEmitter& emitter, DType dtype, std::vector<V> elements) {
  const auto convert = [&](DType from, DType to) {
    for (V& element : elements) element = emitter.math().convert(from, to, element);
  };
  convert(dtype, DType::kF32);
  elements = transpose_lanes(emitter.ir(), std::move(elements));
  convert(DType::kF32, dtype);
  return elements;
}

// A tile is computed by elements of all its examples, then transposed and written along the rows.
WorkUnits emit_out_of_block(KernelBuilder& kernel, const KernelWork& work, ElementEmitter& emitter) {
  const KernelOutput& output = work.outputs[0];
  const DType dtype = output.value->type.dtype;
  const Shape& shape = output.value->type.shape;
  V target = kernel.buffer(output.buffer);
  for_square_tiles(emitter, output.value->type, [&](const Coord& examples, V first, int64_t count) {
    Position at(shape.size(), emitter.constant(0));
    at[0] = examples;
    std::vector<V> elements(static_cast<size_t>(emitter.lanes()), emitter.constant_of(dtype, 0));
    for (int64_t i = 0; i < count; ++i) {
      at.back() = emitter.offset(emitter.uniform(first), i);
      elements[static_cast<size_t>(i)] = emitter.emit(output.value, at);
    }
    elements = transposed(emitter, dtype, std::move(elements));
    at.back() = emitter.lane(first);
    emitter.under_mask(mask_of(emitter, count), [&] {
      for (int64_t i = 0; i < emitter.lanes(); ++i) {
        at[0] = emitter.uniform(emitter.index_of(emitter.offset(examples, i)));
        emitter.store(target, dtype, emitter.address(output.buffer, shape, at), elements[static_cast<size_t>(i)]);
      }
    });
  });
  return {1, false};
}

}  // namespace

namespace {

bool scatters_images(const Op& op) {
  return (op.kind == OpKind::kWindowPick || op.kind == OpKind::kWindowSpread) && space_dims(op) == 2;
}

}  // namespace

ScratchNeed block_scratch(const KernelWork& work, const Target& target) {
  const bool scatters = work.main != nullptr && scatters_images(*work.main);
  return scatters ? window_scatter_scratch(work, target) : ScratchNeed{};
}

WorkUnits emit_block_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  if (work.main == nullptr) return emit_block_loop(kernel, storage, work);
  const Op& main = *work.main;
  if (sums_examples(main)) return emit_block_sum(kernel, storage, work);
  if (scatters_images(main)) return emit_window_scatter_kernel(kernel, storage, work);
  return emit_block_loop(kernel, storage, work);
}

WorkUnits emit_block_loop(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  const Shape& shape = storage.resolve(work.outputs[0].value)->type.shape;
  ElementEmitter emitter(kernel, storage, work.inside, kernel.target().lanes);
  if (enters_block(storage, work, emitter)) return emit_into_block(kernel, work, emitter);
  if (leaves_block(storage, work, emitter)) return emit_out_of_block(kernel, work, emitter);
  std::vector<const Value*> roots;
  for (const KernelOutput& output : work.outputs) roots.push_back(output.value);
  const auto groups = groups_per_example(storage, work, shape, roots, emitter);
  const std::vector<Cuts> cuts = find_cuts(storage, work, shape, roots);
  emitter.examples_loop([&](const Coord& examples) {
    Position at(shape.size(), emitter.constant(0));
    at[0] = examples;
    nest(emitter, groups, cuts, at, [&] { store_outputs(emitter, work, at); });
  });
  return {1, false};
}

WorkUnits emit_block_sum(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  const Op& op = *work.main;
  const DType dtype = op.type().dtype;
  const Shape& shape = op.operands[0]->type.shape;
  const auto& dims = op.attr<DimsAttributes>().dims;
  ElementEmitter emitter(kernel, storage, work.inside, kernel.target().lanes);
  llvm::Type* type = emitter.type_of(dtype);
  KernelWork operand = work;
  operand.inside.erase(&op);
  auto separate = loop_boundaries(storage, operand, shape, {op.operands[0]}, emitter);
  const auto is_summed = [&](size_t d) { return std::ranges::count(dims, static_cast<int64_t>(d)) > 0; };
  for (size_t d = 0; d < separate.size(); ++d)
    if (d == 0 || is_summed(d) != is_summed(d + 1)) separate[d] = true;
  std::vector<LoopGroup> kept, summed;
  for (const LoopGroup& group : group_loops(shape, separate))
    if (group.dim != 0) (is_summed(group.dim) ? summed : kept).push_back(group);
  const LoopGroup inner = summed.empty() ? LoopGroup{0, 1} : summed.back();
  if (!summed.empty()) summed.pop_back();

  const int64_t count = kIndependentSums;
  std::vector<V> chains;
  for (int64_t i = 0; i < count; ++i) chains.push_back(kernel.stack(type));
  V sums = kernel.buffer(work.outputs[0].buffer);
  emitter.examples_loop([&](const Coord& examples) {
    Position at(shape.size(), emitter.constant(0));
    at[0] = examples;
    const auto add = [&](int64_t chain, const Coord& i) {
      if (inner.dim != 0) at[inner.dim] = i;
      V& slot = chains[static_cast<size_t>(chain)];
      V sum = emitter.math().add(dtype, kernel.ir().CreateLoad(type, slot), emitter.emit(op.operands[0], at));
      kernel.ir().CreateStore(sum, slot);
    };
    nest(emitter, kept, {}, at, [&] {
      for (V chain : chains) kernel.ir().CreateStore(llvm::Constant::getNullValue(type), chain);
      nest(emitter, summed, {}, at, [&] {
        const int64_t whole = inner.extent / count * count;
        if (inner.extent >= kIndependentSums)
          kernel.loop(kernel.index(0), kernel.index(whole), count, [&](V first) {
            for (int64_t i = 0; i < count; ++i) add(i, emitter.offset(emitter.uniform(first), i));
            emitter.forget();
          });
        for (int64_t i = whole; i < inner.extent; ++i) add(i - whole, emitter.constant(i));
      });
      V sum = nullptr;
      for (V chain : chains) {
        V part = kernel.ir().CreateLoad(type, chain);
        sum = sum == nullptr ? part : emitter.math().add(dtype, sum, part);
      }
      Position result;
      for (size_t d = 0; d < shape.size(); ++d)
        if (!is_summed(d)) result.push_back(at[d]);
      Coord address = emitter.scale(emitter.row_major(result, op.type().shape), kBlockExamples);
      address = emitter.add(address, examples);
      emitter.store(sums, dtype, address, emitter.math().add(dtype, emitter.load(sums, dtype, address), sum));
    });
  });
  return {1, false};
}

WorkUnits emit_sum_of_partials(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  const PartialSums& sums = work.sums;
  const Value* result = work.outputs[0].value;
  const DType dtype = result->type.dtype;
  const int lanes = sums.per_lane ? 1 : kernel.target().lanes;
  llvm::IRBuilder<>& ir = kernel.ir();
  LoopOptions options;
  options.lanes = lanes;
  options.chunk = &kSumsOfUnit;
  options.prepare = [&](ElementEmitter& emitter) {
    emitter.bind(result, [&](const Position& at) {
      const Coord element = emitter.row_major(at, result->type.shape);
      V sum = nullptr;
      for (int64_t partition = 0; partition < sums.partitions; ++partition) {
        V base = kernel.byte_offset(kernel.buffer(sums.buffer), sums.offset + partition * sums.stride);
        V part = nullptr;
        if (sums.per_lane) {
          llvm::Type* vector = kernel.vector_type(kernel.memory_type(dtype), kBlockExamples);
          part = ir.CreateAlignedLoad(vector, emitter.element_address(base, vector, element), llvm::Align(8));
        } else {
          part = emitter.load(base, dtype, element);
        }
        sum = sum == nullptr ? part : emitter.math().add(dtype, sum, part);
      }
      if (!sums.per_lane) return sum;
      return combine_lanes(ir, sum, [&](V a, V b) { return emitter.math().add(dtype, a, b); });
    });
  };
  return emit_loop_kernel(kernel, storage, work, options);
}

}  // namespace minnow
