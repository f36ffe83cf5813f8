// conv_filter: w[o,c,i,j] = sum over n,h,w of y[n,o,h,w] * x[n,c,h*s + i*d - p, w*s + j*d - p]; a vector holds the
// products of as many images as it has lanes.
#include <algorithm>

#include "codegen/kernels/emit_conv.h"
#include "codegen/kernels/image_packing.h"
#include "codegen/schedule/tiling.h"

namespace minnow {

namespace {

using V = llvm::Value*;

// Fixed, so that sums do not depend on the number of threads.
const Threshold kPartitions{"partitions of a filter's gradient", 16};
const Threshold kFilterElementsOfUnit{"elements of a filter of a unit", 64};

// Where things lie: partitions of the sums first, then each partition's packed x and y.
struct FilterScratch {
  Correlation c;
  PackedImages y;
  int64_t blocks, partitions, elements, lanes;

  FilterScratch(const Op& op, int lane_count)
      : c(correlation_of_conv_filter(op)), blocks(ceil_div(c.images, lane_count)),
        partitions(kPartitions.at_most(blocks)), elements(op.type().elements()), lanes(lane_count) {
    y.channels = c.outputs();
    y.height = y.image_height = c.out_height;
    y.width = y.image_width = c.out_width;
  }
  int64_t sum_bytes() const { return elements * lanes * 4; }
  int64_t x_bytes() const { return (c.input.vectors() + lanes) * lanes * 4; }
  int64_t y_bytes() const { return (y.vectors() + lanes) * lanes * 4; }
  int64_t image_bytes() const { return x_bytes() + y_bytes(); }
  int64_t bytes() const { return partitions * (sum_bytes() + image_bytes()); }
};

class FilterKernel {
 public:
  FilterKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*work.main), s_(op_, kernel.target().lanes), c_(s_.c),
        vector_(kernel, storage, work.inside, kernel.target().lanes), packing_(vector_, c_.images) {
    const int64_t registers = kernel.target().tiles.accumulators;
    tile_columns_ = largest_divisor(c_.kernel_width, kMaxFilterColumns.at_most(c_.kernel_width));
    tile_outputs_ = largest_divisor(c_.group_outputs, std::max<int64_t>(1, registers / tile_columns_));
    sums_ = std::make_unique<RegisterTile>(kernel, tile_outputs_, tile_columns_, kernel.target().lanes);
  }

  WorkUnits emit();

 private:
  void emit_block();
  void emit_tile(V group, V output, V channel, V i, V j);
  V load(V base, V index);
  V vector_at(V base, V index) {
    return kernel_.ir().CreateGEP(kernel_.ir().getFloatTy(), base, times(index, s_.lanes));
  }
  V number(int64_t value) { return kernel_.index(value); }
  V plus(V a, V b) { return kernel_.ir().CreateAdd(a, b); }
  V times(V a, int64_t b) { return kernel_.ir().CreateMul(a, number(b)); }
  V byte_offset(V base, V bytes) { return kernel_.ir().CreateGEP(kernel_.ir().getInt8Ty(), base, bytes); }

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& op_;
  FilterScratch s_;
  const Correlation& c_;
  ElementEmitter vector_;
  ImagePacking packing_;
  int64_t tile_columns_, tile_outputs_;
  std::unique_ptr<RegisterTile> sums_;
  V x_ = nullptr, y_ = nullptr, total_ = nullptr;
};

WorkUnits FilterKernel::emit() {
  llvm::IRBuilder<>& ir = kernel_.ir();
  V memory = kernel_.buffer(work_.scratch);
  kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V partition) {
    total_ = byte_offset(memory, times(partition, s_.sum_bytes()));
    x_ = byte_offset(memory, plus(number(s_.partitions * s_.sum_bytes()), times(partition, s_.image_bytes())));
    y_ = byte_offset(x_, number(s_.x_bytes()));
    packing_.clear(total_, s_.sum_bytes());
    if (c_.input.has_gaps()) packing_.clear(x_, s_.x_bytes());
    V from = ir.CreateSDiv(times(partition, s_.blocks), number(s_.partitions));
    V to = ir.CreateSDiv(times(plus(partition, number(1)), s_.blocks), number(s_.partitions));
    kernel_.loop(from, to, 1, [&](V block) {
      packing_.pack(op_.operands[0], c_.input, block, x_);
      packing_.pack(op_.operands[1], s_.y, block, y_);
      emit_block();
    });
  });
  return {s_.partitions, true};
}

void FilterKernel::emit_block() {
  kernel_.loop(0, c_.groups, [&](V group) {
    kernel_.loop(0, c_.group_outputs / tile_outputs_, [&](V tile) {
      kernel_.loop(0, c_.group_inputs, [&](V channel) {
        kernel_.loop(0, c_.kernel_height, [&](V i) {
          kernel_.loop(0, c_.kernel_width / tile_columns_,
                       [&](V j) { emit_tile(group, times(tile, tile_outputs_), channel, i, times(j, tile_columns_)); });
        });
      });
    });
  });
}

V FilterKernel::load(V base, V index) {
  llvm::Type* type = kernel_.vector_type(kernel_.ir().getFloatTy(), vector_.lanes());
  return kernel_.ir().CreateAlignedLoad(type, vector_at(base, index), llvm::Align(static_cast<uint64_t>(s_.lanes * 4)));
}

// The sums of tile_outputs × tile_columns filter elements over all pixels of the block.
void FilterKernel::emit_tile(V group, V output, V channel, V i, V j) {
  V first_output = plus(times(group, c_.group_outputs), output);
  V in_channel = plus(times(group, c_.group_inputs), channel);
  auto element = [&](int64_t o, int64_t q) {
    V row = plus(times(plus(times(plus(first_output, number(o)), c_.group_inputs), channel), c_.kernel_height), i);
    return plus(times(row, c_.kernel_width), plus(j, number(q)));
  };
  for (int64_t o = 0; o < tile_outputs_; ++o) {
    for (int64_t q = 0; q < tile_columns_; ++q) sums_->set(o, q, load(total_, element(o, q)));
  }
  kernel_.loop(0, c_.out_height, [&](V row) {
    V x_row = plus(times(row, c_.row_stride), times(i, c_.row_dilation));
    V x_first =
        plus(times(plus(times(in_channel, c_.input.height), x_row), c_.input.width), times(j, c_.column_dilation));
    V y_first = times(plus(times(first_output, c_.out_height), row), c_.out_width);
    kernel_.loop(0, c_.out_width, [&](V column) {
      std::vector<V> x;
      for (int64_t q = 0; q < tile_columns_; ++q) {
        x.push_back(load(x_, plus(plus(x_first, times(column, c_.column_stride)), number(q * c_.column_dilation))));
      }
      for (int64_t o = 0; o < tile_outputs_; ++o) {
        V y = load(y_, plus(plus(y_first, column), number(o * c_.out_height * c_.out_width)));
        for (int64_t q = 0; q < tile_columns_; ++q) sums_->multiply_add(o, q, y, x[static_cast<size_t>(q)]);
      }
    });
  });
  for (int64_t o = 0; o < tile_outputs_; ++o) {
    for (int64_t q = 0; q < tile_columns_; ++q) {
      kernel_.ir().CreateAlignedStore(sums_->get(o, q), vector_at(total_, element(o, q)),
                                      llvm::Align(static_cast<uint64_t>(s_.lanes * 4)));
    }
  }
}

}  // namespace

int64_t conv_filter_scratch_bytes(const Op& op, int lanes) { return FilterScratch(op, lanes).bytes(); }

WorkUnits emit_conv_filter_partial(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return FilterKernel(kernel, storage, work).emit();
}

WorkUnits emit_conv_filter_finish(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  const int lanes = kernel.target().lanes;
  const FilterScratch scratch(*work.main, lanes);
  llvm::IRBuilder<>& ir = kernel.ir();
  llvm::Type* vector = kernel.vector_type(ir.getFloatTy(), lanes);
  V memory = kernel.buffer(work.scratch);
  LoopOptions options;
  options.lanes = 1;
  options.chunk = &kFilterElementsOfUnit;
  options.prepare = [&](ElementEmitter& emitter) {
    emitter.bind(work.main->result(), [&, vector, memory](const Position& at) {
      V element = emitter.row_major(at, work.main->type().shape).base;
      V sum = nullptr;
      for (int64_t partition = 0; partition < scratch.partitions; ++partition) {
        V index = ir.CreateAdd(element, kernel.index(partition * scratch.elements));
        V address = ir.CreateGEP(vector, memory, index);
        V part = ir.CreateAlignedLoad(vector, address, llvm::Align(static_cast<uint64_t>(lanes * 4)));
        sum = sum == nullptr ? part : ir.CreateFAdd(sum, part);
      }
      return add_lanes(ir, sum);
    });
  };
  KernelWork rest = work;
  rest.inside.erase(work.main);
  return emit_loop_kernel(kernel, storage, rest, options);
}

}  // namespace minnow
