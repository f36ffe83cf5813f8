// w[o, c, i, j] += sum over h, w of y[o, h, w] * x[c, h*s + i*d - p, w*s + j*d - p], per example. A tile of output
// channels × filter columns is summed in registers over the whole image, of several input channels where there are few
// columns; where a filter element would meet the padding it is left out.
#include <algorithm>

#include "codegen/kernels/emit_block.h"
#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/conv_shape.h"
#include "codegen/schedule/tiling.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;

constexpr int64_t kFewColumns = 4;  // pixels of x that pay for a pixel of y

class BlockConvFilter {
 public:
  BlockConvFilter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), op_(*work.main), c_(correlation_of_conv_filter(op_)),
        limit_(kernel.target().tiles.accumulators),
        columns_(largest_divisor(c_.kernel_width, kMaxFilterColumns.at_most(c_.kernel_width))),
        channels_(largest_divisor(c_.group_inputs, std::max<int64_t>(1, kFewColumns / columns_))),
        outputs_(largest_divisor(c_.group_outputs, std::max<int64_t>(1, limit_ / (columns_ * channels_)))),
        emitter_(kernel, storage, work.inside, kernel.target().lanes),
        tile_(kernel, outputs_, channels_ * columns_, emitter_.lanes()), sums_(kernel.buffer(work.outputs[0].buffer)),
        per_lane_(sums_lanes_apart(op_)) {}

  WorkUnits emit() {
    emitter_.examples_loop([&](const Coord& examples) {
      examples_ = examples;
      kernel_.loop(0, c_.groups, [&](V group) {
        kernel_.loop(0, c_.group_outputs / outputs_, [&](V tile) {
          output_ = emitter_.add(emitter_.scale(emitter_.uniform(group), c_.group_outputs),
                                 emitter_.scale(emitter_.uniform(tile), outputs_));
          kernel_.loop(0, c_.group_inputs / channels_, [&](V channels) {
            filter_channel_ = emitter_.scale(emitter_.uniform(channels), channels_);
            in_channel_ = emitter_.add(emitter_.scale(emitter_.uniform(group), c_.group_inputs), filter_channel_);
            kernel_.loop(0, c_.kernel_height, [&](V i) { emit_filter_row(i); });
          });
        });
      });
    });
    return {1, false};
  }

 private:
  void emit_filter_row(V i) {
    for (int64_t j = 0; j < c_.kernel_width; j += columns_) {
      if (!per_lane_) {
        tile_.clear();
        emit_rows(i, j);
        add_lanes_up(i, j);
        continue;
      }
      for_elements(i, j, [&](int64_t o, int64_t q, const Coord& address) {
        tile_.set(o, q, emitter_.load(sums_, DType::kF32, address));
      });
      emit_rows(i, j);
      for_elements(i, j, [&](int64_t o, int64_t q, const Coord& address) {
        emitter_.store(sums_, DType::kF32, address, tile_.get(o, q));
      });
    }
  }

  // Adds the tile to the sums, of which there is one for all lanes.
  void add_lanes_up(V i, int64_t j) {
    const auto lanes = static_cast<size_t>(emitter_.lanes());
    std::vector<V> vectors;
    std::vector<V> places;
    for_elements(i, j, [&](int64_t o, int64_t x, const Coord& element) {
      vectors.push_back(tile_.get(o, x));
      places.push_back(ir_.CreateGEP(ir_.getFloatTy(), sums_, element.base));
    });
    V zero = llvm::Constant::getNullValue(vectors[0]->getType());
    for (size_t first = 0; first < vectors.size(); first += lanes) {
      std::vector<V> group(lanes, zero);
      const size_t count = std::min(lanes, vectors.size() - first);
      std::copy_n(vectors.begin() + static_cast<ptrdiff_t>(first), count, group.begin());
      V totals = add_rows(ir_, std::move(group));
      for (size_t k = 0; k < count; ++k) {
        V place = places[first + k];
        V before = ir_.CreateAlignedLoad(ir_.getFloatTy(), place, llvm::Align(4));
        ir_.CreateAlignedStore(ir_.CreateFAdd(before, ir_.CreateExtractElement(totals, k)), place, llvm::Align(4));
      }
    }
  }

  void for_elements(V i, int64_t j, const std::function<void(int64_t, int64_t, const Coord&)>& body) {
    for (int64_t o = 0; o < outputs_; ++o) {
      for (int64_t x = 0; x < channels_ * columns_; ++x) {
        const Position at = {emitter_.offset(output_, o), emitter_.offset(filter_channel_, x / columns_),
                             emitter_.uniform(i), emitter_.constant(j + x % columns_)};
        const Coord element = emitter_.row_major(at, op_.type().shape);
        body(o, x, per_lane_ ? emitter_.add(emitter_.scale(element, kBlockExamples), examples_) : element);
      }
    }
  }

  // The output rows in which filter row i meets the image: 0 <= h*s + i*d - p < H.
  void emit_rows(V i, int64_t j) {
    V offset = ir_.CreateSub(ir_.CreateMul(i, kernel_.index(c_.row_dilation)), kernel_.index(c_.input.top));
    const int64_t s = c_.row_stride;
    V first = ir_.CreateSDiv(ir_.CreateSub(kernel_.index(s - 1), offset), kernel_.index(s));
    first = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, first, kernel_.index(0));
    V room = ir_.CreateSub(kernel_.index(c_.input.image_height - 1 + s), offset);  // (H - 1 - offset) / s + 1
    V last = ir_.CreateSDiv(ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, room, kernel_.index(0)), kernel_.index(s));
    last = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, last, kernel_.index(c_.out_height));
    kernel_.loop(first, last, 1, [&](V row) {
      const Coord x_row = emitter_.uniform(ir_.CreateAdd(ir_.CreateMul(row, kernel_.index(s)), offset));
      emit_columns(emitter_.uniform(row), x_row, j);
    });
  }

  int64_t image_column(int64_t column, int64_t j) const {
    return column * c_.column_stride + j * c_.column_dilation - c_.input.left;
  }

  // Columns that meet the image with all of the tile share a loop, those at the edges are emitted each for itself.
  void emit_columns(const Coord& y_row, const Coord& x_row, int64_t j) {
    const auto is_interior = [&](int64_t column) {
      return image_column(column, j) >= 0 && image_column(column, j + columns_ - 1) < c_.input.image_width;
    };
    int64_t begin = 0, end = c_.out_width;
    while (begin < end && !is_interior(begin)) ++begin;
    while (end > begin && !is_interior(end - 1)) --end;
    const auto edge = [&](int64_t column) {
      accumulate(y_row, emitter_.constant(column), x_row, emitter_.constant(image_column(column, j)), [&](int64_t q) {
        const int64_t at = image_column(column, j + q);
        return at >= 0 && at < c_.input.image_width;
      });
    };
    for (int64_t column = 0; column < begin; ++column) edge(column);
    kernel_.loop(begin, end, [&](V column) {
      const Coord x = emitter_.offset(emitter_.scale(emitter_.uniform(column), c_.column_stride), image_column(0, j));
      accumulate(y_row, emitter_.uniform(column), x_row, x, [](int64_t) { return true; });
    });
    for (int64_t column = end; column < c_.out_width; ++column) edge(column);
  }

  void accumulate(const Coord& y_row, const Coord& y_column, const Coord& x_row, const Coord& x_column,
                  const std::function<bool(int64_t)>& meets) {
    emitter_.forget();
    std::vector<V> x;
    for (int64_t i = 0; i < channels_ * columns_; ++i) {
      const int64_t q = i % columns_;
      const Position at = {examples_, emitter_.offset(in_channel_, i / columns_), x_row,
                           emitter_.offset(x_column, q * c_.column_dilation)};
      x.push_back(meets(q) ? emitter_.emit(op_.operands[0], at) : nullptr);
    }
    for (int64_t o = 0; o < outputs_; ++o) {
      V y = emitter_.emit(op_.operands[1], {examples_, emitter_.offset(output_, o), y_row, y_column});
      for (size_t i = 0; i < x.size(); ++i)
        if (x[i] != nullptr) tile_.multiply_add(o, static_cast<int64_t>(i), y, x[i]);
    }
    emitter_.forget();
  }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const Op& op_;
  Correlation c_;
  int64_t limit_, columns_, channels_, outputs_;
  ElementEmitter emitter_;
  RegisterTile tile_;
  V sums_;
  bool per_lane_;
  Coord examples_, output_, filter_channel_, in_channel_;
};

}  // namespace

WorkUnits emit_block_conv_filter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return BlockConvFilter(kernel, storage, work).emit();
}

}  // namespace minnow
