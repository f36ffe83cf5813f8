// How large the gradient of each layer is as training goes on: what shows vanishing and exploding gradients.
#pragma once

#include <string>
#include <vector>

#include "runtime/plot/chart.h"
#include "runtime/train/checkpoint.h"
#include "runtime/train/gradient_probe.h"

namespace minnow {

// What gradients.csv holds.
struct GradientNorms {
  struct Row {
    int64_t epoch = 0;
    std::vector<double> norms;  // by layer
  };
  std::vector<std::string> layers;
  std::vector<Row> rows;

  // "epoch,conv1,fc": a layer's norm is that of all its weights together.
  std::string csv() const;
  // A line per layer, on a logarithmic axis.
  Panel panel(const std::string& y_label) const;
};

// Reads back what csv() made; `where` names it in errors.
Result<GradientNorms> parse_gradients_csv(std::string_view text, const std::string& where);

class GradientLog {
 public:
  // The arguments are those of the probe that it reads norms from.
  static Result<GradientLog> create(Session& session, const Dataset& data, Backend backend, ThreadPool& pool,
                                    const CodeOptions& code);

  // The same for a run folder and the state its run is in: goes on with the folder's gradients.csv if the run has
  // begun, and otherwise with a row for the weights as they are.
  static Result<GradientLog> open(Session& session, const Dataset& data, const SessionOptions& options,
                                  ThreadPool& pool, const std::string& folder, const TrainingState& state);

  // Adds a row for the weights as they are after `epoch` epochs.
  Status record(int64_t epoch);
  // Takes over the rows up to `last_epoch` of a file that csv() made, of the same layers.
  Status recall(std::string_view csv, int64_t last_epoch, const std::string& where);
  // For a log that was opened: record, then gradients.csv and gradients.svg in its folder.
  Status add(int64_t epoch, const std::string& title);

  size_t rows() const { return norms_.rows.size(); }
  std::string csv() const { return norms_.csv(); }
  Chart chart(const std::string& title) const;

 private:
  explicit GradientLog(GradientProbe probe) : probe_(std::move(probe)), norms_{probe_.layers(), {}} {}

  GradientProbe probe_;
  GradientNorms norms_;
  std::string folder_;
};

}  // namespace minnow
