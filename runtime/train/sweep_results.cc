// What a sweep has come to: as a table for people, and as CSV.
#include <algorithm>

#include "runtime/data/csv_table.h"
#include "runtime/train/metrics_csv.h"
#include "runtime/train/sweep.h"

namespace minnow {
namespace {

bool classifies(const Sweep& sweep) {
  return std::ranges::any_of(sweep.runs, [](const SweepRun& run) { return has_accuracy(run.history); });
}

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

std::vector<std::string> table_row(const SweepRun& run, bool with_accuracy) {
  std::vector<std::string> row = run.values;
  if (run.history.empty()) {
    row.emplace_back("0");
    row.resize(row.size() + (with_accuracy ? 6 : 4));
  } else {
    const EpochMetrics& last = run.history.back();
    row.push_back(fmt::format("{}", run.history.size()));
    row.push_back(fmt::format("{:.4f}", last.validation_loss));
    row.push_back(fmt::format("{:.4f}", run.best_loss()->validation_loss));
    if (with_accuracy) row.push_back(percent(last.validation_accuracy));
    if (with_accuracy) row.push_back(percent(run.best_accuracy()->validation_accuracy));
    row.push_back(fmt::format("{}", (with_accuracy ? run.best_accuracy() : run.best_loss())->epoch));
    row.push_back(fmt::format("{:.1f} s", run.seconds()));
  }
  row.emplace_back(run_end_name(run.end));
  return row;
}

}  // namespace

std::string_view run_end_name(RunEnd end) {
  constexpr std::string_view kNames[] = {"waiting",  "running", "finished",   "stopped early",
                                         "diverged", "failed",  "interrupted"};
  return kNames[static_cast<size_t>(end)];
}

const EpochMetrics* SweepRun::best_loss() const {
  const auto best = std::ranges::min_element(history, {}, &EpochMetrics::validation_loss);
  return best == history.end() ? nullptr : &*best;
}

const EpochMetrics* SweepRun::best_accuracy() const {
  const auto best = std::ranges::max_element(history, {}, &EpochMetrics::validation_accuracy);
  return best == history.end() ? nullptr : &*best;
}

double SweepRun::seconds() const {
  double seconds = 0;
  for (const EpochMetrics& row : history) seconds += row.seconds;
  return seconds;
}

std::string sweep_csv(const Sweep& sweep) {
  std::string text;
  for (const SweepAxis& axis : sweep.axes) text += csv_cell(axis.label) + ",";
  text += "end,epochs,loss,best_loss,accuracy,best_accuracy,epochs_to_best,seconds,folder\n";
  for (const SweepRun& run : sweep.runs) {
    for (const std::string& value : run.values) text += csv_cell(value) + ",";
    text += fmt::format("{},{},", run_end_name(run.end), run.history.size());
    if (run.history.empty()) {
      text += ",,,,,";
    } else {
      const EpochMetrics& last = run.history.back();
      const EpochMetrics& best = has_accuracy(run.history) ? *run.best_accuracy() : *run.best_loss();
      text += fmt::format("{:.6f},{:.6f},{:.6f},{:.6f},{},", last.validation_loss, run.best_loss()->validation_loss,
                          last.validation_accuracy, run.best_accuracy()->validation_accuracy, best.epoch);
    }
    text += fmt::format("{:.3f},{}\n", run.seconds(), csv_cell(run.folder));
  }
  return text;
}

Status first_failure(const Sweep& sweep) {
  const auto failed = std::ranges::find(sweep.runs, RunEnd::kFailed, &SweepRun::end);
  if (failed == sweep.runs.end()) return {};
  Error error = failed->failure;
  error.message = fmt::format("run {} failed: {}", failed->name, error.message);
  return tl::unexpected(std::move(error));
}

ResultTable sweep_table(const Sweep& sweep) {
  const bool with_accuracy = classifies(sweep);
  ResultTable table;
  for (const SweepAxis& axis : sweep.axes) table.header.push_back(axis.label);
  table.header.insert(table.header.end(), {"epochs", "loss", "best loss"});
  if (with_accuracy) table.header.insert(table.header.end(), {"accuracy", "best accuracy"});
  table.header.insert(table.header.end(), {"best epoch", "time", "end"});
  for (const SweepRun& run : sweep.runs) table.rows.push_back(table_row(run, with_accuracy));
  return table;
}

}  // namespace minnow
