// What a sweep has come to: as a table for people, and as CSV.
#include <algorithm>

#include "runtime/data/csv_table.h"
#include "runtime/train/early_stopping.h"
#include "runtime/train/metrics_csv.h"
#include "runtime/train/sweep.h"

namespace minnow {
namespace {

bool classifies(const Sweep& sweep) {
  return std::ranges::any_of(sweep.runs, [](const SweepRun& run) { return has_accuracy(run.history); });
}
bool tells_perplexity(const Sweep& sweep) { return std::ranges::any_of(sweep.runs, &SweepRun::has_perplexity); }

std::string percent(double share) { return fmt::format("{:.2f} %", 100 * share); }

struct TableColumns {
  bool accuracy, perplexity;

  size_t count() const { return 4 + (accuracy ? 2 : 0) + (perplexity ? 2 : 0); }  // of what a history tells
};

std::vector<std::string> table_row(const SweepRun& run, const TableColumns& columns) {
  std::vector<std::string> row = run.values;
  if (run.history.empty()) {
    row.emplace_back("0");
    row.resize(row.size() + columns.count());
  } else {
    const EpochMetrics &last = run.history.back(), &best = *run.best();
    const auto perplexity = [&](const EpochMetrics& epoch) {
      return run.has_perplexity ? fmt::format("{:.2f}", epoch.validation_perplexity()) : "";
    };
    row.push_back(fmt::format("{}", run.history.size()));
    row.push_back(fmt::format("{:.4f}", last.validation_loss));
    row.push_back(fmt::format("{:.4f}", best.validation_loss));
    if (columns.perplexity) row.insert(row.end(), {perplexity(last), perplexity(best)});
    if (columns.accuracy) row.push_back(percent(last.validation_accuracy));
    if (columns.accuracy) row.push_back(percent(best.validation_accuracy));
    row.push_back(fmt::format("{}", best.epoch));
    row.push_back(fmt::format("{:.1f} s", run.seconds()));
  }
  row.emplace_back(run_end_name(run.end));
  return row;
}

// ",12.500000,11.200000"
std::string perplexity_cells(const SweepRun& run) {
  if (!run.has_perplexity || run.history.empty()) return ",,";
  return fmt::format(",{:.6f},{:.6f}", run.history.back().validation_perplexity(), run.best()->validation_perplexity());
}

}  // namespace

std::string_view run_end_name(RunEnd end) {
  constexpr std::string_view kNames[] = {"waiting",  "running", "finished",   "stopped early",
                                         "diverged", "failed",  "interrupted"};
  return kNames[static_cast<size_t>(end)];
}

const EpochMetrics* SweepRun::best() const {
  const spec::Training& training = model.model.training();
  return best_row(training, tells_by_accuracy(training, has_accuracy(history), has_perplexity), history);
}

double SweepRun::seconds() const {
  double seconds = 0;
  for (const EpochMetrics& row : history) seconds += row.seconds;
  return seconds;
}

std::string sweep_csv(const Sweep& sweep) {
  std::string text;
  for (const SweepAxis& axis : sweep.axes) text += csv_cell(axis.label) + ",";
  const bool with_perplexity = tells_perplexity(sweep);
  text += fmt::format("end,epochs,loss,best_loss,accuracy,best_accuracy,epochs_to_best,seconds,folder{}\n",
                      with_perplexity ? ",perplexity,best_perplexity" : "");
  for (const SweepRun& run : sweep.runs) {
    for (const std::string& value : run.values) text += csv_cell(value) + ",";
    text += fmt::format("{},{},", run_end_name(run.end), run.history.size());
    if (run.history.empty()) {
      text += ",,,,,";
    } else {
      const EpochMetrics &last = run.history.back(), &best = *run.best();
      text += fmt::format("{:.6f},{:.6f},{:.6f},{:.6f},{},", last.validation_loss, best.validation_loss,
                          last.validation_accuracy, best.validation_accuracy, best.epoch);
    }
    text +=
        fmt::format("{:.3f},{}{}\n", run.seconds(), csv_cell(run.folder), with_perplexity ? perplexity_cells(run) : "");
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
  const TableColumns columns{classifies(sweep), tells_perplexity(sweep)};
  ResultTable table;
  for (const SweepAxis& axis : sweep.axes) table.header.push_back(axis.label);
  table.header.insert(table.header.end(), {"epochs", "loss", "best loss"});
  if (columns.perplexity) table.header.insert(table.header.end(), {"perplexity", "best perplexity"});
  if (columns.accuracy) table.header.insert(table.header.end(), {"accuracy", "best accuracy"});
  table.header.insert(table.header.end(), {"best epoch", "time", "end"});
  for (const SweepRun& run : sweep.runs) table.rows.push_back(table_row(run, columns));
  return table;
}

}  // namespace minnow
