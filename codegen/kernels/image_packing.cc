#include "codegen/kernels/image_packing.h"

namespace minnow {

using V = llvm::Value*;

V ImagePacking::vector_at(V scratch, V index) {
  llvm::IRBuilder<>& ir = emitter_.ir();
  return ir.CreateGEP(ir.getFloatTy(), scratch, ir.CreateMul(index, emitter_.kernel().index(emitter_.lanes())));
}

void ImagePacking::clear(V scratch, int64_t bytes) {
  emitter_.ir().CreateMemSet(scratch, emitter_.ir().getInt8(0), static_cast<uint64_t>(bytes), llvm::Align(64));
}

// As many consecutive elements of as many images as there are lanes, transposed so that a vector is an element. Images
// that do not exist are zero, as what is added up over all images takes them, too.
std::vector<V> ImagePacking::load_block(const Value* value, V block, const Coord& first) {
  llvm::IRBuilder<>& ir = emitter_.ir();
  KernelBuilder& kernel = emitter_.kernel();
  const int64_t lanes = emitter_.lanes();
  std::vector<V> rows;
  for (int64_t i = 0; i < lanes; ++i) {
    V image = ir.CreateAdd(ir.CreateMul(block, kernel.index(lanes)), kernel.index(i));
    V exists = nullptr;
    if (images_ % lanes != 0) {
      exists = emitter_.splat(ir.CreateICmpSLT(image, kernel.index(images_)));
      image = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, image, kernel.index(images_ - 1));
    }
    emitter_.under_mask(exists, [&] {
      const Coord zero = emitter_.constant(0);
      V row = emitter_.emit(value, {emitter_.uniform(image), zero, zero, first});
      rows.push_back(exists == nullptr ? row
                                       : ir.CreateSelect(exists, row, llvm::Constant::getNullValue(row->getType())));
    });
  }
  return transpose_lanes(ir, std::move(rows));
}

void ImagePacking::pack(const Value* value, const PackedImages& packed, V block, V scratch) {
  emitter_.forget();
  packed.has_gaps() ? pack_rows(value, packed, block, scratch) : pack_flat(value, packed, block, scratch);
  emitter_.forget();
}

void ImagePacking::pack_flat(const Value* value, const PackedImages& packed, V block, V scratch) {
  llvm::IRBuilder<>& ir = emitter_.ir();
  KernelBuilder& kernel = emitter_.kernel();
  emitter_.lanes_loop(kernel.index(0), kernel.index(packed.vectors()), [&](const Coord& first) {
    const std::vector<V> vectors = load_block(value, block, first);
    for (size_t i = 0; i < vectors.size(); ++i) {
      V index = ir.CreateAdd(first.base, kernel.index(static_cast<int64_t>(i)));
      ir.CreateAlignedStore(vectors[i], vector_at(scratch, index), llvm::Align(4));
    }
  });
}

void ImagePacking::pack_rows(const Value* value, const PackedImages& packed, V block, V scratch) {
  llvm::IRBuilder<>& ir = emitter_.ir();
  KernelBuilder& kernel = emitter_.kernel();
  const int64_t width = packed.image_width;
  emitter_.loop(0, packed.channels, [&](const Coord& channel) {
    emitter_.loop(0, packed.image_height, [&](const Coord& row) {
      const Coord image_row = emitter_.add(emitter_.scale(channel, packed.image_height), row);
      const Coord target_row = emitter_.add(emitter_.scale(channel, packed.height),
                                            emitter_.offset(emitter_.scale(row, packed.row_spread), packed.top));
      for (int64_t column = 0; column < width; column += emitter_.lanes()) {
        const int64_t count = std::min<int64_t>(emitter_.lanes(), width - column);
        V mask = count < emitter_.lanes() ? emitter_.first_lanes(kernel.index(count)) : nullptr;
        std::vector<V> vectors;
        emitter_.under_mask(mask, [&] {
          const Coord first = emitter_.offset(emitter_.scale(image_row, width), column);
          vectors = load_block(value, block, emitter_.lane(first.base));
        });
        const Coord target = emitter_.offset(emitter_.scale(target_row, packed.width), packed.left);
        for (int64_t i = 0; i < count; ++i) {
          V index = emitter_.offset(target, (column + i) * packed.column_spread).base;
          ir.CreateAlignedStore(vectors[static_cast<size_t>(i)], vector_at(scratch, index), llvm::Align(4));
        }
      }
    });
  });
}

void ImagePacking::unpack(V scratch, int64_t pixels, V block, const Store& store) {
  llvm::IRBuilder<>& ir = emitter_.ir();
  KernelBuilder& kernel = emitter_.kernel();
  const int64_t lanes = emitter_.lanes();
  llvm::Type* vector = kernel.vector_type(ir.getFloatTy(), emitter_.lanes());
  V transposed = kernel.stack(vector, lanes);
  V first_image = ir.CreateMul(block, kernel.index(lanes));
  V count = ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, kernel.index(lanes),
                                     ir.CreateSub(kernel.index(images_), first_image));
  emitter_.forget();
  emitter_.lanes_loop(kernel.index(0), kernel.index(pixels), [&](const Coord& pixel) {
    std::vector<V> vectors;
    for (int64_t i = 0; i < lanes; ++i) {
      V index = ir.CreateAdd(pixel.base, kernel.index(i));
      vectors.push_back(ir.CreateAlignedLoad(vector, vector_at(scratch, index), llvm::Align(4)));
    }
    vectors = transpose_lanes(ir, std::move(vectors));
    for (int64_t i = 0; i < lanes; ++i) {
      ir.CreateAlignedStore(vectors[static_cast<size_t>(i)], vector_at(transposed, kernel.index(i)), llvm::Align(4));
    }
    kernel.loop(kernel.index(0), count, 1, [&](V i) {
      V values = ir.CreateAlignedLoad(vector, vector_at(transposed, i), llvm::Align(4));
      store(ir.CreateAdd(first_image, i), pixel, values);
      emitter_.forget();
    });
  });
}

}  // namespace minnow
