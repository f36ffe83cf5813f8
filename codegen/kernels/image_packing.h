// Between tensors, image by image, and a kernel's scratch, where a vector holds one pixel of as many images as it has
// lanes.
#pragma once

#include "codegen/kernels/register_tile.h"
#include "codegen/schedule/conv_shape.h"

namespace minnow {

class ImagePacking {
 public:
  ImagePacking(ElementEmitter& emitter, int64_t images) : emitter_(emitter), images_(images) {}

  // Bytes of scratch for these images. A few vectors more than they have pixels: blocks are written whole.
  int64_t bytes(const PackedImages& packed) const { return (packed.vectors() + emitter_.lanes()) * vector_bytes(); }
  int64_t vector_bytes() const { return emitter_.lanes() * 4; }

  // Writes zeros everywhere; needed once if the images have gaps, which packing leaves as they are.
  void clear(llvm::Value* scratch, int64_t bytes);
  // Images block * lanes and on, value [N,C,H,W]; an image that does not exist is zero.
  void pack(const Value* value, const PackedImages& packed, llvm::Value* block, llvm::Value* scratch);
  // Calls store(image, pixel) under a mask for all pixels of one channel of `pixels` vectors at `scratch`, a vector of
  // pixels of one image at a time, whose values it passes.
  using Store = std::function<void(llvm::Value* image, const Coord& pixel, llvm::Value* values)>;
  void unpack(llvm::Value* scratch, int64_t pixels, llvm::Value* block, const Store& store);

 private:
  std::vector<llvm::Value*> load_block(const Value* value, llvm::Value* block, const Coord& first);
  llvm::Value* vector_at(llvm::Value* scratch, llvm::Value* index);
  void pack_flat(const Value* value, const PackedImages& packed, llvm::Value* block, llvm::Value* scratch);
  void pack_rows(const Value* value, const PackedImages& packed, llvm::Value* block, llvm::Value* scratch);

  ElementEmitter& emitter_;
  int64_t images_;
};

}  // namespace minnow
