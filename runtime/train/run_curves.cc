#include "runtime/train/run_curves.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "runtime/file.h"
#include "runtime/train/metrics_csv.h"

namespace minnow {
namespace {

constexpr size_t kFewRuns = 3;
constexpr double kFarApart = 100;

double x_of(const EpochMetrics& row, RunAxis axis, double seconds) {
  if (axis == RunAxis::kEpoch) return static_cast<double>(row.epoch);
  return axis == RunAxis::kStep ? static_cast<double>(row.steps) : seconds;
}

// What is drawn of an epoch: a number of the history as it is, or made of it.
using Measure = double (*)(const EpochMetrics& row);

Series series_of(const RunCurves& run, size_t number, Measure measure, RunAxis axis) {
  Series series{run.name, {}, number >= kPaletteSize, static_cast<int>(number)};
  double seconds = 0;
  for (const EpochMetrics& row : run.history) {
    seconds += row.seconds;
    series.points.push_back({x_of(row, axis, seconds), measure(row)});
  }
  return series;
}

// A panel, and which runs are in it.
struct PanelKind {
  std::string name;
  Measure train, validation;
  bool (*has)(const RunCurves& run);
  bool is_percentage;
};

const PanelKind kPanels[] = {
    {"loss", [](const EpochMetrics& row) { return row.train_loss; },
     [](const EpochMetrics& row) { return row.validation_loss; }, [](const RunCurves&) { return true; }, false},
    {"perplexity", [](const EpochMetrics& row) { return row.train_perplexity(); },
     [](const EpochMetrics& row) { return row.validation_perplexity(); },
     [](const RunCurves& run) { return run.has_perplexity; }, false},
    {"accuracy", [](const EpochMetrics& row) { return row.train_accuracy; },
     [](const EpochMetrics& row) { return row.validation_accuracy; },
     [](const RunCurves& run) { return has_accuracy(run.history); }, true},
};

Panel make_panel(const std::vector<RunCurves>& runs, RunAxis axis, const PanelKind& kind) {
  const bool is_few = runs.size() <= kFewRuns;
  Panel panel{is_few ? kind.name : "validation " + kind.name, {}};
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!kind.has(runs[i])) continue;
    panel.series.push_back(series_of(runs[i], i, kind.validation, axis));
    if (!is_few) continue;
    Series& shown = panel.series.back();
    shown.is_dashed = true;
    shown.name += " validation";
    panel.series.insert(panel.series.end() - 1, series_of(runs[i], i, kind.train, axis));
    panel.series[panel.series.size() - 2].name += " train";
  }
  return panel;
}

bool lie_far_apart(const Panel& panel) {
  double least = INFINITY, greatest = 0;
  for (const Series& series : panel.series) {
    for (const ChartPoint& point : series.points) {
      if (!is_drawable(point, true)) continue;
      least = std::min(least, point.y);
      greatest = std::max(greatest, point.y);
    }
  }
  return greatest > least * kFarApart;
}

}  // namespace

std::string last_name(const std::string& path) {
  const std::filesystem::path normal = std::filesystem::path(path).lexically_normal();
  const std::string name = (normal.has_filename() ? normal : normal.parent_path()).filename().string();
  return name == "." ? path : name;
}

Result<RunCurves> read_run(const std::string& path) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(path, error);
  const std::string file = is_folder ? path + "/metrics.csv" : path;
  if (is_folder && !std::filesystem::exists(file, error))
    return fail_with_hint(path, "is no run folder: there is no metrics.csv in it",
                          "minnow train --out leaves one once an epoch is done");
  MINNOW_ASSIGN(const std::string text, read_file(file));
  RunCurves run;
  MINNOW_ASSIGN(MetricsTable metrics, parse_metrics_csv(text, file));
  run.history = std::move(metrics.history);
  run.has_perplexity = metrics.columns.perplexity;
  run.name = last_name(std::filesystem::path(file).parent_path().string());
  if (run.name.empty()) run.name = file;
  return run;
}

Chart runs_chart(const std::vector<RunCurves>& runs, RunAxis axis) {
  constexpr const char* kLabels[] = {"epoch", "step", "seconds of training"};
  Chart chart{"", kLabels[static_cast<size_t>(axis)], axis != RunAxis::kTime, {}};
  for (const PanelKind& kind : kPanels) {
    if (!std::ranges::any_of(runs, kind.has)) continue;
    Panel& panel = chart.panels.emplace_back(make_panel(runs, axis, kind));
    panel.is_percentage = kind.is_percentage;
    panel.is_log = !kind.is_percentage && lie_far_apart(panel);
  }
  return chart;
}

}  // namespace minnow
