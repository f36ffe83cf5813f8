// out[o, h, w] = sum over c, i, j of in[c, h*s + i*d + shift, w*s + j*d + shift] * weight(o, c, i, j), for conv and
// conv_input; see conv_shape.h. A tile of output channels × neighbouring pixels is summed in registers over input
// channels and filter. Rows and columns of the padding are left out, not multiplied by zero.
#include <algorithm>

#include "codegen/kernels/emit_block.h"
#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/conv_shape.h"
#include "codegen/schedule/tiling.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

using V = llvm::Value*;

struct ConvTile {
  int64_t outputs = 1, pixels = 1;
};

constexpr double kChains = 8;  // sums that keep two FMA units busy: each takes four cycles

// The tile of most accumulators that, evened out over channels and columns, wastes least.
ConvTile cheapest_tile(const Correlation& c, int64_t limit) {
  ConvTile best;
  double best_cost = 1e30;
  for (int64_t outputs = 1; outputs <= std::min<int64_t>(limit, c.group_outputs); ++outputs) {
    for (int64_t pixels = 1; pixels <= std::min<int64_t>(limit / outputs, c.out_width); ++pixels) {
      const double multiplies = static_cast<double>(outputs * pixels);
      const double loads = 0.5 * static_cast<double>(outputs) + static_cast<double>(pixels);
      const double one = std::max({multiplies, loads, kChains}) + 0.3 * loads / multiplies;
      const double tiles = static_cast<double>(ceil_div(c.group_outputs, outputs) * ceil_div(c.out_width, pixels));
      if (one * tiles >= best_cost) continue;
      best_cost = one * tiles;
      best = {outputs, pixels};
    }
  }
  return best;
}

ConvTile choose_tile(const Correlation& c, const RegisterTiles& tiles) {
  if (tiles.conv.rows == 0) return cheapest_tile(c, tiles.accumulators);
  return {even_tile(c.group_outputs, tiles.conv.rows), even_tile(c.out_width, tiles.conv.vectors)};
}

class BlockConv {
 public:
  BlockConv(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), work_(work), op_(*work.main), c_(correlation_of(op_)),
        tile_(choose_tile(c_, kernel.target().tiles)), emitter_(kernel, storage, work.inside, kernel.target().lanes),
        sums_(kernel, tile_.outputs, tile_.pixels, emitter_.lanes()) {}

  WorkUnits emit() {
    emitter_.examples_loop([&](const Coord& examples) {
      examples_ = examples;
      kernel_.loop(0, c_.groups, [&](V group) {
        group_ = group;
        kernel_.loop(0, c_.out_height, [&](V row) { emit_row(row); });
      });
    });
    return {1, false};
  }

 private:
  // The last tile of channels moves back to end with the last one.
  void emit_row(V row) {
    row_ = row;
    find_filter_rows();
    kernel_.loop(0, ceil_div(c_.group_outputs, tile_.outputs), [&](V tile) {
      V wanted = ir_.CreateMul(tile, kernel_.index(tile_.outputs));
      output_ =
          ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, wanted, kernel_.index(c_.group_outputs - tile_.outputs));
      emit_column_tiles();
    });
  }

  // Tiles whose columns all meet the image share one loop; the others, at the edges, are emitted each for itself.
  void emit_column_tiles() {
    const int64_t count = ceil_div(c_.out_width, tile_.pixels);
    for (int64_t tile = 0; tile < count;) {
      const int64_t column = std::min(tile * tile_.pixels, c_.out_width - tile_.pixels);
      int64_t last = tile;
      while (last < count && last * tile_.pixels + tile_.pixels <= c_.out_width && is_interior(last * tile_.pixels))
        ++last;
      if (last - tile > 1) {
        kernel_.loop(tile, last, [&](V i) { emit_tile(ir_.CreateMul(i, kernel_.index(tile_.pixels)), -1); });
        tile = last;
      } else {
        emit_tile(kernel_.index(column), is_interior(column) ? -1 : column);
        ++tile;
      }
    }
  }

  // A column of the image itself, which lies inside the padding and may be spread out.
  int64_t image_column(int64_t out_column, int64_t j) const {
    return out_column * c_.column_stride + j * c_.column_dilation + c_.column_shift - c_.input.left;
  }
  bool exists(int64_t image_column) const {
    return image_column >= 0 && image_column % c_.input.column_spread == 0 &&
           image_column / c_.input.column_spread < c_.input.image_width;
  }
  bool is_interior(int64_t column) const {
    return c_.input.column_spread == 1 && image_column(column, 0) >= 0 &&
           image_column(column + tile_.pixels - 1, c_.kernel_width - 1) < c_.input.image_width;
  }

  // Filter rows [first, last) meet the image in this row, where the image is not spread out.
  void find_filter_rows() {
    const auto clamp = [&](V value, int64_t low, int64_t high) {
      value = ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, value, kernel_.index(low));
      return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, value, kernel_.index(high));
    };
    const int64_t d = c_.row_dilation;
    image_row_ =
        ir_.CreateAdd(ir_.CreateMul(row_, kernel_.index(c_.row_stride)), kernel_.index(c_.row_shift - c_.input.top));
    const int64_t height = (c_.input.image_height - 1) * c_.input.row_spread + 1;
    V before = clamp(ir_.CreateNeg(image_row_), 0, c_.kernel_height * d);
    V until = clamp(ir_.CreateSub(kernel_.index(height - 1), image_row_), -d, (c_.kernel_height - 1) * d);
    first_filter_row_ = ir_.CreateSDiv(ir_.CreateAdd(before, kernel_.index(d - 1)), kernel_.index(d));
    last_filter_row_ = ir_.CreateSDiv(ir_.CreateAdd(until, kernel_.index(d)), kernel_.index(d));
  }

  // `edge` is the column if it is a constant whose tile the padding reaches into, else -1.
  void emit_tile(V column, int64_t edge) {
    sums_.clear();
    emitter_.forget();
    kernel_.loop(0, c_.group_inputs, [&](V channel) {
      kernel_.loop(first_filter_row_, last_filter_row_, 1, [&](V i) {
        V row = ir_.CreateAdd(image_row_, ir_.CreateMul(i, kernel_.index(c_.row_dilation)));
        if (c_.input.row_spread == 1) return accumulate(channel, i, row, column, edge);
        V rest = ir_.CreateSRem(row, kernel_.index(c_.input.row_spread));
        kernel_.when(ir_.CreateICmpEQ(rest, kernel_.index(0)), [&] {
          accumulate(channel, i, ir_.CreateSDiv(row, kernel_.index(c_.input.row_spread)), column, edge);
        });
      });
    });
    emitter_.forget();
    for (int64_t o = 0; o < tile_.outputs; ++o) {
      for (int64_t p = 0; p < tile_.pixels; ++p) {
        V sum = sums_.get(o, p);
        emitter_.bind(op_.result(), [sum](const Position&) { return sum; });
        store_outputs(emitter_, work_,
                      {examples_, channel_of(output_, o, c_.group_outputs), emitter_.uniform(row_),
                       emitter_.offset(emitter_.uniform(column), p)});
        emitter_.unbind(op_.result());
        emitter_.forget();
      }
    }
  }

  Coord channel_of(V channel, int64_t offset, int64_t per_group) {
    return emitter_.offset(emitter_.add(emitter_.scale(emitter_.uniform(group_), per_group), emitter_.uniform(channel)),
                           offset);
  }

  // One row of the filter for the whole tile.
  void accumulate(V channel, V i, V row, V column, int64_t edge) {
    emitter_.forget();
    const Coord in_channel = channel_of(channel, 0, c_.group_inputs);
    const Coord first = emitter_.offset(emitter_.scale(emitter_.uniform(column), c_.column_stride), image_column(0, 0));
    for (int64_t j = 0; j < c_.kernel_width; ++j) {
      std::vector<V> pixels(static_cast<size_t>(tile_.pixels), nullptr);
      for (int64_t p = 0; p < tile_.pixels; ++p) {
        Coord at = emitter_.offset(first, p * c_.column_stride + j * c_.column_dilation);
        if (edge >= 0) {
          const int64_t image = image_column(edge + p, j);
          if (!exists(image)) continue;
          at = emitter_.constant(image / c_.input.column_spread);
        }
        pixels[static_cast<size_t>(p)] =
            emitter_.emit(op_.operands[0], {examples_, in_channel, emitter_.uniform(row), at});
      }
      for (int64_t o = 0; o < tile_.outputs; ++o) {
        V w = emitter_.emit(op_.operands[1], weight_position(channel, i, j, o));
        for (int64_t p = 0; p < tile_.pixels; ++p)
          if (V pixel = pixels[static_cast<size_t>(p)]) sums_.multiply_add(o, p, w, pixel);
      }
    }
    emitter_.forget();
  }

  Position weight_position(V channel, V i, int64_t j, int64_t o) {
    if (!c_.rotated)
      return {channel_of(output_, o, c_.group_outputs), emitter_.uniform(channel), emitter_.uniform(i),
              emitter_.constant(j)};
    V last = ir_.CreateSub(kernel_.index(c_.kernel_height - 1), i);
    return {channel_of(channel, 0, c_.group_inputs), emitter_.offset(emitter_.uniform(output_), o),
            emitter_.uniform(last), emitter_.constant(c_.kernel_width - 1 - j)};
  }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const KernelWork& work_;
  const Op& op_;
  Correlation c_;
  ConvTile tile_;
  ElementEmitter emitter_;
  RegisterTile sums_;
  Coord examples_;
  V group_ = nullptr, row_ = nullptr, output_ = nullptr;
  V image_row_ = nullptr, first_filter_row_ = nullptr, last_filter_row_ = nullptr;
};

}  // namespace

WorkUnits emit_block_conv(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return BlockConv(kernel, storage, work).emit();
}

}  // namespace minnow
