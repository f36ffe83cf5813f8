#include "runtime/random_batch.h"

#include <algorithm>
#include <cmath>

#include "ir/random.h"
#include "runtime/random_streams.h"

namespace minnow {

Tensor random_tensor(const TensorType& type, int64_t limit, uint32_t stream) {
  const RandomSequence random{0, stream, 0};
  const bool is_real = type.dtype == DType::kF32 || type.dtype == DType::kF64;
  const int64_t values = type.dtype == DType::kI32 ? limit : type.dtype == DType::kU8 ? 256 : 2;
  Tensor wide = Tensor::uninitialized({DType::kF64, type.shape});
  uint64_t i = 0;
  for (double& value : wide.as<double>()) {
    value = random.uniform(i++);
    if (!is_real) value = std::floor(value * static_cast<double>(values));
  }
  return wide.converted_to(type.dtype);
}

Tensor random_argument(const Value& parameter, double rate) {
  constexpr int64_t kClasses = 10;
  Tensor drawn = random_tensor(parameter.type, kClasses, static_cast<uint32_t>(parameter.index));
  if (parameter.role == Role::kInput) return drawn;
  Tensor wide = drawn.converted_to(DType::kF64);
  for (double& value : wide.as<double>()) {
    if (parameter.role == Role::kWeight) value = (value - 0.5) / 10;
    else value = parameter.role == Role::kScalar && is_float(parameter.type.dtype) ? rate : 0;
  }
  return wide.converted_to(parameter.type.dtype);
}

// Of tokens that nothing says the number of.
constexpr int64_t kSomeTokens = 10;

Batch draw_batch(const Session& session) {
  Batch batch;
  uint32_t stream = kExampleStream;
  for (const InputInfo& input : session.lowered().inputs) {
    const int64_t tokens = input.vocabulary > 0 ? input.vocabulary : kSomeTokens;
    batch.tensors.emplace(input.name, random_tensor(input.type, tokens, stream));
    stream += kFurtherStream;
  }
  stream = kTargetStream;
  for (const TargetInfo& target : session.lowered().targets) {
    batch.tensors.emplace(target.name, random_tensor(target.type, std::max<int64_t>(target.classes, 1), stream));
    stream += kFurtherStream;
  }
  return batch;
}

}  // namespace minnow
