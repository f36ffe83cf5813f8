#include "codegen/kernels/emit_channel_conv.h"

#include <algorithm>

#include "codegen/kernels/emit_pixel_conv.h"
#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/channel_tiling.h"
#include "codegen/schedule/tiling.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kMaxPhases{"places in a stride with code for each", 16};
const Threshold kMaxBytes{"bytes of a panel with its input and its sums", 8 << 20};

// The part of the lanes of its vectors that `count` neighbours fill.
double filled(int64_t count, int64_t lanes) {
  return static_cast<double>(count) / static_cast<double>(ceil_div(count, lanes) * lanes);
}

class ChannelConv {
 public:
  ChannelConv(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), work_(work), op_(*work.main), tiling_(op_, kernel.target()), c_(tiling_.c),
        lanes_(tiling_.lanes), emitter_(kernel, storage, work.inside, kernel.target().lanes),
        scratch_(kernel, work, {tiling_.bytes(), tiling_.units()}),
        sums_(kernel, tiling_.most_tile_rows, tiling_.vectors, kernel.target().lanes) {
    input_ = scratch_.memory();
    panel_ = kernel_.byte_offset(input_, tiling_.input_floats() * 4);
    totals_ = kernel_.byte_offset(panel_, tiling_.panel_floats() * 4);
    transposed_ = kernel_.stack(vector_type(), lanes_);
    KernelWork epilogue = work;
    epilogue.inside.erase(&op_);
    std::vector<const Value*> roots;
    for (const KernelOutput& output : work.outputs) roots.push_back(output.value);
    separate_ = loop_boundaries(storage, epilogue, op_.type().shape, roots, emitter_);
  }

  WorkUnits emit();

 private:
  void emit_result(V from, V to);
  void emit_filter(V from, V to);
  void copy_band(V image, V band);
  void pack_panel(V panel, int64_t depth, const std::function<Position(V channel, const Coord& k)>& position);
  void pack_filter();
  void pack_pixels(V image, V band);
  void sum_phase(const PixelPhase& phase);
  void sum_filter_tile(V first, int64_t rows, V is_first);
  void multiply(const std::vector<V>& inputs, V offset, V depth);
  void transpose_back(V from, V to, const std::function<Position(V channel, const Coord& row)>& position);
  std::vector<V> transposed_block(V row, V vector);

  llvm::Type* vector_type() { return kernel_.vector_type(ir_.getFloatTy(), static_cast<int>(lanes_)); }
  V number(int64_t value) { return kernel_.index(value); }
  V plus(V a, V b) { return ir_.CreateAdd(a, b); }
  V plus(V a, int64_t b) { return b == 0 ? a : ir_.CreateAdd(a, number(b)); }
  V times(V a, int64_t b) { return b == 1 ? a : ir_.CreateMul(a, number(b)); }
  V divided(V a, int64_t b) { return b == 1 ? a : ir_.CreateUDiv(a, number(b)); }
  V rest(V a, int64_t b) { return ir_.CreateURem(a, number(b)); }
  V smaller(V a, V b) { return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b); }
  V larger(V a, V b) { return ir_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, a, b); }
  V float_at(V base, V index) { return ir_.CreateGEP(ir_.getFloatTy(), base, index); }
  V load_vector(V base, V index) { return ir_.CreateAlignedLoad(vector_type(), float_at(base, index), llvm::Align(4)); }
  void store_vector(V value, V base, V index) { ir_.CreateAlignedStore(value, float_at(base, index), llvm::Align(4)); }
  Coord output_channel(V channel) { return emitter_.uniform(plus(times(group_, c_.group_outputs), channel)); }
  int64_t channel_floats() const { return tiling_.band_height() * c_.input.width; }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const KernelWork& work_;
  const Op& op_;
  ChannelTiling tiling_;
  const Correlation& c_;
  int64_t lanes_;
  ElementEmitter emitter_;
  ScratchUnits scratch_;
  RegisterTile sums_;
  std::vector<bool> separate_;
  V input_, panel_, totals_, transposed_;
  V group_ = nullptr, first_channel_ = nullptr;  // of this panel, in its group
};

WorkUnits ChannelConv::emit() {
  const int64_t splits = tiling_.splits();
  scratch_.loop([&](V unit) {
    V split = rest(unit, splits);
    V panel = divided(unit, splits);
    group_ = divided(panel, tiling_.panels());
    first_channel_ = times(rest(panel, tiling_.panels()), tiling_.panel());
    const auto bound = [&](V i) { return divided(times(i, tiling_.pieces()), splits); };
    V from = bound(split);
    V to = bound(plus(split, 1));
    tiling_.is_filter ? emit_filter(from, to) : emit_result(from, to);
  });
  return {scratch_.count(), true};
}

// Bands of images [from, to).
void ChannelConv::emit_result(V from, V to) {
  pack_filter();
  kernel_.loop(from, to, 1, [&](V piece) {
    V image = divided(piece, tiling_.bands());
    V band = rest(piece, tiling_.bands());
    copy_band(image, band);
    for (const PixelPhase& phase : tiling_.phases()) sum_phase(phase);
    V first_pixel = times(band, tiling_.rows());
    transpose_back(number(0), number(tiling_.rows()), [&](V channel, const Coord& row) {
      const Coord pixel = emitter_.add(row, emitter_.uniform(first_pixel));
      Position at = {emitter_.uniform(image), output_channel(channel), emitter_.constant(0), pixel};
      if (separate_[2]) {
        at[2] = emitter_.divide(pixel, c_.out_width);
        at[3] = emitter_.remainder(pixel, c_.out_width);
      }
      return at;
    });
  });
}

// Tiles [from, to) of the elements of an output channel's filter.
void ChannelConv::emit_filter(V from, V to) {
  const int64_t rows = tiling_.rows();
  const int64_t tile = tiling_.tile_rows(rows);
  kernel_.loop(0, c_.images, [&](V image) {
    kernel_.loop(0, tiling_.bands(), [&](V band) {
      copy_band(image, band);
      pack_pixels(image, band);
      V is_first = ir_.CreateICmpEQ(plus(image, band), number(0));
      for_tiles(kernel_, rows, tile, from, to,
                [&](V first, int64_t count) { sum_filter_tile(first, count, is_first); });
    });
  });
  transpose_back(times(from, tile), smaller(times(to, tile), number(rows)), [&](V channel, const Coord& row) {
    Position at = {output_channel(channel), emitter_.constant(0), emitter_.constant(0), row};
    if (separate_[1] || separate_[2]) {
      const Coord tap = emitter_.remainder(row, tiling_.taps());
      at[1] = emitter_.divide(row, tiling_.taps());
      at[2] = emitter_.divide(tap, c_.kernel_width);
      at[3] = emitter_.remainder(tap, c_.kernel_width);
    }
    return at;
  });
}

// The rows of the group's channels that a band is made from, with zeros where there are none.
void ChannelConv::copy_band(V image, V band) {
  const PackedImages& in = c_.input;
  emitter_.forget();
  if (in.has_gaps() || tiling_.bands() > 1) {
    const auto bytes = static_cast<uint64_t>(tiling_.input_floats() * 4);
    ir_.CreateMemSet(input_, ir_.getInt8(0), bytes, llvm::Align(4));
  }
  V first = plus(times(band, tiling_.band * c_.row_stride), -in.top);  // row of the image
  V from = tiling_.bands() == 1 ? number(0) : larger(first, number(0));
  V to = tiling_.bands() == 1 ? number(in.image_height)
                              : smaller(plus(first, tiling_.band_height()), number(in.image_height));
  emitter_.loop(0, c_.group_inputs, [&](const Coord& channel) {
    const Coord in_channel = emitter_.uniform(plus(times(group_, c_.group_inputs), channel.base));
    kernel_.loop(from, to, 1, [&](V row) {
      V target = tiling_.bands() == 1 ? plus(times(row, in.row_spread), in.top) : ir_.CreateSub(row, first);
      V line = plus(times(plus(times(channel.base, tiling_.band_height()), target), in.width), in.left);
      emitter_.lanes_loop(number(0), number(in.image_width), [&](const Coord& column) {
        emitter_.store(
            input_, DType::kF32, emitter_.add(emitter_.uniform(line), emitter_.scale(column, in.column_spread)),
            emitter_.emit(op_.operands[0], {emitter_.uniform(image), in_channel, emitter_.uniform(row), column}));
      });
      emitter_.forget();
    });
  });
  emitter_.forget();
}

// [k][channels], transposed from what lies in memory along k: as many of the panel's channels as there are lanes at a
// time. Channels beyond the last repeat it.
void ChannelConv::pack_panel(V panel, int64_t depth,
                             const std::function<Position(V channel, const Coord& k)>& position) {
  emitter_.forget();
  kernel_.loop(0, tiling_.vectors, [&](V vector) {
    V first = plus(first_channel_, times(vector, lanes_));
    emitter_.lanes_loop(number(0), number(depth), [&](const Coord& k) {
      std::vector<V> rows;
      for (int64_t i = 0; i < lanes_; ++i) {
        V channel = smaller(plus(first, i), number(c_.group_outputs - 1));
        rows.push_back(emitter_.emit(op_.operands[1], position(channel, k)));
      }
      rows = transpose_lanes(ir_, std::move(rows));
      for (int64_t i = 0; i < lanes_; ++i)
        store_vector(rows[static_cast<size_t>(i)], panel,
                     plus(times(plus(k.base, i), tiling_.panel()), times(vector, lanes_)));
    });
    emitter_.forget();
  });
}

// w [O,C/groups,KH,KW]: an output channel's elements are the depth. Of conv_input the outputs are what is summed over,
// and each has elements for all channels in lanes.
void ChannelConv::pack_filter() {
  const Coord zero = emitter_.constant(0);
  if (!c_.rotated) {
    return pack_panel(panel_, tiling_.depth(),
                      [&](V channel, const Coord& k) -> Position { return {output_channel(channel), zero, zero, k}; });
  }
  emitter_.loop(0, c_.group_inputs, [&](const Coord& input) {
    const Coord output = emitter_.uniform(plus(times(group_, c_.group_inputs), input.base));
    V panel = float_at(panel_, times(input.base, tiling_.taps() * tiling_.panel()));
    pack_panel(panel, tiling_.taps(),
               [&](V channel, const Coord& k) -> Position { return {output, emitter_.uniform(channel), zero, k}; });
  });
}

// y [N,O,OH,OW], of which a band's rows are the depth.
void ChannelConv::pack_pixels(V image, V band) {
  const Coord first = emitter_.uniform(times(band, tiling_.depth()));
  pack_panel(panel_, tiling_.depth(), [&](V channel, const Coord& k) -> Position {
    return {emitter_.uniform(image), output_channel(channel), emitter_.constant(0), emitter_.add(k, first)};
  });
}

// Step by step of the depth: a vector of channels times the tile's numbers of the input.
void ChannelConv::multiply(const std::vector<V>& inputs, V offset, V depth) {
  std::vector<V> channels;
  for (int64_t j = 0; j < tiling_.vectors; ++j)
    channels.push_back(load_vector(panel_, plus(times(depth, tiling_.panel()), j * lanes_)));
  for (size_t i = 0; i < inputs.size(); ++i) {
    V x = emitter_.splat(ir_.CreateAlignedLoad(ir_.getFloatTy(), float_at(inputs[i], offset), llvm::Align(4)));
    for (int64_t j = 0; j < tiling_.vectors; ++j)
      sums_.multiply_add(static_cast<int64_t>(i), j, x, channels[static_cast<size_t>(j)]);
  }
}

void ChannelConv::sum_phase(const PixelPhase& phase) {
  const int64_t height = ceil_div(tiling_.band - phase.row, phase.row_step);
  const int64_t width = ceil_div(c_.out_width - phase.column, phase.column_step);
  const int64_t count = height * width;
  const int64_t tile = tiling_.tile_rows(count);
  for_tiles(kernel_, count, tile, number(0), number(ceil_div(count, tile)), [&](V first, int64_t rows) {
    std::vector<V> inputs, pixels;
    for (int64_t i = 0; i < rows; ++i) {
      V row = plus(times(divided(plus(first, i), width), phase.row_step), phase.row);
      V column = plus(times(rest(plus(first, i), width), phase.column_step), phase.column);
      inputs.push_back(
          float_at(input_, plus(times(row, c_.row_stride * c_.input.width), times(column, c_.column_stride))));
      pixels.push_back(plus(times(row, c_.out_width), column));
    }
    sums_.clear();
    kernel_.loop(0, c_.group_inputs, [&](V channel) {
      kernel_.loop(number(phase.row_tap), number(c_.kernel_height), phase.row_tap_step, [&](V i) {
        V line = plus(times(i, c_.row_dilation), c_.row_shift);
        V start = plus(times(channel, channel_floats()), times(line, c_.input.width));
        kernel_.short_loop(phase.column_tap, c_.kernel_width, phase.column_tap_step, [&](V j) {
          V tap = plus(times(i, c_.kernel_width), j);
          if (c_.rotated) tap = ir_.CreateSub(number(tiling_.taps() - 1), tap);
          multiply(inputs, plus(start, plus(times(j, c_.column_dilation), c_.column_shift)),
                   plus(times(channel, tiling_.taps()), tap));
        });
      });
    });
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < tiling_.vectors; ++j)
        store_vector(sums_.get(i, j), totals_,
                     plus(times(pixels[static_cast<size_t>(i)], tiling_.panel()), j * lanes_));
  });
}

void ChannelConv::sum_filter_tile(V first, int64_t rows, V is_first) {
  std::vector<V> inputs;
  const auto total = [&](int64_t i, int64_t j) { return plus(times(plus(first, i), tiling_.panel()), j * lanes_); };
  for (int64_t i = 0; i < rows; ++i) {
    V row = plus(first, i);
    V tap = rest(row, tiling_.taps());
    V line = times(times(divided(tap, c_.kernel_width), c_.row_dilation), c_.input.width);
    V column = times(rest(tap, c_.kernel_width), c_.column_dilation);
    inputs.push_back(float_at(input_, plus(plus(times(divided(row, tiling_.taps()), channel_floats()), line), column)));
    for (int64_t j = 0; j < tiling_.vectors; ++j) {
      V sum = load_vector(totals_, total(i, j));
      sums_.set(i, j, ir_.CreateSelect(is_first, llvm::Constant::getNullValue(vector_type()), sum));
    }
  }
  kernel_.loop(0, tiling_.band, [&](V row) {
    V line = times(row, c_.row_stride * c_.input.width);
    kernel_.loop(0, c_.out_width, [&](V column) {
      multiply(inputs, plus(line, times(column, c_.column_stride)), plus(times(row, c_.out_width), column));
    });
  });
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < tiling_.vectors; ++j) store_vector(sums_.get(i, j), totals_, total(i, j));
}

// Stores rows [from, to) of the sums, with what follows them: a vector of neighbouring rows of one channel at a time.
void ChannelConv::transpose_back(V from, V to, const std::function<Position(V channel, const Coord& row)>& position) {
  emitter_.forget();
  kernel_.loop(0, tiling_.vectors, [&](V vector) {
    V first = plus(first_channel_, times(vector, lanes_));
    V count = smaller(number(lanes_), ir_.CreateSub(number(c_.group_outputs), first));
    emitter_.lanes_loop(from, to, [&](const Coord& row) {
      const std::vector<V> block = transposed_block(row.base, vector);
      for (int64_t i = 0; i < lanes_; ++i) store_vector(block[static_cast<size_t>(i)], transposed_, number(i * lanes_));
      kernel_.loop(number(0), count, 1, [&](V i) {
        V values = load_vector(transposed_, times(i, lanes_));
        emitter_.bind(op_.result(), [values](const Position&) { return values; });
        store_outputs(emitter_, work_, position(plus(first, i), row));
        emitter_.unbind(op_.result());
        emitter_.forget();
      });
    });
  });
}

std::vector<V> ChannelConv::transposed_block(V row, V vector) {
  std::vector<V> rows;
  for (int64_t i = 0; i < lanes_; ++i)
    rows.push_back(load_vector(totals_, plus(times(plus(row, i), tiling_.panel()), times(vector, lanes_))));
  return transpose_lanes(ir_, std::move(rows));
}

}  // namespace

bool is_channel_conv(const Op& op, const Target& target) {
  if (!is_conv_of_images(op) || op.type().dtype != DType::kF32) return false;
  const auto is_empty = [](const Value* value) { return value->type.elements() == 0; };
  if (is_empty(op.result()) || std::ranges::any_of(op.operands, is_empty)) return false;
  const ChannelTiling tiling(op, target);
  const Correlation& c = tiling.c;
  if (c.input.row_spread * c.input.column_spread > kMaxPhases) return false;
  const double others = std::max(filled(c.images, target.lanes),
                                 is_pixel_conv(op, target.lanes) ? filled(c.out_width, target.lanes) : 0.0);
  return filled(c.group_outputs, target.lanes) > others && tiling.bytes() <= kMaxBytes;
}

WorkUnits emit_channel_conv(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return ChannelConv(kernel, storage, work).emit();
}

ScratchNeed channel_conv_scratch(const KernelWork& work, const Target& target) {
  const ChannelTiling tiling(*work.main, target);
  return {tiling.bytes(), tiling.units()};
}

}  // namespace minnow
