#include <algorithm>
#include <set>

#include "frontend/load/load_experiment.h"
#include "ir/printable.h"
#include "runtime/train/sweep.h"

namespace minnow {
namespace {

constexpr size_t kMostRuns = 10000;

tl::unexpected<Error> bad_axis(const std::string& text, std::string message) {
  return tl::unexpected(Error{"--grid " + text, std::move(message), "--grid learning_rate=0.01,0.1", ExitCode::kUsage});
}

// Value numbers of each axis for run `i`.
std::vector<size_t> combination(const std::vector<SweepAxis>& axes, size_t i) {
  std::vector<size_t> chosen(axes.size());
  for (size_t axis = axes.size(); axis-- > 0; i /= axes[axis].values.size())
    chosen[axis] = i % axes[axis].values.size();
  return chosen;
}

Result<SweepRun> plan_run(const std::string& path, std::vector<std::string> assignments,
                          const std::vector<SweepAxis>& axes, size_t i) {
  SweepRun run;
  const std::vector<size_t> chosen = combination(axes, i);
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    const std::string& value = axes[axis].values[chosen[axis]];
    assignments.push_back(axes[axis].field + "=" + value);
    run.name += (axis > 0 ? " " : "") + axes[axis].label + "=" + value;
    run.values.push_back(value);
  }
  run.folder = fit_for_files(run.name);
  MINNOW_ASSIGN(run.model, read_experiment(path, assignments));
  return run;
}

}  // namespace

Result<SweepAxis> parse_sweep_axis(const std::string& text) {
  SweepAxis axis;
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return bad_axis(text, "is not FIELD=VALUE,VALUE,...");
  axis.label = text.substr(0, equals);
  const bool is_short =
      axis.label.find('.') == std::string::npos && Model::descriptor()->FindFieldByName(axis.label) == nullptr;
  axis.field = is_short ? "training." + axis.label : axis.label;
  for (size_t begin = equals + 1; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    axis.values.push_back(text.substr(begin, end - begin));
    if (axis.values.back().empty()) return bad_axis(text, "has an empty value");
    if (std::ranges::count(axis.values, axis.values.back()) > 1)
      return bad_axis(text, fmt::format("has {} twice", axis.values.back()));
    begin = end + 1;
  }
  return axis;
}

Result<Sweep> plan_sweep(const std::string& path, const std::vector<std::string>& assignments,
                         std::vector<SweepAxis> axes) {
  size_t count = 1;
  std::set<std::string> fields;
  for (const SweepAxis& axis : axes) {
    if (!fields.insert(axis.field).second) return bad_axis(axis.label + "=", "is given twice");
    if (axis.values.size() > kMostRuns / count) return bad_axis(axis.label + "=", "makes too many runs");
    count *= axis.values.size();
  }
  Sweep sweep{{}, std::move(axes), {}};
  std::set<std::string> folders;
  for (size_t i = 0; i < count; ++i) {
    MINNOW_ASSIGN(SweepRun run, plan_run(path, assignments, sweep.axes, i));
    run.folder = name_apart(run.folder, folders);
    sweep.runs.push_back(std::move(run));
  }
  sweep.title = sweep.runs[0].model.model.name();
  return sweep;
}

Sweep plan_runs(const LoadedExperiment& experiment) {
  Sweep sweep{experiment.experiment.title(), {{"", "run", {}}}, {}};
  std::set<std::string> folders;
  for (size_t i = 0; i < experiment.models.size(); ++i) {
    const Experiment::Run& planned = experiment.experiment.runs(static_cast<int>(i));
    SweepRun run;
    run.values = {planned.name()};
    run.name = planned.name();
    run.folder = name_apart("runs/" + fit_for_files(planned.name()), folders);
    run.model = experiment.models[i];
    run.logs_gradients = planned.log_gradients();
    sweep.axes[0].values.push_back(planned.name());
    sweep.runs.push_back(std::move(run));
  }
  return sweep;
}

}  // namespace minnow
