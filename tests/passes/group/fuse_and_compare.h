// Fusing a function, and looking at what came of it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "interpreter/interpreter.h"
#include "ir/random.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "passes/group/fuse.h"

namespace minnow {

// Numbers in [-1, 1); labels below 3.
inline Tensor random_tensor(const TensorType& type, uint32_t stream) {
  Tensor tensor = Tensor::uninitialized(type);
  const RandomSequence sequence{7, stream, 0};
  for (int64_t i = 0; i < type.elements(); ++i) {
    const auto index = static_cast<size_t>(i);
    if (type.dtype == DType::kF32) tensor.as<float>()[index] = 2 * sequence.uniform(index) - 1;
    if (type.dtype == DType::kI32) tensor.as<int32_t>()[index] = static_cast<int32_t>(sequence.bits(index) % 3);
  }
  return tensor;
}

inline std::vector<Tensor> run(const Function& function) {
  std::vector<Tensor> arguments;
  for (const auto& parameter : function.parameters())
    arguments.push_back(random_tensor(parameter->type, static_cast<uint32_t>(parameter->index)));
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : arguments) pointers.push_back(&argument);
  auto results = interpret(function, pointers, Precision::kF64);
  MINNOW_CHECK(results, "{}", results.error().to_string());
  return std::move(*results);
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
  if (a.type().dtype != DType::kF64) return a.bytes() == b.bytes() ? 0 : INFINITY;
  double largest = 0;
  for (size_t i = 0; i < static_cast<size_t>(a.type().elements()); ++i)
    largest = std::max(largest, std::abs(a.as<double>()[i] - b.as<double>()[i]));
  return largest;
}

// Fuses and holds the result against the function as it was.
inline void fuse_and_compare(Function& function) {
  const auto before = function.clone();
  const bool changed = fuse(function);
  EXPECT_EQ(changed, print(*before) != print(function));
  const Status status = verify(function);
  ASSERT_TRUE(status) << status.error().to_string() << print(function);
  const std::vector<Tensor> expected = run(*before);
  const std::vector<Tensor> actual = run(function);
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_LT(largest_difference(expected[i], actual[i]), 1e-12) << function.results()[i].name << print(function);
}

inline std::vector<const Op*> fused_ops(const Function& function, FusionKind kind) {
  std::vector<const Op*> found;
  for (const auto& op : function.ops())
    if (op->kind == OpKind::kFused && op->attr<FusedAttributes>().kind == kind) found.push_back(op.get());
  return found;
}

inline bool holds(const Op& fused, OpKind kind) {
  return std::ranges::any_of(fused.body->ops(), [&](const auto& op) { return op->kind == kind; });
}

}  // namespace minnow
