#include "tools/report/experiment_pictures.h"

#include <fmt/format.h>

#include <algorithm>

#include "frontend/load/override_model.h"
#include "ir/printable.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "runtime/file.h"
#include "runtime/memory_use.h"
#include "runtime/plot/op_curve.h"
#include "runtime/train/gradient_log.h"
#include "runtime/train/logit_scan.h"
#include "runtime/train/run_curves.h"
#include "tools/flags/ir_file.h"

namespace minnow {
namespace {

using Planned = Experiment::Picture;

constexpr int kLowPanel = 200;  // of several panels in one picture

std::string place_of(const LoadedExperiment& experiment, int i, std::string_view inside) {
  return experiment.where(fmt::format("pictures.{}.{}", i, inside));
}

DrawnPicture begin(const Planned& picture, const Chart& chart) {
  return {fit_for_files(picture.name()), picture.title(), draw_chart(chart), {}, {}};
}

Result<DrawnPicture> draw_ops(const LoadedExperiment& experiment, int i) {
  const Planned& picture = experiment.experiment.pictures(i);
  const Experiment::Ops& ops = picture.ops();
  OpCurveOptions options;
  if (ops.has_low()) options.low = ops.low();
  if (ops.has_high()) options.high = ops.high();
  Chart chart{picture.title(), "x", false, {}};
  if (ops.ops_size() > 1) chart.panel_height = kLowPanel;
  for (int op = 0; op < ops.ops_size(); ++op) {
    options.second = ops.ops(op).second();
    auto drawn = op_chart(ops.ops(op).name(), options);
    if (!drawn) {
      Error error = std::move(drawn).error();
      const bool is_range = error.code == ExitCode::kUsage;
      const std::string inside = is_range ? "ops.low" : fmt::format("ops.ops.{}.name", op);
      return fail_with_hint(place_of(experiment, i, inside),
                            fmt::format("\"{}\" {}", is_range ? "low to high" : ops.ops(op).name(), error.message),
                            is_range ? "" : error.hint);
    }
    for (Panel& panel : drawn->panels) {
      panel.y_label = drawn->title;
      chart.panels.push_back(std::move(panel));
    }
  }
  return begin(picture, chart);
}

std::string kib(int64_t bytes) { return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024); }

Result<DrawnPicture> measure_memory_picture(const LoadedExperiment& experiment, int i, const PictureOptions& options) {
  const Planned& picture = experiment.experiment.pictures(i);
  ResultTable table{{"batch size", "training", "inference", "ratio", "saved for gradients"}, {}};
  Chart chart{picture.title(), "batch size", false, {{"MiB", {{"training", {}}, {"inference", {}}}}}};
  chart.is_x_log = true;
  for (const int64_t size : picture.memory().batch_sizes()) {
    LoadedModel model = experiment.measured.at(i);
    MINNOW_TRY(set_field(model, fmt::format("training.batch_size={}", size)));
    MINNOW_ASSIGN(const ModelMemory memory, measure_memory(model, options.threads, options.session.max_bytes));
    const auto training = static_cast<double>(memory.training.total());
    const auto inference = static_cast<double>(memory.inference.total());
    chart.panels[0].series[0].points.push_back({static_cast<double>(size), training / (1 << 20)});
    chart.panels[0].series[1].points.push_back({static_cast<double>(size), inference / (1 << 20)});
    table.rows.push_back({fmt::format("{}", size), kib(memory.training.total()), kib(memory.inference.total()),
                          fmt::format("{:.2f}", training / inference), kib(memory.training.saved)});
  }
  DrawnPicture drawn = begin(picture, chart);
  drawn.table = std::move(table);
  return drawn;
}

// A program of the picture, after its passes.
Result<ScannedProgram> scanned(const Experiment::Logits::Program& program, const std::string& where,
                               int64_t max_bytes) {
  MINNOW_ASSIGN(const auto module, parse_module(program.text(), where));
  auto function = module->functions[0]->clone();
  MINNOW_TRY(check_memory(where, *function, max_bytes));
  auto pipeline = parse_pipeline(program.passes());
  if (!pipeline) return fail_with_hint(where, pipeline.error().message, pipeline.error().hint);
  MINNOW_TRY(run_passes(*function, *pipeline));
  return ScannedProgram{program.name(), where, std::move(function)};
}

Result<DrawnPicture> scan_picture(const LoadedExperiment& experiment, int i, const PictureOptions& options) {
  const Planned& picture = experiment.experiment.pictures(i);
  const Experiment::Logits& logits = picture.logits();
  LogitScanInput input{
      {}, 0, {logits.logits().begin(), logits.logits().end()}, {logits.scales().begin(), logits.scales().end()}};
  std::vector<std::pair<std::string, std::string>> texts;
  for (int j = 0; j < logits.programs_size(); ++j) {
    const Experiment::Logits::Program& program = logits.programs(j);
    const std::string where = place_of(experiment, i, fmt::format("logits.programs.{}", j));
    MINNOW_ASSIGN(ScannedProgram ready, scanned(program, where, options.session.max_bytes));
    texts.emplace_back(fit_for_files(program.name()) + ".ir", print(*ready.function));
    if (program.name() == logits.reference()) input.reference = static_cast<size_t>(j);
    input.programs.push_back(std::move(ready));
  }
  ThreadPool pool(options.threads);
  auto scan = scan_logits(input, pool, options.session.code);
  if (!scan) {
    if (scan.error().where.empty()) scan.error().where = place_of(experiment, i, "logits.scales");
    return tl::unexpected(scan.error());
  }
  DrawnPicture drawn = begin(picture, scan->chart(picture.title()));
  drawn.table = scan->table();
  drawn.texts = std::move(texts);
  return drawn;
}

bool is_named(const google::protobuf::RepeatedPtrField<std::string>& names, const std::string& run) {
  return names.empty() || std::ranges::find(names, run) != names.end();
}

Chart curves(const Planned& picture, const Sweep& sweep) {
  const bool is_by_time = picture.kind_case() == Planned::kByTime;
  const auto& names = is_by_time ? picture.by_time().runs() : picture.by_step().runs();
  std::vector<RunCurves> runs;
  for (const SweepRun& run : sweep.runs)
    if (is_named(names, run.name) && !run.history.empty()) runs.push_back({run.name, run.history, run.has_perplexity});
  Chart chart = runs_chart(runs, is_by_time ? RunAxis::kTime : RunAxis::kStep);
  chart.title = picture.title();
  return chart;
}

void add_rows(const GradientNorms& norms, const std::string& run, ResultTable& table) {
  if (norms.rows.empty()) return;
  for (size_t layer = 0; layer < norms.layers.size(); ++layer)
    table.rows.push_back({run, norms.layers[layer], fmt::format("{:.2e}", norms.rows.front().norms[layer]),
                          fmt::format("{:.2e}", norms.rows.back().norms[layer])});
}

Result<DrawnPicture> draw_gradients(const Planned& picture, const Sweep& sweep, const std::string& folder) {
  Chart chart{picture.title(), "epoch", true, {}};
  ResultTable table{{"run", "layer", "at the start", "at the end"}, {}};
  for (const SweepRun& run : sweep.runs) {
    const std::string path = fmt::format("{}/{}/gradients.csv", folder, run.folder);
    if (!is_named(picture.gradients().runs(), run.name) || run.history.empty()) continue;
    MINNOW_ASSIGN(const std::string text, read_file(path));
    MINNOW_ASSIGN(const GradientNorms norms, parse_gradients_csv(text, path));
    chart.panels.push_back(norms.panel(run.name + ": gradient norm"));
    add_rows(norms, run.name, table);
  }
  DrawnPicture drawn = begin(picture, chart);
  drawn.table = std::move(table);
  return drawn;
}

}  // namespace

Status DrawnPicture::write(const std::string& folder) const {
  const std::string path = folder + "/" + stem;
  MINNOW_TRY(write_drawing(path + ".svg", drawing));
  if (table) MINNOW_TRY(write_file_atomically(path + ".csv", table_csv(*table)));
  for (const auto& [name, text] : texts) MINNOW_TRY(write_file_atomically(folder + "/" + name, text));
  return {};
}

bool shows_runs(const Planned& picture) {
  return picture.has_by_time() || picture.has_by_step() || picture.has_gradients();
}

Result<DrawnPicture> measure_picture(const LoadedExperiment& experiment, int i, const PictureOptions& options) {
  const Planned& picture = experiment.experiment.pictures(i);
  if (picture.has_ops()) return draw_ops(experiment, i);
  return picture.has_memory() ? measure_memory_picture(experiment, i, options) : scan_picture(experiment, i, options);
}

Result<DrawnPicture> draw_runs(const LoadedExperiment& experiment, int i, const Sweep& sweep,
                               const std::string& folder) {
  const Planned& picture = experiment.experiment.pictures(i);
  return picture.has_gradients() ? draw_gradients(picture, sweep, folder) : begin(picture, curves(picture, sweep));
}

}  // namespace minnow
