#include <fmt/format.h>

#include "runtime/plot/op_curve.h"
#include "runtime/train/progress.h"
#include "runtime/train/run_curves.h"
#include "tools/command.h"

namespace minnow {
namespace {

struct PlotFlags {
  std::vector<std::string> runs;
  std::string op;
  OpCurveOptions curve;
  std::vector<double> range;
  std::string axis = "epoch";
  std::string out;
  std::string title;
  bool is_ascii = false;
};

Result<Chart> make_chart(const PlotFlags& flags) {
  if (!flags.op.empty()) {
    OpCurveOptions curve = flags.curve;
    if (!flags.range.empty()) curve.low = flags.range[0], curve.high = flags.range[1];
    return op_chart(flags.op, curve);
  }
  if (flags.runs.empty())
    return tl::unexpected(
        Error{{}, "which runs?", "minnow plot RUN..., folders that train --out left; or --op NAME", ExitCode::kUsage});
  std::vector<RunCurves> runs;
  for (const std::string& path : flags.runs) {
    MINNOW_ASSIGN(RunCurves run, read_run(path));
    runs.push_back(std::move(run));
  }
  const RunAxis axis = flags.axis == "epoch" ? RunAxis::kEpoch : flags.axis == "step" ? RunAxis::kStep : RunAxis::kTime;
  return runs_chart(runs, axis);
}

Result<ExitCode> plot_command(const PlotFlags& flags) {
  if (!flags.out.empty()) MINNOW_TRY(check_picture_path(flags.out));
  MINNOW_ASSIGN(Chart chart, make_chart(flags));
  if (!flags.title.empty()) chart.title = flags.title;
  if (!flags.out.empty()) MINNOW_TRY(write_drawing(flags.out, draw_chart(chart)));
  if (flags.is_ascii || flags.out.empty()) fmt::print("{}", chart_text(chart, ProgressStyle::detect(stdout).columns));
  return ExitCode::kDone;
}

}  // namespace

Action add_plot(CLI::App& app) {
  auto flags = std::make_shared<PlotFlags>();
  auto* runs = app.add_option("runs", flags->runs, "run folders, or metrics.csv files")->type_name("RUN");
  app.add_option("--op", flags->op, "draw an elementwise op or an activation, and its derivative, instead")
      ->type_name("NAME")
      ->excludes(runs);
  app.add_option("--range", flags->range, "of x, for --op: LOW,HIGH (default -6,6)")
      ->delimiter(',')
      ->expected(2)
      ->type_name("LOW,HIGH");
  app.add_option("--with", flags->curve.second, "second operand of an op of two, such as max or pow")
      ->capture_default_str();
  app.add_option("--x", flags->axis, "epoch, step or time")
      ->check(CLI::IsMember({"epoch", "step", "time"}))
      ->capture_default_str();
  app.add_option("--title", flags->title, "above the picture");
  app.add_flag("--ascii", flags->is_ascii, "print the chart as text, which is the default without -o");
  app.add_option("-o,--output", flags->out, "write a picture, .svg or .png")->type_name("FILE");
  return [flags] { return plot_command(*flags); };
}

}  // namespace minnow
