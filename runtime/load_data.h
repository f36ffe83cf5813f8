// From the data a model file asks for to the examples themselves.
#pragma once

#include <cstdint>
#include <string>

#include "frontend/data.pb.h"
#include "runtime/dataset.h"
#include "runtime/thread_pool.h"

namespace minnow {

struct LoadDataOptions {
  std::string data_dir;  // --data-dir; empty if not given
  uint32_t seed = 0;     // of what is drawn
  int64_t classes = 0;   // how many the network tells apart; 0 if its loss compares numbers
};

// `data` comes from a validated model with its defaults filled in. With classes > 0 labels are i32 [N] in
// [0, classes), otherwise f32 [N,...]. Images of bytes stay u8 [N,C,H,W], all other examples are f32 [N,...].
Result<DataSplits> load_data(const spec::Data& data, const LoadDataOptions& options, ThreadPool& pool);

}  // namespace minnow
