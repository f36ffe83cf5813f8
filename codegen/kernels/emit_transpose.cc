#include "codegen/kernels/emit_transpose.h"

#include <algorithm>

#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/tiling.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kFewPlaces{"places of a dimension that hardly fill a square", 7};

const std::vector<int64_t>& permutation_of(const Op& op) { return op.attr<DimsAttributes>().dims; }

bool moves_innermost(const Op& op) {
  if (op.kind != OpKind::kTranspose) return false;
  const std::vector<int64_t>& permutation = permutation_of(op);
  return !permutation.empty() && permutation.back() + 1 != static_cast<int64_t>(permutation.size());
}

// The kernel's only transpose of this kind, nullptr if there are others or none.
const Op* transpose_in(const KernelWork& work) {
  const auto found = std::ranges::find_if(work.inside, [](const Op* op) { return moves_innermost(*op); });
  const bool is_only = std::ranges::count_if(work.inside, [](const Op* op) { return moves_innermost(*op); }) == 1;
  return is_only ? *found : nullptr;
}

// A transpose as one of fewer dimensions, where some stay neighbours.
struct Merged {
  Shape from;
  std::vector<int64_t> permutation;
  std::vector<size_t> dims;  // of the operand's, in which each is counted through: the last of those that it is
};

// Only of a kernel that does nothing else: others may see the dimensions apart.
Merged merged(const KernelWork& work) {
  const Op& op = *transpose_in(work);
  const Shape& shape = op.operands[0]->type.shape;
  const std::vector<int64_t>& permutation = permutation_of(op);
  std::vector<int64_t> place(shape.size()), merged_dim(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) place[static_cast<size_t>(permutation[i])] = static_cast<int64_t>(i);
  Merged m;
  for (size_t d = 0; d < shape.size(); ++d) {
    if (d > 0 && work.inside.size() == 1 && place[d] == place[d - 1] + 1) {
      m.from.back() *= shape[d];
      m.dims.back() = d;
    } else {
      m.from.push_back(shape[d]);
      m.dims.push_back(d);
    }
    merged_dim[d] = std::ssize(m.from) - 1;
  }
  for (const int64_t dim : permutation)
    if (const int64_t now = merged_dim[static_cast<size_t>(dim)]; m.permutation.empty() || m.permutation.back() != now)
      m.permutation.push_back(now);
  return m;
}

// x [.., rows, .., columns] → y [.., columns, .., rows]: rows are the operand's dimension that becomes the last,
// columns its last.
class Squares {
 public:
  Squares(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*transpose_in(work)), merged_(merged(work)), from_(merged_.from),
        emitter_(kernel, storage, work.inside, kernel.target().lanes), lanes_(emitter_.lanes()) {
    const std::vector<int64_t>& permutation = merged_.permutation;
    row_dim_ = static_cast<size_t>(permutation.back());
    for (size_t i = 0; i < from_.size(); ++i)
      if (i != row_dim_ && i + 1 != from_.size()) outer_.push_back(i);
  }

  // A unit is as many columns as there are lanes, and so many of their rows that it is worth one.
  WorkUnits emit() {
    const int64_t columns = from_.back(), blocks = ceil_div(columns, lanes_);
    const int64_t rows_of_unit = kElementsOfUnit / lanes_, parts = kElementsOfUnit.parts(from_[row_dim_] * lanes_);
    int64_t units = blocks * parts;
    for (const size_t dim : outer_) units *= from_[dim];
    kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
      const Coord column_block = emitter_.divide(emitter_.uniform(unit), parts);
      const Position at = outer_position(emitter_.divide(column_block, blocks));
      V part = emitter_.index_of(emitter_.remainder(emitter_.uniform(unit), parts));
      V block = emitter_.index_of(emitter_.remainder(column_block, blocks));
      for_tiles(kernel_, columns, lanes_, block, following(block),
                [&](V first, int64_t count) { emit_rows(at, part, rows_of_unit / lanes_, first, count); });
    });
    UnitGrid grid;
    for (const int64_t dim : merged_.permutation) grid.shape.push_back(from_[static_cast<size_t>(dim)]);
    for (const size_t dim : outer_) grid.digits.push_back({place_of(dim), 1});
    grid.digits.push_back({place_of(from_.size() - 1), lanes_});
    grid.digits.push_back({place_of(row_dim_), rows_of_unit});
    return {units, true, std::move(grid)};
  }

 private:
  // The result's dimension that a dimension of the operand becomes.
  int64_t place_of(size_t dim) const {
    const std::vector<int64_t>& permutation = merged_.permutation;
    return std::ranges::find(permutation, static_cast<int64_t>(dim)) - permutation.begin();
  }

  Position outer_position(Coord unit) {
    Position at(from_.size(), emitter_.constant(0));
    for (size_t i = outer_.size(); i-- > 0;) {
      at[outer_[i]] = i == 0 ? unit : emitter_.remainder(unit, from_[outer_[i]]);
      unit = emitter_.divide(unit, from_[outer_[i]]);
    }
    return at;
  }

  V following(V index) { return kernel_.ir().CreateAdd(index, kernel_.index(1)); }

  // Part `part` of the rows, which has so many squares.
  void emit_rows(const Position& at, V part, int64_t squares, V first_column, int64_t columns) {
    const int64_t rows = from_[row_dim_];
    llvm::IRBuilder<>& ir = kernel_.ir();
    V from = ir.CreateMul(part, kernel_.index(squares));
    V to = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, kernel_.index(ceil_div(rows, lanes_)),
                                    ir.CreateMul(following(part), kernel_.index(squares)));
    for_tiles(kernel_, rows, lanes_, from, to,
              [&](V first_row, int64_t count) { emit_square(at, first_row, count, first_column, columns); });
  }

  void emit_square(Position at, V first_row, int64_t rows, V first_column, int64_t columns) {
    emitter_.forget();
    const DType dtype = op_.type().dtype;
    std::vector<V> square(static_cast<size_t>(lanes_), llvm::Constant::getNullValue(emitter_.type_of(dtype)));
    at.back() = emitter_.lane(first_column);
    emitter_.under_mask(mask_of(columns), [&] {
      for (int64_t i = 0; i < rows; ++i) {
        at[row_dim_] = emitter_.offset(emitter_.uniform(first_row), i);
        square[static_cast<size_t>(i)] = emitter_.emit(op_.operands[0], position_of(at));
      }
    });
    square = transpose_lanes(kernel_.ir(), std::move(square));
    at[row_dim_] = emitter_.lane(first_row);
    emitter_.under_mask(mask_of(rows), [&] {
      for (int64_t i = 0; i < columns; ++i) {
        at.back() = emitter_.offset(emitter_.uniform(first_column), i);
        store_column(permuted(position_of(at)), square[static_cast<size_t>(i)]);
      }
    });
    emitter_.forget();
  }

  // With what the kernel computes from it.
  void store_column(const Position& at, V column) {
    emitter_.bind(op_.result(), [&](const Position& asked) { return asked == at ? column : nullptr; });
    store_outputs(emitter_, work_, at);
    emitter_.unbind(op_.result());
  }

  V mask_of(int64_t count) { return count == lanes_ ? nullptr : emitter_.first_lanes(kernel_.index(count)); }

  // In all of the operand's dimensions.
  Position position_of(const Position& at) {
    Position position(op_.type().shape.size(), emitter_.constant(0));
    for (size_t i = 0; i < at.size(); ++i) position[merged_.dims[i]] = at[i];
    return position;
  }

  Position permuted(const Position& at) const {
    Position result;
    for (const int64_t dim : permutation_of(op_)) result.push_back(at[static_cast<size_t>(dim)]);
    return result;
  }

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& op_;
  const Merged merged_;
  const Shape& from_;
  ElementEmitter emitter_;
  int64_t lanes_;
  size_t row_dim_ = 0;
  std::vector<size_t> outer_;
};

}  // namespace

bool is_transpose_by_squares(const KernelWork& work) {
  if (work.main != nullptr || work.loop >= 0 || work.adds) return false;
  const Op* op = transpose_in(work);
  if (op == nullptr || (op->type().dtype != DType::kF32 && op->type().dtype != DType::kI32)) return false;
  const auto has_its_shape = [&](const KernelOutput& output) { return output.value->type.shape == op->type().shape; };
  if (!std::ranges::all_of(work.outputs, has_its_shape) || op->type().elements() == 0) return false;
  const Merged m = merged(work);
  return m.from[static_cast<size_t>(m.permutation.back())] > kFewPlaces && m.from.back() > kFewPlaces;
}

WorkUnits emit_transpose(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return Squares(kernel, storage, work).emit();
}

}  // namespace minnow
