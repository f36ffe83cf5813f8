#include "runtime/data/linear_data.h"

#include "ir/random.h"
#include "runtime/random_streams.h"

namespace minnow {

Dataset make_linear_data(const LinearDataOptions& options) {
  const auto features = static_cast<int64_t>(options.weights.size());
  const RandomSequence random{options.seed, kLinearDataStream, options.split};
  Dataset dataset;
  dataset.name = "linear";
  dataset.examples = Tensor::uninitialized({DType::kF32, {options.count, features}});
  dataset.labels = Tensor::uninitialized({DType::kF32, {options.count, 1}});
  auto x = dataset.examples.as<float>().begin();
  uint64_t draw = 0;
  for (float& y : dataset.labels.as<float>()) {
    double sum = options.bias;
    for (const float weight : options.weights) {
      *x = static_cast<float>(random.normal(draw++));
      sum += double{weight} * double{*x++};
    }
    y = static_cast<float>(sum + options.noise * random.normal(draw++));
  }
  return dataset;
}

}  // namespace minnow
