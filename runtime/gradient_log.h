// How large the gradient of each layer is as training goes on: what shows vanishing and exploding gradients.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/dataset.h"
#include "runtime/plot/chart.h"
#include "runtime/session.h"

namespace minnow {

class GradientLog {
 public:
  // Norms are those of the mean loss over one batch, the first of `data` in file order, at the weights of the moment;
  // dropout draws as in the first step. Compiled with the session's own passes, unless it is interpreted.
  static Result<GradientLog> create(Session& session, const Dataset& data, Backend backend, ThreadPool& pool,
                                    const CodeOptions& code);

  // Adds a row for the weights as they are after `epoch` epochs.
  Status record(int64_t epoch);
  // Takes over the rows up to `last_epoch` of a file that csv() made, of the same layers.
  Status recall(std::string_view csv, int64_t last_epoch, const std::string& where);
  size_t rows() const { return rows_.size(); }

  // "epoch,conv1,fc": a layer's norm is that of all its weights together.
  std::string csv() const;
  Chart chart(const std::string& title) const;
  // gradients.csv and gradients.svg.
  Status write(const std::string& folder, const std::string& title) const;

 private:
  struct Row {
    int64_t epoch = 0;
    std::vector<double> norms;  // by layer
  };

  GradientLog() = default;

  Session* session_ = nullptr;
  std::unique_ptr<Executable> executable_;
  std::vector<std::string> layers_;
  std::vector<size_t> layer_of_result_;
  Tensor examples_, targets_;
  std::vector<Row> rows_;
};

}  // namespace minnow
