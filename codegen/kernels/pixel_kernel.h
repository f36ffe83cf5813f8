// What kernels with vectors along the pixels of a few images at a time share.
#pragma once

#include <array>
#include <functional>
#include <unordered_set>

#include "codegen/kernels/emit_loop.h"
#include "codegen/kernels/pixel_reader.h"
#include "codegen/schedule/kernel_work.h"

namespace minnow {

class PixelKernel {
 protected:
  using V = llvm::Value*;

  // A unit of work is so many images, each a plane of the result.
  PixelKernel(KernelBuilder& kernel, const Storage& storage, const KernelWork& work, int64_t planes);

  // Calls body with each unit, as unit_, which makes so many pixels of the result.
  WorkUnits for_units(int64_t pixels, const std::function<void()>& body);
  // Where in an operand the unit's elements begin, so many for each.
  V begin_of(const Value* operand, int64_t elements);

  // Whether any of the unit's elements of x, of those that are looked at, is a NaN or an infinity.
  void forget_specials();
  void look_for_specials(V x, const Places& places);
  V has_specials();

  // Pixels of `vector`, of so many of the unit: calls body with the first of them, under a mask if they are fewer.
  void for_pixels(const Coord& vector, int64_t pixels, const std::function<void(const Coord&)>& body);
  // Where pixels of the unit's planes lie in a tensor of this shape.
  Position position_of(const Coord& pixel, const Shape& shape);
  // LLVM, which fetches ahead what it can, would not have the registers for all that is read.
  void keep_order();

  V number(int64_t value) { return kernel_.index(value); }
  V zero() { return emitter_.constant_of(DType::kF32, 0); }

  KernelBuilder& kernel_;
  llvm::IRBuilder<>& ir_;
  const Storage& storage_;
  const KernelWork& work_;
  const Op& op_;
  int64_t planes_;
  ElementEmitter emitter_;
  V unit_ = nullptr;

 private:
  std::array<V, 4> sums_;             // of 0 * x, which do not wait for each other
  std::unordered_set<int64_t> seen_;  // elements that are in these sums
};

}  // namespace minnow
