#include "codegen/kernels/emit_loop.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "ir/walk.h"

namespace minnow {
namespace {

// A value as a loop nest reads it: its dimension d belongs to loop labels[d].
struct Reading {
  const Value* value;
  std::vector<int64_t> labels;
  bool operator==(const Reading&) const = default;
};
struct ReadingHash {
  size_t operator()(const Reading& reading) const {
    size_t hash = std::hash<const Value*>()(reading.value);
    for (const int64_t label : reading.labels) hash = hash * 31 + static_cast<size_t>(label);
    return hash;
  }
};

// Finds which neighbouring loops may run as one, walking from the results to what they read.
class BoundaryFinder {
 public:
  BoundaryFinder(const Storage& storage, const KernelWork& work, const Shape& shape, const ElementEmitter& emitter)
      : storage_(storage), work_(work), emitter_(emitter), shape_(shape),
        separate_(shape.empty() ? 0 : shape.size() - 1, false) {}

  std::vector<bool> find(const std::vector<const Value*>& roots) {
    std::vector<int64_t> labels(shape_.size());
    std::iota(labels.begin(), labels.end(), 0);
    std::vector<Reading> readings;
    for (const Value* root : roots) readings.push_back({storage_.resolve(root), labels});
    visit_each_once<Reading, ReadingHash>(std::move(readings),
                                          [this](const Reading& reading, const auto& reach) { visit(reading, reach); });
    return separate_;
  }

 private:
  template <typename Reach>
  void visit(const Reading& reading, const Reach& reach) {
    const Op* op = reading.value->op;
    if (op == nullptr || !work_.inside.contains(op)) return;
    if (op->kind == OpKind::kConstant || op->kind == OpKind::kRandom || emitter_.reads_flat(reading.value)) return;
    if (has_trait(op->kind, kElementwise)) {
      for (const Value* operand : op->operands) reach({storage_.resolve(operand), reading.labels});
    } else if (op->kind == OpKind::kBroadcast) {
      reach({storage_.resolve(op->operands[0]), labels_of_broadcast(*op, reading.labels)});
    } else {
      std::fill(separate_.begin(), separate_.end(), true);
    }
  }

  // Two loops that a broadcast treats alike stay together: both stretched, or both neighbours in the operand. Answers
  // the loops of the operand's dimensions.
  std::vector<int64_t> labels_of_broadcast(const Op& op, const std::vector<int64_t>& labels) {
    const auto& dims = op.attr<DimsAttributes>().dims;
    std::vector<int64_t> place(shape_.size(), -1);  // the operand's dimension by loop
    std::vector<int64_t> inner;
    for (size_t i = 0; i < dims.size(); ++i) {
      inner.push_back(labels[static_cast<size_t>(dims[i])]);
      place[static_cast<size_t>(inner.back())] = static_cast<int64_t>(i);
    }
    for (size_t d = 0; d < separate_.size(); ++d) {
      const bool both_stretched = place[d] < 0 && place[d + 1] < 0;
      const bool neighbours = place[d] >= 0 && place[d + 1] == place[d] + 1;
      if (!both_stretched && !neighbours) separate_[d] = true;
    }
    return inner;
  }

  const Storage& storage_;
  const KernelWork& work_;
  const ElementEmitter& emitter_;
  const Shape& shape_;
  std::vector<bool> separate_;
};

}  // namespace

std::vector<LoopGroup> group_loops(const Shape& shape, const std::vector<bool>& separate) {
  std::vector<LoopGroup> groups;
  int64_t extent = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    extent *= shape[i];
    if (i + 1 < shape.size() && !separate[i]) continue;
    if (extent != 1 || i + 1 == shape.size()) groups.push_back({i, extent});
    extent = 1;
  }
  if (groups.size() > 1 && groups.back().extent == 1) groups.pop_back();
  return groups;
}

std::vector<bool> loop_boundaries(const Storage& storage, const KernelWork& work, const Shape& shape,
                                  const std::vector<const Value*>& roots, const ElementEmitter& emitter) {
  return BoundaryFinder(storage, work, shape, emitter).find(roots);
}

std::vector<llvm::Value*> compute_outputs(ElementEmitter& emitter, const KernelWork& work, const Position& at) {
  std::vector<llvm::Value*> elements;
  for (const KernelOutput& output : work.outputs) elements.push_back(emitter.emit(output.value, at));
  return elements;
}

void store_computed(ElementEmitter& emitter, const KernelWork& work, const Position& at,
                    const std::vector<llvm::Value*>& elements) {
  for (size_t i = 0; i < elements.size(); ++i) {
    const KernelOutput& output = work.outputs[i];
    const TensorType& type = output.value->type;
    emitter.store(emitter.kernel().buffer(output.buffer), type.dtype, emitter.address(output.buffer, type.shape, at),
                  elements[i]);
  }
}

void store_outputs(ElementEmitter& emitter, const KernelWork& work, const Position& at) {
  std::vector<llvm::Value*> elements = compute_outputs(emitter, work, at);
  if (work.adds)
    for (size_t i = 0; i < elements.size(); ++i) {
      const KernelOutput& output = work.outputs[i];
      const TensorType& type = output.value->type;
      llvm::Value* sum = emitter.load(emitter.kernel().buffer(output.buffer), type.dtype,
                                      emitter.address(output.buffer, type.shape, at));
      elements[i] = emitter.math().add(type.dtype, sum, elements[i]);
    }
  store_computed(emitter, work, at, elements);
}

namespace {

// A unit goes through several short rows only where that leaves threads enough of them.
const Threshold kUnitsOfRows{"short rows that are units enough", 8};

// Random numbers are made four at a time, in words of 64 bits: with twice as many lanes these fill the registers. Not
// where functions are computed beside them, which are written for whole registers.
int widest_lanes(const KernelWork& work, int lanes) {
  const auto draws = [](const Op* op) { return op->kind == OpKind::kRandom; };
  const auto is_costly = [](const Op* op) { return has_trait(op->kind, kElementwise) && has_trait(op->kind, kCostly); };
  const bool is_wide =
      lanes > 1 && std::ranges::any_of(work.inside, draws) && std::ranges::none_of(work.inside, is_costly);
  return is_wide ? 2 * lanes : lanes;
}

// Vectors no longer than rows that fit into one: half empty ones cost as much as full ones, and stores of a part of
// their lanes more.
int fitting_lanes(int64_t row, int lanes) {
  return static_cast<int>(std::min<int64_t>(lanes, static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(row)))));
}

class LoopNest {
 public:
  LoopNest(const KernelWork& work, ElementEmitter& emitter, std::vector<LoopGroup> groups, const Threshold& chunk)
      : work_(work), emitter_(emitter), inner_(groups.back()), chunk_(chunk), chunks_(chunk.parts(inner_.extent)) {
    groups.pop_back();
    int64_t elements = inner_.extent;
    int64_t units = 1;
    for (const LoopGroup& group : groups) units *= group.extent;
    while (!groups.empty() && chunks_ == 1 && elements * groups.back().extent <= chunk &&
           units / groups.back().extent >= kUnitsOfRows) {
      elements *= groups.back().extent;
      units /= groups.back().extent;
      nested_.insert(nested_.begin(), groups.back());
      groups.pop_back();
    }
    outer_ = std::move(groups);
    for (const LoopGroup& group : outer_) add_digit(group.extent, 1);
    add_digit(elements, chunks_ == 1 ? elements : static_cast<int64_t>(chunk));
  }

  WorkUnits emit(size_t rank) {
    KernelBuilder& kernel = emitter_.kernel();
    kernel.loop(kernel.begin(), kernel.end(), 1, [&](llvm::Value* unit) {
      Position at(rank, emitter_.constant(0));
      Coord rest = emitter_.divide(emitter_.uniform(unit), chunks_);
      for (size_t i = outer_.size(); i-- > 0;) {
        at[outer_[i].dim] = i == 0 ? rest : emitter_.remainder(rest, outer_[i].extent);
        rest = emitter_.divide(rest, outer_[i].extent);
      }
      emit_nested(at, 0, unit);
    });
    int64_t units = chunks_;
    for (const LoopGroup& group : outer_) units *= group.extent;
    return {units, true, std::move(grid_)};
  }

 private:
  void add_digit(int64_t extent, int64_t step) {
    grid_.digits.push_back({static_cast<int64_t>(grid_.shape.size()), step});
    grid_.shape.push_back(extent);
  }

  void emit_nested(Position& at, size_t depth, llvm::Value* unit) {
    if (depth == nested_.size()) return emit_row(at, unit);
    emitter_.kernel().loop(0, nested_[depth].extent, [&](llvm::Value* i) {
      at[nested_[depth].dim] = emitter_.uniform(i);
      emit_nested(at, depth + 1, unit);
    });
  }

  void emit_row(Position& at, llvm::Value* unit) {
    KernelBuilder& kernel = emitter_.kernel();
    llvm::Value* from = kernel.index(0);
    llvm::Value* to = kernel.index(inner_.extent);
    if (chunks_ > 1) {
      from = emitter_.index_of(emitter_.scale(emitter_.remainder(emitter_.uniform(unit), chunks_), chunk_));
      to = kernel.ir().CreateBinaryIntrinsic(llvm::Intrinsic::smin, to,
                                             kernel.ir().CreateAdd(from, kernel.index(chunk_)));
    }
    emitter_.lanes_loop(from, to, [&](const Coord& lane) {
      at[inner_.dim] = lane;
      store_outputs(emitter_, work_, at);
    });
  }

  const KernelWork& work_;
  ElementEmitter& emitter_;
  std::vector<LoopGroup> outer_;   // a place in these is a unit,
  std::vector<LoopGroup> nested_;  // which goes through these
  LoopGroup inner_;                // in vectors,
  const Threshold& chunk_;
  int64_t chunks_;  // or through one of so many pieces of this
  UnitGrid grid_;
};

}  // namespace

WorkUnits emit_loop_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work,
                           const LoopOptions& options) {
  const Shape& shape = storage.resolve(work.outputs[0].value)->type.shape;
  std::vector<const Value*> roots;
  for (const KernelOutput& output : work.outputs) roots.push_back(output.value);
  const auto emitter_of = [&](int lanes) {
    ElementEmitter emitter(kernel, storage, work.inside, lanes);
    if (options.prepare) options.prepare(emitter);
    return emitter;
  };
  const int most_lanes = shape.empty()       ? 1
                         : options.lanes > 0 ? options.lanes
                                             : widest_lanes(work, kernel.target().lanes);
  const std::vector<LoopGroup> groups =
      group_loops(shape, loop_boundaries(storage, work, shape, roots, emitter_of(most_lanes)));
  ElementEmitter emitter = emitter_of(shape.empty() ? 1 : fitting_lanes(groups.back().extent, most_lanes));
  if (shape.empty()) {
    kernel.loop(kernel.begin(), kernel.end(), 1, [&](llvm::Value*) { store_outputs(emitter, work, {}); });
    return {1, false};
  }
  return LoopNest(work, emitter, groups, *options.chunk).emit(shape.size());
}

}  // namespace minnow
