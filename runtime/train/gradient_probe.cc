#include "runtime/train/gradient_probe.h"

#include <algorithm>
#include <cmath>

#include "passes/gradient/autodiff.h"
#include "passes/gradient/optimizer.h"
#include "passes/pipeline.h"
#include "passes/simplify/eliminate_dead_code.h"
#include "runtime/data/batch.h"

namespace minnow {
namespace {

// @loss with the squared norm of each weight's gradient as its results, in the order of the session's weights, and
// then, if they are wanted, the gradients themselves.
Result<std::unique_ptr<Function>> build_probe(const Session& session, int64_t batch_size, bool is_compiled,
                                              bool keeps_gradients) {
  MINNOW_ASSIGN(auto function, build_function(session.model(), "loss", {{batch_size}, {}, {}}));
  std::vector<Value*> weights, gradients;
  for (const WeightInfo& weight : session.lowered().weights) weights.push_back(function->find_parameter(weight.name));
  MINNOW_TRY(differentiate(*function, function->find_result("loss")->value, weights, gradients));
  function->results().clear();
  Builder builder(*function);
  for (size_t i = 0; i < weights.size(); ++i) {
    function->add_result("norm." + weights[i]->name, squared_norm(gradients[i], builder));
  }
  for (size_t i = 0; keeps_gradients && i < weights.size(); ++i)
    function->add_result("gradient." + weights[i]->name, gradients[i]);
  eliminate_dead_code(*function);
  if (is_compiled) MINNOW_TRY(run_passes(*function, default_pipeline(), {}));
  return function;
}

}  // namespace

Result<GradientProbe> GradientProbe::create(Session& session, const Dataset& data, Backend backend, ThreadPool& pool,
                                            const CodeOptions& code, bool keeps_gradients) {
  GradientProbe probe;
  probe.session_ = &session;
  const int64_t rows_at_hand = std::ssize(rows_in_order(data));
  const int64_t count = std::min(session.model().model.training().batch_size(), rows_at_hand);
  const bool is_compiled = backend == Backend::kJit;
  MINNOW_ASSIGN(auto function, build_probe(session, count, is_compiled, keeps_gradients));
  for (const WeightInfo& weight : session.lowered().weights) {
    const auto found = std::ranges::find(probe.layers_, weight.layer);
    probe.layer_of_weight_.push_back(static_cast<size_t>(found - probe.layers_.begin()));
    if (found == probe.layers_.end()) probe.layers_.push_back(weight.layer);
  }
  if (is_compiled) {
    MINNOW_ASSIGN(probe.executable_, make_compiled(std::move(function), pool, code));
  } else {
    probe.executable_ = make_interpreted(std::move(function));
  }
  std::vector<int32_t> rows = rows_in_order(data);
  rows.resize(static_cast<size_t>(count));
  MINNOW_TRY(fill_batch(session.lowered(), data, rows, BatchParts::kAll, probe.batch_));
  return probe;
}

Status GradientProbe::run() { return session_->run(*executable_, batch_, 0, 0); }

std::vector<double> GradientProbe::layer_norms() const {
  std::vector<double> norms(layers_.size());
  for (size_t i = 0; i < layer_of_weight_.size(); ++i) {
    const Tensor& squares = executable_->result(executable_->function().results()[i].name);
    norms[layer_of_weight_[i]] += squares.as<double>()[0];
  }
  for (double& norm : norms) norm = std::sqrt(norm);
  return norms;
}

const Tensor& GradientProbe::gradient(size_t weight) const {
  return executable_->result("gradient." + session_->lowered().weights[weight].name);
}

}  // namespace minnow
