// From the data a model file asks for to the examples themselves.
#pragma once

#include <cstdint>
#include <string>

#include "frontend/schema/data.pb.h"
#include "runtime/data/data_roots.h"
#include "runtime/data/dataset.h"
#include "runtime/session.h"
#include "runtime/thread_pool.h"

namespace minnow {

struct LoadDataOptions {
  DataPlaces places;       // of files
  uint32_t seed = 0;       // of what is drawn
  int64_t classes = 0;     // how many the network tells apart; 0 if its loss compares numbers
  bool is_binary = false;  // the loss is binary cross-entropy
  // What the network is fed and compared with; empty: one input of numbers, and labels or numbers as said above.
  std::vector<InputInfo> inputs = {};
  std::vector<TargetInfo> targets = {};

  // Stands for `classes` where a program compares labels, but does not say how many there are.
  static constexpr int64_t kSomeClasses = 65536;
  // By number; none where the data have to say how many there are.
  std::vector<std::string> class_names() const;
};
// What the network of a session needs.
LoadDataOptions load_options(const Session& session, std::string data_dir);

// `data` comes from a validated model with its defaults filled in. With classes > 0 labels are i32 [N,...] in
// [0, classes), or ignored, otherwise f32 [N,...], within 0 to 1 if is_binary. Images of bytes stay u8 [N,C,H,W], what
// an input of tokens is fed is i32 [N,...] in its vocabulary, all other examples are f32 [N,...] and finite.
Result<DataSplits> load_data(const spec::Data& data, const LoadDataOptions& options, ThreadPool& pool);

// Whole numbers become the tokens that inputs take, whatever they are read as, and lie in their vocabulary.
Status adapt_inputs(Dataset& dataset, const LoadDataOptions& options);

}  // namespace minnow
