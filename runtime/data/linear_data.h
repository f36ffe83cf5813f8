// A regression set made from a given line plus noise: y = X w + b + noise.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/data/dataset.h"

namespace minnow {

struct LinearDataOptions {
  std::vector<float> weights;  // one per feature, at least one
  float bias = 0;
  float noise = 0;  // deviation of the normal noise
  int64_t count = 0;
  uint32_t seed = 0;
  uint32_t split = 0;  // 0 trains, 1 validates
};

// Examples f32 [N,F], standard normal; labels f32 [N,1]. Example i depends only on (seed, split, i).
Dataset make_linear_data(const LinearDataOptions& options);

}  // namespace minnow
