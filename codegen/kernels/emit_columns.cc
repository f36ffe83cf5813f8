#include "codegen/kernels/emit_columns.h"

#include "codegen/element/accumulate.h"

namespace minnow {
namespace {

using V = llvm::Value*;

class Columns {
 public:
  Columns(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, int64_t dim)
      : kernel_(kernel), op_(*work.main), dtype_(op_.type().dtype), rows_(op_.type().dim(dim)),
        outer_(element_count({shape().begin(), shape().begin() + dim})),
        inner_(element_count({shape().begin() + dim + 1, shape().end()})),
        emitter_(kernel, storage, work.inside, inner_ > 1 ? kernel.target().lanes : 1),
        target_(kernel.buffer(work.outputs[0].buffer)) {}

  WorkUnits emit_scatter_add() {
    const int64_t updates = op_.operands[1]->type.elements();
    return for_each_unit([&] {
      emitter_.loop(0, rows_, [&](const Coord& row) {
        for_each_column([&](const Coord& column) { store(row, column, emitter_.constant_of(dtype_, 0)); });
      });
      emitter_.loop(0, updates, [&](const Coord& update) {
        V index = emit_row_index(emitter_, op_.operands[1], flat(op_.operands[1], update), rows_);
        const Coord row = emitter_.from_value(index, true);
        for_each_column([&](const Coord& column) {
          V sum = emitter_.load(target_, dtype_, address(rows_, row, column));
          store(row, column, emitter_.math().add(dtype_, sum, operand(updates, update, column)));
        });
      });
    });
  }

  WorkUnits emit_cumsum() {
    return for_each_unit([&] {
      for_each_column([&](const Coord& column) {
        Accumulator sum(emitter_, dtype_, 0);
        emitter_.loop(0, rows_, [&](const Coord& row) {
          sum.set(emitter_.math().add(dtype_, sum.get(), operand(rows_, row, column)));
          store(row, column, sum.get());
        });
      });
    });
  }

 private:
  const Shape& shape() const { return op_.type().shape; }

  template <typename Body>
  WorkUnits for_each_unit(Body body) {
    const int64_t chunk = kColumnsOfUnit, chunks = kColumnsOfUnit.parts(inner_);
    kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V unit) {
      emitter_.forget();
      block_ = emitter_.divide(emitter_.uniform(unit), chunks);
      from_ = emitter_.index_of(emitter_.scale(emitter_.remainder(emitter_.uniform(unit), chunks), chunk));
      to_ = kernel_.ir().CreateBinaryIntrinsic(llvm::Intrinsic::smin, kernel_.index(inner_),
                                               kernel_.ir().CreateAdd(from_, kernel_.index(chunk)));
      if (chunks == 1) from_ = kernel_.index(0), to_ = kernel_.index(inner_);
      body();
    });
    return {outer_ * chunks, true, {{outer_, rows_, inner_}, {{0, 1}, {2, chunk}}}};
  }

  template <typename Body>
  void for_each_column(Body body) {
    emitter_.lanes_loop(from_, to_, body);
  }

  // In a tensor [outer, rows, inner].
  Coord address(int64_t rows, const Coord& row, const Coord& column) {
    return emitter_.add(emitter_.scale(emitter_.add(emitter_.scale(block_, rows), row), inner_), column);
  }
  Position flat(const Value* value, const Coord& address) {
    Position at(value->type.shape.size(), emitter_.constant(0));
    if (!at.empty()) at.back() = address;
    return at;
  }
  V operand(int64_t rows, const Coord& row, const Coord& column) {
    return emitter_.emit(op_.operands[0], flat(op_.operands[0], address(rows, row, column)));
  }
  void store(const Coord& row, const Coord& column, V value) {
    emitter_.store(target_, dtype_, address(rows_, row, column), value);
  }

  KernelBuilder& kernel_;
  const Op& op_;
  DType dtype_;
  int64_t rows_, outer_, inner_;
  ElementEmitter emitter_;
  V target_;
  Coord block_;                      // of the unit
  V from_ = nullptr, to_ = nullptr;  // its columns
};

}  // namespace

WorkUnits emit_scatter_add(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return Columns(kernel, storage, work, work.main->attr<ScatterAttributes>().dim).emit_scatter_add();
}

WorkUnits emit_cumsum(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return Columns(kernel, storage, work, work.main->attr<DimAttributes>().dim).emit_cumsum();
}

}  // namespace minnow
