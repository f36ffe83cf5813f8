// The gradients of one batch, which is always the same, at whatever weights a session has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/data/dataset.h"
#include "runtime/session.h"

namespace minnow {

class GradientProbe {
 public:
  // Gradients are those of the mean loss over one batch, the first of `data` in file order; dropout draws as in the
  // first step. Compiled with the session's own passes, unless it is interpreted. `session` and `pool` outlive the
  // probe. `keeps_gradients`: whether gradient() will be asked for.
  static Result<GradientProbe> create(Session& session, const Dataset& data, Backend backend, ThreadPool& pool,
                                      const CodeOptions& code, bool keeps_gradients);

  // Computes them at the weights of the moment.
  Status run();

  // Layers with weights, in the order of computation.
  const std::vector<std::string>& layers() const { return layers_; }
  // By layer, of the last run: that of all its weights together.
  std::vector<double> layer_norms() const;
  // Of the last run, for the session's weight number `weight`.
  const Tensor& gradient(size_t weight) const;

 private:
  GradientProbe() = default;

  Session* session_ = nullptr;
  std::unique_ptr<Executable> executable_;
  std::vector<std::string> layers_;
  std::vector<size_t> layer_of_weight_;
  Batch batch_;
};

}  // namespace minnow
