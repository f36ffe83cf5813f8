// What stands behind a minnow_model.
#pragma once

#include <atomic>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "include/minnow/minnow.h"
#include "runtime/data/dataset.h"
#include "runtime/session.h"
#include "runtime/train/checkpoint.h"

namespace minnow::api {

struct WeightEntry {
  std::string name;
  minnow_weight_kind kind;
  Tensor* tensor;
};

}  // namespace minnow::api

struct minnow_model {
  explicit minnow_model(int threads) : pool(threads) {}

  minnow::ThreadPool pool;
  std::atomic<bool> is_cancelled{false};
  std::unique_ptr<minnow::Session> session;  // set once the model is loaded
  int64_t max_bytes = 0;
  bool infers_only = false;
  std::vector<minnow::api::WeightEntry> weights;  // in the order of the interface
  std::vector<std::string> class_names;           // as data or a file of weights had them
  minnow::TrainingState state;
  int64_t steps_per_epoch = 0;                     // 0: not known
  bool may_learn = false;                          // whether validate_learning has been asked
  minnow::Tensor predictions;                      // of more examples than one batch
  std::map<std::string, minnow::DataSplits> data;  // the model's own, by the folder that it was read from
};

namespace minnow::api {

// Forgets an earlier cancellation: what follows can be ended by a new one.
inline void begin_call(minnow_model* model) { model->is_cancelled.store(false, std::memory_order_relaxed); }

// NaN where the model does not classify.
inline double accuracy_of(const minnow_model* model, double accuracy) {
  return model->session->lowered().classifies ? accuracy : std::nan("");
}

// Whether the network can learn at all; the answer is kept.
Status check_learns(minnow_model* model);

// The model's own data, read at the first call.
Result<DataSplits*> own_data(minnow_model* model, const char* data_dir);

}  // namespace minnow::api
