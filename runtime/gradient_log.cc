#include "runtime/gradient_log.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "ir/builder.h"
#include "passes/autodiff.h"
#include "passes/eliminate_dead_code.h"
#include "passes/pipeline.h"
#include "runtime/batch.h"
#include "runtime/csv_table.h"
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
    const auto found = std::ranges::find(log.layers_, weight.layer);
    log.layer_of_result_.push_back(static_cast<size_t>(found - log.layers_.begin()));
    if (found == log.layers_.end()) log.layers_.push_back(weight.layer);
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
  Row row{epoch, std::vector<double>(layers_.size())};
  for (size_t i = 0; i < layer_of_result_.size(); ++i) {
    const Tensor& squares = executable_->result(executable_->function().results()[i].name);
    row.norms[layer_of_result_[i]] += static_cast<double>(squares.as<float>()[0]);
  }
  for (double& norm : row.norms) norm = std::sqrt(norm);
  rows_.push_back(std::move(row));
  return {};
}

Status GradientLog::recall(std::string_view csv, int64_t last_epoch, const std::string& where) {
  MINNOW_ASSIGN(const std::vector<CsvRow> table, split_csv(csv, ',', where));
  if (table.empty() || table[0].cells.size() != layers_.size() + 1) return fail(where, "is of other layers");
  for (const CsvRow& line : std::span(table).subspan(1)) {
    std::vector<double> values;
    for (const CsvCell& cell : line.cells) {
      const char* end = cell.text.data() + cell.text.size();
      if (std::from_chars(cell.text.data(), end, values.emplace_back()).ptr != end)
        return fail(fmt::format("{}:{}:{}", where, line.line, cell.column), "\"{}\" is no number", cell.text);
    }
    if (values[0] <= static_cast<double>(last_epoch))
      rows_.push_back({static_cast<int64_t>(values[0]), {values.begin() + 1, values.end()}});
  }
  return {};
}

std::string GradientLog::csv() const {
  std::string text = "epoch";
  for (const std::string& layer : layers_) text += "," + layer;
  for (const Row& row : rows_) {
    text += fmt::format("\n{}", row.epoch);
    for (const double norm : row.norms) text += fmt::format(",{:.6g}", norm);
  }
  return text + "\n";
}

Chart GradientLog::chart(const std::string& title) const {
  Chart chart{title, "epoch", true, {}};
  Panel panel{"gradient norm", {}};
  panel.is_log = true;
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    Series series{layers_[layer], {}};
    for (const Row& row : rows_) series.points.push_back({static_cast<double>(row.epoch), row.norms[layer]});
    panel.series.push_back(std::move(series));
  }
  chart.panels.push_back(std::move(panel));
  return chart;
}

Status GradientLog::write(const std::string& folder, const std::string& title) const {
  MINNOW_TRY(write_file_atomically(folder + "/gradients.csv", csv()));
  return write_drawing(folder + "/gradients.svg", draw_chart(chart(title)));
}

}  // namespace minnow
