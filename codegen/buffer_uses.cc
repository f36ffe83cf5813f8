#include "codegen/buffer_uses.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "ir/contraction.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

// Elements of the first `dims` dimensions.
int64_t elements_of(const Shape& shape, size_t dims) {
  return element_count({shape.begin(), shape.begin() + static_cast<ptrdiff_t>(dims)});
}

bool is_plain(const AffineCoord& coord) {
  return coord.terms.size() == 1 && coord.terms[0].scale == 1 && coord.offset == 0 && coord.divisor == 1;
}

// Leading dimensions of the result, each of which is the operand's own: what has an index there reads the operand at
// it.
size_t shared_dims(const Op& op, size_t operand) {
  const Shape& in = op.operands[operand]->type.shape;
  const Shape& out = op.type().shape;
  const auto while_dim = [&](const auto& is_shared) {
    size_t d = 0;
    while (d < std::min(in.size(), out.size()) && in[d] == out[d] && is_shared(d)) ++d;
    return d;
  };
  if (has_trait(op.kind, kContraction)) {
    const Contraction contraction = contraction_of(op);
    const AffineMap& map = operand == 0 ? contraction.a : contraction.b;
    return while_dim([&](size_t d) {
      return is_plain(map[d]) && is_plain(contraction.y[d]) && map[d].terms[0].axis == contraction.y[d].terms[0].axis;
    });
  }
  if (has_trait(op.kind, kWindow)) return while_dim([](size_t d) { return d < 2; });
  if (has_trait(op.kind, kReduction)) {
    const std::vector<int64_t> dims = reduced_dims(op);  // there may be none
    return while_dim([&](size_t d) { return dims.empty() || d < static_cast<size_t>(dims.front()); });
  }
  switch (op.kind) {
    case OpKind::kBroadcast:
    case OpKind::kTranspose: {
      const auto& dims = op.attr<DimsAttributes>().dims;
      return while_dim([&](size_t d) { return dims[d] == static_cast<int64_t>(d); });
    }
    case OpKind::kReverse: {
      const auto& dims = op.attr<DimsAttributes>().dims;
      return while_dim([&](size_t d) { return std::ranges::find(dims, static_cast<int64_t>(d)) == dims.end(); });
    }
    case OpKind::kSlice:
    case OpKind::kPad: return while_dim([](size_t) { return true; });
    case OpKind::kConcat:
    case OpKind::kCumSum:
      return while_dim([&](size_t d) { return d < static_cast<size_t>(op.attr<DimAttributes>().dim); });
    case OpKind::kArgSort:
      return while_dim([&](size_t d) { return d < static_cast<size_t>(op.attr<SortAttributes>().dim); });
    default: return 0;
  }
}

// Seen as `rows` rows, an element of the result reads of the operand the row that it is in; 1: any.
int64_t rows_of_operand(const Op& op, size_t operand, int64_t rows) {
  const Shape& in = op.operands[operand]->type.shape;
  if (has_trait(op.kind, kElementwise) || op.kind == OpKind::kReshape) return rows;
  if (op.kind == OpKind::kGather) {
    const auto first = static_cast<size_t>(op.attr<DimAttributes>().dim);
    if (operand == 0) return std::gcd(rows, elements_of(in, first));
    return first == 0 ? std::gcd(rows, element_count(in)) : 1;
  }
  if (op.kind == OpKind::kRandom || op.kind == OpKind::kScatterAdd) return 1;
  return std::gcd(rows, elements_of(in, shared_dims(op, operand)));
}

// Walks from the outputs to the values in memory, as rows.
class ReadWalk {
 public:
  ReadWalk(const KernelWork& work, const Storage& storage) : work_(work), storage_(storage) {
    for (const KernelOutput& output : work.outputs) {
      const Value* value = storage.resolve(output.value);
      const bool is_computed = value->op != nullptr && work.inside.contains(value->op);
      const int64_t rows = std::max<int64_t>(1, element_count(value->type.shape));
      if (is_computed) visit(value, rows);
      else if (work.sums.buffer < 0) read(value, rows);
      if (work.adds) note(output.buffer, rows);
    }
    for (const Op* op : work.inside)  // what no output was seen to need
      for (const Value* operand : op->operands) {
        const Value* value = storage.resolve(operand);
        const bool is_inside = value->op != nullptr && work.inside.contains(value->op);
        if (!is_inside && !rows_.contains(storage.find(value))) read(value, 1);
      }
  }

  // 0: not read.
  int64_t rows(int buffer) const {
    const auto found = rows_.find(buffer);
    return found == rows_.end() ? 0 : found->second;
  }

 private:
  void visit(const Value* value, int64_t rows) {
    const auto [seen, is_new] = seen_.try_emplace(value, rows);
    if (!is_new && std::gcd(seen->second, rows) == seen->second) return;
    seen->second = std::gcd(seen->second, rows);
    const int64_t now = seen->second;
    const Op& op = *value->op;
    for (size_t i = 0; i < op.operands.size(); ++i) {
      const Value* operand = storage_.resolve(op.operands[i]);
      const int64_t rows_there = rows_of_operand(op, i, now);
      if (operand->op != nullptr && work_.inside.contains(operand->op)) visit(operand, rows_there);
      else read(operand, rows_there);
    }
  }

  void read(const Value* value, int64_t rows) {
    if (const int buffer = storage_.find(value); buffer >= 0) note(buffer, rows);
  }

  void note(int buffer, int64_t rows) {
    const auto [found, is_new] = rows_.try_emplace(buffer, rows);
    if (!is_new) found->second = std::gcd(found->second, rows);
  }

  const KernelWork& work_;
  const Storage& storage_;
  std::map<const Value*, int64_t> seen_;
  std::map<int, int64_t> rows_;
};

// The tensors that a buffer of partial sums has for each partition.
void read_partial_sums(const KernelWork& work, BufferUse& use) {
  const PartialSums& sums = work.sums;
  use.is_read = true;
  use.parts = sums.partitions;
  use.offset = sums.offset;
  use.stride = sums.stride;
  use.bytes = work.outputs[0].value->type.bytes() * (sums.per_lane ? kBlockExamples : 1);
  use.rows = work.outputs[0].value->type.elements();
}

}  // namespace

std::vector<BufferUse> buffer_uses(const KernelWork& work, const Storage& storage, const std::vector<int>& buffers,
                                   const UnitGrid& grid) {
  const ReadWalk reads(work, storage);
  std::vector<BufferUse> uses;
  for (const int buffer : buffers) {
    BufferUse& use = uses.emplace_back();
    use.bytes = storage.buffers()[static_cast<size_t>(buffer)].bytes;
    use.is_scratch = buffer == work.scratch;
    use.rows = std::max<int64_t>(1, reads.rows(buffer));
    use.is_read = reads.rows(buffer) > 0;
    if (work.sums.buffer == buffer) read_partial_sums(work, use);
    for (const KernelOutput& output : work.outputs) {
      if (output.buffer != buffer) continue;
      use.is_written = true;
      if (!grid.is_known()) continue;
      const int64_t elements = output.value->type.elements();
      if (elements == grid.elements()) use.grid_dims = grid.shape.size();
      else if (work.row && elements == grid.shape[0]) use.grid_dims = 1;
    }
    if (work.loop >= 0) use.rows = 1;
    if (!use.is_read && !use.is_written && !use.is_scratch) use.is_read = true;
  }
  return uses;
}

}  // namespace minnow
