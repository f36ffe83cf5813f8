#include "codegen/kernels/emit_pixel_conv.h"

#include <algorithm>

#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/conv_shape.h"
#include "codegen/schedule/tiling.h"
#include "ir/threshold.h"

namespace minnow {
namespace {

using V = llvm::Value*;

const Threshold kMaxFloats{"floats of a padded image", 1 << 17};
const Threshold kLanesPerImage{"lanes for each image", 2};  // fewer, and a vector of images does as well
const Threshold kMaxOutputs{"output channels in registers", 8};

// An image in scratch memory with its padding, and room for a vector behind every row.
class PaddedImage {
 public:
  PaddedImage(ElementEmitter& emitter, const PackedImages& shape, V memory)
      : emitter_(emitter), kernel_(emitter.kernel()), shape_(shape), width_(floats_of_row(shape, emitter.lanes())),
        memory_(memory) {}

  static int64_t floats_of_row(const PackedImages& shape, int lanes) { return shape.width + lanes; }
  static int64_t floats(const PackedImages& shape, int lanes) {
    return shape.channels * shape.height * floats_of_row(shape, lanes);
  }

  void copy(const Value* value, const Coord& image) {
    const auto bytes = static_cast<uint64_t>(floats(shape_, emitter_.lanes()) * 4);
    kernel_.ir().CreateMemSet(memory_, kernel_.ir().getInt8(0), bytes, llvm::Align(64));
    emitter_.loop(0, shape_.channels, [&](const Coord& channel) {
      emitter_.loop(0, shape_.image_height, [&](const Coord& row) {
        const Coord target = emitter_.offset(emitter_.scale(row, shape_.row_spread), shape_.top);
        emitter_.lanes_loop(kernel_.index(0), kernel_.index(shape_.image_width), [&](const Coord& column) {
          const Coord at = emitter_.offset(emitter_.scale(column, shape_.column_spread), shape_.left);
          emitter_.store(memory_, DType::kF32, address(channel, target, at),
                         emitter_.emit(value, {image, channel, row, column}));
        });
      });
    });
    emitter_.forget();
  }

  // Neighbouring columns from `column` on, a vector of them.
  V load(const Coord& channel, const Coord& row, V column) {
    return emitter_.load(memory_, DType::kF32, address(channel, row, emitter_.lane(column)));
  }

 private:
  Coord address(const Coord& channel, const Coord& row, const Coord& column) {
    const Coord line = emitter_.add(emitter_.scale(channel, shape_.height), row);
    return emitter_.add(emitter_.scale(line, width_), column);
  }

  ElementEmitter& emitter_;
  KernelBuilder& kernel_;
  PackedImages shape_;
  int64_t width_;
  V memory_;
};

// In scratch memory: the image, and behind it what conv_filter sums up.
ScratchNeed need_of(const Op& op, const Correlation& c, int64_t lanes) {
  const int64_t image = PaddedImage::floats(c.input, static_cast<int>(lanes));
  if (op.kind != OpKind::kConvFilter) return {image * 4, c.images};
  return {(image + c.outputs() * c.group_inputs * c.kernel_height * lanes) * 4, 1};
}

class PixelConv {
 public:
  PixelConv(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), ir_(kernel.ir()), work_(work), op_(*work.main), c_(correlation_of(op_)),
        outputs_(largest_divisor(c_.group_outputs, kMaxOutputs.at_most(c_.group_outputs))),
        rows_(largest_divisor(c_.out_height, std::max<int64_t>(1, kernel.target().tiles.accumulators / outputs_))),
        emitter_(kernel, storage, work.inside, kernel.target().lanes),
        scratch_(kernel, work, need_of(op_, c_, emitter_.lanes())), image_(emitter_, c_.input, scratch_.memory()),
        sums_(kernel, outputs_, rows_, emitter_.lanes()) {}

  WorkUnits emit() {
    scratch_.loop([&](V number) {
      number_ = emitter_.uniform(number);
      image_.copy(op_.operands[0], number_);
      emitter_.loop(0, c_.groups, [&](const Coord& group) {
        emitter_.loop(0, c_.group_outputs / outputs_, [&](const Coord& tile) {
          emitter_.loop(0, c_.out_height / rows_, [&](const Coord& row_tile) {
            emit_rows(group, emitter_.scale(tile, outputs_), emitter_.scale(row_tile, rows_));
          });
        });
      });
    });
    return {scratch_.count(), true};
  }

 private:
  void emit_rows(const Coord& group, const Coord& output, const Coord& row) {
    emitter_.lanes_loop(kernel_.index(0), kernel_.index(c_.out_width), [&](const Coord& column) {
      sums_.clear();
      // The image has room for whole vectors: only what is stored needs the mask.
      emitter_.loop(0, c_.group_inputs, [&](const Coord& channel) {
        emitter_.loop(0, c_.kernel_height,
                      [&](const Coord& i) { accumulate(group, output, row, column.base, channel, i); });
      });
      for (int64_t o = 0; o < outputs_; ++o) {
        for (int64_t r = 0; r < rows_; ++r) {
          V sum = sums_.get(o, r);
          emitter_.bind(op_.result(), [sum](const Position&) { return sum; });
          const Coord channel = emitter_.add(emitter_.scale(group, c_.group_outputs), emitter_.offset(output, o));
          store_outputs(emitter_, work_, {number_, channel, emitter_.offset(row, r), column});
          emitter_.unbind(op_.result());
        }
      }
    });
  }

  void accumulate(const Coord& group, const Coord& output, const Coord& row, V column, const Coord& channel,
                  const Coord& i) {
    const Coord in_channel = emitter_.add(emitter_.scale(group, c_.group_inputs), channel);
    const Coord first = emitter_.offset(
        emitter_.add(emitter_.scale(row, c_.row_stride), emitter_.scale(i, c_.row_dilation)), c_.row_shift);
    kernel_.short_loop(0, c_.kernel_width, 1, [&](V j) {
      const Coord moved = emitter_.offset(emitter_.scale(emitter_.uniform(j), c_.column_dilation), c_.column_shift);
      V at = ir_.CreateAdd(column, moved.base);
      std::vector<V> pixels;
      emitter_.without_mask([&] {
        for (int64_t r = 0; r < rows_; ++r)
          pixels.push_back(image_.load(in_channel, emitter_.offset(first, r * c_.row_stride), at));
      });
      for (int64_t o = 0; o < outputs_; ++o) {
        V w = emitter_.emit(op_.operands[1], weight_position(group, emitter_.offset(output, o), channel, i, j));
        for (int64_t r = 0; r < rows_; ++r) sums_.multiply_add(o, r, w, pixels[static_cast<size_t>(r)]);
      }
    });
  }

  Position weight_position(const Coord& group, const Coord& output, const Coord& channel, const Coord& i, V j) {
    if (!c_.rotated)
      return {emitter_.add(emitter_.scale(group, c_.group_outputs), output), channel, i, emitter_.uniform(j)};
    V last_row = ir_.CreateSub(kernel_.index(c_.kernel_height - 1), i.base);
    V last_column = ir_.CreateSub(kernel_.index(c_.kernel_width - 1), j);
    return {emitter_.add(emitter_.scale(group, c_.group_inputs), channel), output, emitter_.uniform(last_row),
            emitter_.uniform(last_column)};
  }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const KernelWork& work_;
  const Op& op_;
  Correlation c_;
  int64_t outputs_, rows_;
  ElementEmitter emitter_;
  ScratchUnits scratch_;
  PaddedImage image_;
  RegisterTile sums_;
  Coord number_;
};

// Sums lie behind the image as [tile of outputs][c][i][sums of a vector], from where the epilogue takes them.
class PixelConvFilter {
 public:
  PixelConvFilter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work)
      : kernel_(kernel), work_(work), op_(*work.main), c_(correlation_of(op_)),
        emitter_(kernel, storage, work.inside, kernel.target().lanes), lanes_(emitter_.lanes()),
        outputs_(largest_divisor(c_.group_outputs, lanes_ / c_.kernel_width)),
        scratch_(kernel, work, need_of(op_, c_, lanes_)), image_(emitter_, c_.input, scratch_.memory()),
        sums_(kernel, outputs_, c_.kernel_width, emitter_.lanes()) {}

  WorkUnits emit() {
    const int64_t tiles = c_.outputs() / outputs_;
    totals_ = kernel_.byte_offset(scratch_.memory(), PaddedImage::floats(c_.input, emitter_.lanes()) * 4);
    kernel_.loop(kernel_.begin(), kernel_.end(), 1, [&](V) {
      emitter_.loop(0, c_.images, [&](const Coord& number) {
        image_.copy(op_.operands[0], number);
        emitter_.loop(0, tiles, [&](const Coord& tile) {
          emitter_.loop(0, c_.group_inputs, [&](const Coord& channel) {
            emitter_.loop(0, c_.kernel_height, [&](const Coord& i) { emit_tile(number, tile, channel, i); });
          });
        });
      });
      store();
    });
    return {1, false};
  }

 private:
  Coord total(const Coord& tile, const Coord& channel, const Coord& i) {
    const Coord row = emitter_.add(emitter_.scale(tile, c_.group_inputs), channel);
    return emitter_.scale(emitter_.add(emitter_.scale(row, c_.kernel_height), i), lanes_);
  }

  void emit_tile(const Coord& number, const Coord& tile, const Coord& channel, const Coord& i) {
    sums_.clear();
    const Coord output = emitter_.scale(tile, outputs_);
    const Coord group = emitter_.divide(output, c_.group_outputs);
    const Coord in_channel = emitter_.add(emitter_.scale(group, c_.group_inputs), channel);
    emitter_.loop(0, c_.out_height, [&](const Coord& row) {
      const Coord x_row = emitter_.add(emitter_.scale(row, c_.row_stride), emitter_.scale(i, c_.row_dilation));
      emitter_.lanes_loop(kernel_.index(0), kernel_.index(c_.out_width), [&](const Coord& column) {
        std::vector<V> x;
        emitter_.without_mask([&] {
          for (int64_t j = 0; j < c_.kernel_width; ++j)
            x.push_back(image_.load(in_channel, x_row,
                                    kernel_.ir().CreateAdd(column.base, kernel_.index(j * c_.column_dilation))));
        });
        for (int64_t o = 0; o < outputs_; ++o) {
          V y = emitter_.emit(op_.operands[1], {number, emitter_.offset(output, o), row, column});
          if (emitter_.mask() != nullptr)
            y = kernel_.ir().CreateSelect(emitter_.mask(), y, llvm::Constant::getNullValue(y->getType()));
          for (int64_t j = 0; j < c_.kernel_width; ++j) sums_.multiply_add(o, j, y, x[static_cast<size_t>(j)]);
        }
      });
    });
    add_up(number, total(tile, channel, i));
  }

  // The first image starts the sums.
  void add_up(const Coord& number, const Coord& address) {
    llvm::IRBuilder<>& ir = kernel_.ir();
    llvm::Type* vector = kernel_.vector_type(ir.getFloatTy(), emitter_.lanes());
    V zero = llvm::Constant::getNullValue(vector);
    std::vector<V> parts;
    for (int64_t o = 0; o < outputs_; ++o)
      for (int64_t j = 0; j < c_.kernel_width; ++j) parts.push_back(sums_.get(o, j));
    parts.resize(static_cast<size_t>(lanes_), zero);
    V sum = add_rows(ir, std::move(parts));
    V place = ir.CreateGEP(ir.getFloatTy(), totals_, address.base);
    V before = ir.CreateAlignedLoad(vector, place, llvm::Align(4));
    before = ir.CreateSelect(ir.CreateICmpEQ(number.base, kernel_.index(0)), zero, before);
    ir.CreateAlignedStore(ir.CreateFAdd(before, sum), place, llvm::Align(4));
  }

  void store() {
    emitter_.loop(0, c_.outputs(), [&](const Coord& output) {
      const Coord tile = emitter_.divide(output, outputs_);
      const Coord first = emitter_.scale(emitter_.remainder(output, outputs_), c_.kernel_width);
      emitter_.loop(0, c_.group_inputs, [&](const Coord& channel) {
        emitter_.loop(0, c_.kernel_height, [&](const Coord& i) {
          const Coord start = emitter_.add(total(tile, channel, i), first);
          emitter_.lanes_loop(kernel_.index(0), kernel_.index(c_.kernel_width), [&](const Coord& j) {
            V sum = emitter_.load(totals_, DType::kF32, emitter_.add(start, j));
            emitter_.bind(op_.result(), [sum](const Position&) { return sum; });
            store_outputs(emitter_, work_, {output, channel, i, j});
            emitter_.unbind(op_.result());
          });
        });
      });
    });
  }

  KernelBuilder& kernel_;
  const KernelWork& work_;
  const Op& op_;
  Correlation c_;
  ElementEmitter emitter_;
  int64_t lanes_, outputs_;
  ScratchUnits scratch_;
  PaddedImage image_;
  RegisterTile sums_;
  V totals_ = nullptr;
};

}  // namespace

bool is_pixel_conv(const Op& op, int lanes) {
  if (!is_conv_of_images(op) || op.type().dtype != DType::kF32) return false;
  const Correlation c = correlation_of(op);
  if (op.type().elements() == 0 || c.images == 0 || c.column_stride != 1) return false;
  if (lanes / c.images < kLanesPerImage) return false;
  if (op.kind == OpKind::kConvFilter && (c.kernel_width > lanes || c.input.column_spread != 1)) return false;
  return need_of(op, c, lanes).bytes / 4 <= kMaxFloats;
}

ScratchNeed pixel_conv_scratch(const KernelWork& work, const Target& target) {
  return need_of(*work.main, correlation_of(*work.main), target.lanes);
}

WorkUnits emit_pixel_conv(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return PixelConv(kernel, storage, work).emit();
}

WorkUnits emit_pixel_conv_filter(KernelBuilder& kernel, const Storage& storage, const KernelWork& work) {
  return PixelConvFilter(kernel, storage, work).emit();
}

}  // namespace minnow
