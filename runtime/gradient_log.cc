#include "runtime/gradient_log.h"

#include <algorithm>
#include <cmath>

#include "ir/builder.h"
#include "passes/autodiff.h"
#include "passes/eliminate_dead_code.h"
#include "passes/pipeline.h"
#include "runtime/batch.h"
#include "runtime/file.h"
#include "runtime/shuffle.h"

namespace minnow {
namespace {

// @loss with the squared norm of each weight's gradient as its results, in the order of the session's weights.
Result<std::unique_ptr<Function>> build_norms(const Session& session, int64_t batch_size, bool is_compiled) {
  MINNOW_ASSIGN(auto function, build_function(session.model(), "loss", {{batch_size}, {}, {}}));
  std::vector<Value*> weights, gradients;
  for (const WeightInfo& weight : session.lowered().weights) weights.push_back(function->find_parameter(weight.name));
  MINNOW_TRY(differentiate(*function, function->find_result("loss")->value, weights, gradients));
  function->results().clear();
  Builder builder(*function);
  for (size_t i = 0; i < weights.size(); ++i) {
    std::vector<int64_t> dims;
    for (int64_t dim = 0; dim < gradients[i]->type.rank(); ++dim) dims.push_back(dim);
    Value* squares = builder.mul(gradients[i], gradients[i]);
    function->add_result("norm." + weights[i]->name, dims.empty() ? squares : builder.reduce_sum(squares, dims));
  }
  eliminate_dead_code(*function);
  if (is_compiled) MINNOW_TRY(run_passes(*function, default_pipeline(), {}));
  return function;
}

Tensor first_rows(const Tensor& source, const TensorType& type) {
  Tensor rows = Tensor::uninitialized(type);
  gather_rows(source, file_order(type.dim(0)), rows);
  return rows;
}

}  // namespace

Result<GradientLog> GradientLog::create(Session& session, const Dataset& data, Backend backend, ThreadPool& pool,
                                        const CodeOptions& code) {
  GradientLog log;
  log.session_ = &session;
  const int64_t count = std::min(session.model().model.training().batch_size(), data.size());
  const bool is_compiled = backend == Backend::kJit;
  MINNOW_ASSIGN(auto function, build_norms(session, count, is_compiled));
  for (const WeightInfo& weight : session.lowered().weights) {
    const auto found = std::ranges::find(log.norms_.layers, weight.layer);
    log.layer_of_result_.push_back(static_cast<size_t>(found - log.norms_.layers.begin()));
    if (found == log.norms_.layers.end()) log.norms_.layers.push_back(weight.layer);
  }
  if (is_compiled) {
    MINNOW_ASSIGN(log.executable_, make_compiled(std::move(function), pool, code));
  } else {
    log.executable_ = make_interpreted(std::move(function));
  }
  TensorType examples = session.input_type(), targets = session.lowered().target;
  examples.shape[0] = targets.shape[0] = count;
  log.examples_ = first_rows(data.examples, examples);
  log.targets_ = first_rows(data.labels, targets);
  return log;
}

Status GradientLog::record(int64_t epoch) {
  MINNOW_TRY(session_->run(*executable_, examples_, &targets_, 0, 0));
  GradientNorms::Row row{epoch, std::vector<double>(norms_.layers.size())};
  for (size_t i = 0; i < layer_of_result_.size(); ++i) {
    const Tensor& squares = executable_->result(executable_->function().results()[i].name);
    row.norms[layer_of_result_[i]] += static_cast<double>(squares.as<float>()[0]);
  }
  for (double& norm : row.norms) norm = std::sqrt(norm);
  norms_.rows.push_back(std::move(row));
  return {};
}

Result<GradientLog> GradientLog::open(Session& session, const Dataset& data, const SessionOptions& options,
                                      ThreadPool& pool, const std::string& folder, const TrainingState& state) {
  MINNOW_ASSIGN(GradientLog log, create(session, data, options.backend, pool, options.code));
  log.folder_ = folder;
  const auto epochs_done = static_cast<int64_t>(state.history.size());
  const std::string path = folder + "/gradients.csv";
  if (const auto earlier = read_file(path); earlier && state.step > 0)
    MINNOW_TRY(log.recall(*earlier, epochs_done, path));
  if (log.rows() == 0) MINNOW_TRY(log.record(epochs_done));
  return log;
}

Status GradientLog::recall(std::string_view csv, int64_t last_epoch, const std::string& where) {
  MINNOW_ASSIGN(GradientNorms earlier, parse_gradients_csv(csv, where));
  if (earlier.layers != norms_.layers) return fail(where, "is of other layers");
  std::erase_if(earlier.rows, [&](const GradientNorms::Row& row) { return row.epoch > last_epoch; });
  norms_.rows = std::move(earlier.rows);
  return {};
}

Status GradientLog::add(int64_t epoch, const std::string& title) {
  MINNOW_TRY(record(epoch));
  MINNOW_TRY(write_file_atomically(folder_ + "/gradients.csv", csv()));
  return write_drawing(folder_ + "/gradients.svg", draw_chart(chart(title)));
}

Chart GradientLog::chart(const std::string& title) const {
  return Chart{title, "epoch", true, {norms_.panel("gradient norm")}};
}

}  // namespace minnow
