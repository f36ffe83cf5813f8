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

RandomBatch draw_batch(const Session& session) {
  const int64_t classes = std::max<int64_t>(session.lowered().classes, 1);
  return {random_tensor(session.input_type(), classes, kExampleStream),
          random_tensor(session.lowered().target, classes, kTargetStream)};
}

}  // namespace minnow
