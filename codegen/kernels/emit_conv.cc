#include "codegen/kernels/emit_conv.h"

#include <algorithm>

#include "codegen/kernels/image_packing.h"
#include "codegen/schedule/tiling.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kMinLanes{"lanes of a machine with 32 registers", 16};
const Threshold kMaxArenaScratch{"bytes of packed images", int64_t{1} << 30};

// Tiles of output channels × pixels that fit 32 vector registers (or 16), tried in this order.
struct PixelTile {
  int64_t outputs, pixels;
};
constexpr PixelTile kTiles32[] = {{4, 5}, {3, 7}, {6, 4}, {4, 6}, {5, 4}, {3, 8}, {8, 2}, {2, 8}, {2, 10}, {4, 4}};
constexpr PixelTile kTiles16[] = {{3, 3}, {4, 2}, {2, 4}, {3, 4}};

// The tile that needs least time for all of a row: tiles that do not divide the row overlap their neighbour.
PixelTile choose_tile(const Correlation& c, int lanes) {
  const std::span<const PixelTile> tiles = lanes >= kMinLanes ? std::span<const PixelTile>(kTiles32) : kTiles16;
  PixelTile best{1, 1};
  double best_cost = 1e30;
  for (PixelTile tile : tiles) {
    tile.outputs = std::min(tile.outputs, c.group_outputs);
    tile.pixels = std::min(tile.pixels, c.out_width);
    const double loads = 0.5 * static_cast<double>(tile.outputs + tile.pixels);
    const double one = std::max({static_cast<double>(tile.outputs * tile.pixels), loads, 4.0}) + 0.5;
    const double cost =
        one * static_cast<double>(ceil_div(c.group_outputs, tile.outputs) * ceil_div(c.out_width, tile.pixels));
    if (cost < best_cost * 0.999) {
      best = tile;
      best_cost = cost;
    }
  }
  return best;
}

// Scratch of one image block: packed inputs, then a tile of output channels.
struct CorrelationScratch {
  int64_t input_bytes, output_bytes;
  CorrelationScratch(const Correlation& c, const PixelTile& tile, int lanes)
      : input_bytes((c.input.vectors() + lanes) * lanes * 4),
        output_bytes((tile.outputs * c.out_height * c.out_width + lanes) * lanes * 4) {}
  int64_t bytes() const { return input_bytes + output_bytes; }
};

class CorrelationKernel {
 public:
  CorrelationKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*work.main), c_(correlation_of(op_)), lanes_(kernel.target().lanes),
        tile_(choose_tile(c_, lanes_)), vector_(kernel, storage, work.inside, lanes_),
        scalar_(kernel, storage, work.inside, 1), packing_(vector_, c_.images),
        sums_(kernel, tile_.outputs, tile_.pixels, lanes_) {
    const KernelWork epilogue = without_main();
    std::vector<const Value*> roots;
    for (const KernelOutput& output : work.outputs) roots.push_back(output.value);
    rows_run_together_ = !loop_boundaries(storage, epilogue, op_.type().shape, roots, vector_)[2];
  }

  WorkUnits emit();

 private:
  KernelWork without_main() const {
    KernelWork rest = work_;
    rest.inside.erase(&op_);
    return rest;
  }
  void emit_group(V group);
  void emit_tile(V group, V output, V row, V column);
  void accumulate(V group, V output, V row, V column, V channel, V i);
  V weight(V group, V output, V channel, V i, int64_t j);
  V input_vector(V channel, V row, V column);
  void store_channel(V scratch, V channel);
  V number(int64_t value) { return kernel_.index(value); }
  V plus(V a, V b) { return kernel_.ir().CreateAdd(a, b); }
  V times(V a, int64_t b) { return kernel_.ir().CreateMul(a, number(b)); }

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& op_;
  Correlation c_;
  int lanes_;
  PixelTile tile_;
  ElementEmitter vector_, scalar_;
  ImagePacking packing_;
  RegisterTile sums_;
  bool rows_run_together_;
  V block_ = nullptr, input_ = nullptr, output_ = nullptr;
};

WorkUnits CorrelationKernel::emit() {
  const CorrelationScratch scratch(c_, tile_, lanes_);
  llvm::IRBuilder<>& ir = kernel_.ir();
  ScratchUnits units(kernel_, work_, {scratch.bytes(), ceil_div(c_.images, lanes_)});
  input_ = units.memory();
  output_ = ir.CreateGEP(ir.getInt8Ty(), input_, number(scratch.input_bytes));
  if (c_.input.has_gaps()) packing_.clear(input_, scratch.input_bytes);
  units.loop([&](V block) {
    block_ = block;
    packing_.pack(op_.operands[0], c_.input, block, input_);
    kernel_.loop(0, c_.groups, [&](V group) { emit_group(group); });
  });
  return {units.count(), true};
}

// The last tile of channels, and of pixels, moves back to end with the last one; what it computes again is not stored
// again.
void CorrelationKernel::emit_group(V group) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  auto at_most = [&](V a, int64_t b) { return ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, number(b)); };
  kernel_.loop(0, ceil_div(c_.group_outputs, tile_.outputs), [&](V tile) {
    V wanted = times(tile, tile_.outputs);
    V first = at_most(wanted, c_.group_outputs - tile_.outputs);
    kernel_.loop(0, c_.out_height, [&](V row) {
      kernel_.loop(0, ceil_div(c_.out_width, tile_.pixels), [&](V column_tile) {
        V column = at_most(times(column_tile, tile_.pixels), c_.out_width - tile_.pixels);
        emit_tile(group, first, row, column);
      });
    });
    kernel_.loop(wanted, plus(first, number(tile_.outputs)), 1, [&](V output) {
      const int64_t channel_floats = c_.out_height * c_.out_width * lanes_;
      V scratch = ir.CreateGEP(ir.getFloatTy(), output_, times(ir.CreateSub(output, first), channel_floats));
      store_channel(scratch, plus(times(group, c_.group_outputs), output));
    });
  });
}

void CorrelationKernel::emit_tile(V group, V output, V row, V column) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  sums_.clear();
  kernel_.loop(0, c_.group_inputs, [&](V channel) {
    kernel_.loop(0, c_.kernel_height, [&](V i) { accumulate(group, output, row, column, channel, i); });
  });
  for (int64_t o = 0; o < tile_.outputs; ++o) {
    for (int64_t p = 0; p < tile_.pixels; ++p) {
      V pixel = plus(plus(times(row, c_.out_width), column), number(o * c_.out_height * c_.out_width + p));
      V address = ir.CreateGEP(ir.getFloatTy(), output_, times(pixel, lanes_));
      ir.CreateAlignedStore(sums_.get(o, p), address, llvm::Align(lanes_ * 4));
    }
  }
}

// One row of the filter: all of its columns for the whole tile.
void CorrelationKernel::accumulate(V group, V output, V row, V column, V channel, V i) {
  V in_channel = plus(times(group, c_.group_inputs), channel);
  V in_row = plus(plus(times(row, c_.row_stride), times(i, c_.row_dilation)), number(c_.row_shift));
  V in_column = plus(times(column, c_.column_stride), number(c_.column_shift));
  for (int64_t j = 0; j < c_.kernel_width; ++j) {
    std::vector<V> pixels;
    for (int64_t p = 0; p < tile_.pixels; ++p) {
      pixels.push_back(
          input_vector(in_channel, in_row, plus(in_column, number(p * c_.column_stride + j * c_.column_dilation))));
    }
    for (int64_t o = 0; o < tile_.outputs; ++o) {
      V w = vector_.splat(weight(group, plus(output, number(o)), channel, i, j));
      for (int64_t p = 0; p < tile_.pixels; ++p) sums_.multiply_add(o, p, w, pixels[static_cast<size_t>(p)]);
    }
  }
}

V CorrelationKernel::weight(V group, V output, V channel, V i, int64_t j) {
  scalar_.forget();
  auto at = [&](V o, V c, V row, int64_t column) {
    return scalar_.emit(op_.operands[1],
                        {scalar_.uniform(o), scalar_.uniform(c), scalar_.uniform(row), scalar_.constant(column)});
  };
  if (!c_.rotated) return at(plus(times(group, c_.group_outputs), output), channel, i, j);
  V last = kernel_.ir().CreateSub(number(c_.kernel_height - 1), i);
  return at(plus(times(group, c_.group_inputs), channel), output, last, c_.kernel_width - 1 - j);
}

V CorrelationKernel::input_vector(V channel, V row, V column) {
  llvm::IRBuilder<>& ir = kernel_.ir();
  V index = plus(times(plus(times(channel, c_.input.height), row), c_.input.width), column);
  V address = ir.CreateGEP(ir.getFloatTy(), input_, times(index, lanes_));
  return ir.CreateAlignedLoad(kernel_.vector_type(ir.getFloatTy(), lanes_), address, llvm::Align(lanes_ * 4));
}

void CorrelationKernel::store_channel(V scratch, V channel) {
  packing_.unpack(scratch, c_.out_height * c_.out_width, block_, [&](V image, const Coord& pixel, V values) {
    Position at = {vector_.uniform(image), vector_.uniform(channel), vector_.constant(0), pixel};
    const Coord address = vector_.row_major(at, op_.type().shape);
    if (!rows_run_together_) {
      at[2] = vector_.divide(pixel, c_.out_width);
      at[3] = vector_.remainder(pixel, c_.out_width);
    }
    vector_.bind(op_.result(), [values](const Position&) { return values; });
    std::vector<V> elements;
    for (const KernelOutput& output : work_.outputs) elements.push_back(vector_.emit(output.value, at));
    for (size_t i = 0; i < elements.size(); ++i) {
      const KernelOutput& output = work_.outputs[i];
      vector_.store(kernel_.buffer(output.buffer), output.value->type.dtype, address, elements[i]);
    }
  });
}

ScratchNeed correlation_need(const Op& op, int lanes) {
  const Correlation c = correlation_of(op);
  return {CorrelationScratch(c, choose_tile(c, lanes), lanes).bytes(), ceil_div(c.images, lanes)};
}

}  // namespace

bool is_fast_conv(const Op& op) {
  if (!is_conv_of_images(op) || op.type().dtype != DType::kF32) return false;
  for (const Value* operand : op.operands) {
    if (operand->type.elements() == 0) return false;
  }
  if (op.type().elements() == 0) return false;
  if (op.kind == OpKind::kConvFilter) return conv_filter_scratch_bytes(op, 16) <= kMaxArenaScratch;
  const ScratchNeed need = correlation_need(op, 16);
  return need.bytes * kMaxScratchUnits.at_most(need.pieces) <= kMaxArenaScratch;
}

WorkUnits emit_correlation_kernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return CorrelationKernel(kernel, storage, work).emit();
}

ScratchNeed correlation_scratch(const KernelWork& work, const Target& target) {
  return correlation_need(*work.main, target.lanes);
}

}  // namespace minnow
