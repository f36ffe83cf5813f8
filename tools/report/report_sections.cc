#include "tools/report/report_sections.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "runtime/file.h"
#include "runtime/flops.h"
#include "runtime/memory_use.h"
#include "runtime/plot/arena_map.h"
#include "runtime/plot/bar_chart.h"
#include "runtime/plot/html_page.h"
#include "runtime/plot/markup.h"
#include "runtime/train/assess.h"
#include "runtime/train/gradient_log.h"
#include "runtime/train/network_pictures.h"
#include "runtime/train/run_curves.h"
#include "runtime/train/run_folder.h"
#include "tools/report/kernel_times.h"
#include "tools/report/layer_table.h"

namespace minnow {
namespace {

// Of a run: what there is to say, as HTML.
using Html = Result<std::string>;

// What keeps a section from being written.
template <typename T>
Status status_of(const Result<T>& result) {
  if (!result) return tl::unexpected(result.error());
  return {};
}

std::string paragraph(const std::string& text) { return "<p>" + markup_escaped(text) + "</p>\n"; }

std::string wide(const std::string& html) { return "<div class=\"wide\">" + html + "</div>\n"; }

std::string folded(const std::string& title, const std::string& html) {
  return "<details><summary>" + markup_escaped(title) + "</summary>\n" + html + "</details>\n";
}

std::string side_by_side(const std::string& left, const std::string& right) {
  return "<div class=\"pair\"><div>" + left + "</div><div>" + right + "</div></div>\n";
}

Html layers(const RunRecord& run) {
  MINNOW_TRY(status_of(run.lowered));
  std::vector<std::vector<std::string>> rows = layer_table(*run.lowered);
  const std::vector<std::string> header = rows[0];
  rows.erase(rows.begin());
  return wide(to_html(HtmlTable{header, std::move(rows), 2, true})) +
         paragraph("Output and MFLOP are of one example's forward pass; a multiply-add counts 2.");
}

Html curves(const RunRecord& run) {
  MINNOW_TRY(status_of(run.history));
  if (run.history->empty()) return fail({}, "no epoch is done yet");
  Chart chart = runs_chart({{run.name, *run.history, run.lowered && run.lowered->has_perplexity}}, RunAxis::kEpoch);
  chart.width = kPageWidth;
  return to_svg(draw_chart(chart));
}

Html gradients(const RunRecord& run) {
  const std::string path = RunFolder::at(run.path).gradients_path();
  MINNOW_ASSIGN(const std::string csv, read_file(path));
  MINNOW_ASSIGN(const GradientNorms norms, parse_gradients_csv(csv, path));
  Chart chart{"", "epoch", true, {norms.panel("gradient norm")}};
  chart.width = kPageWidth;
  return to_svg(draw_chart(chart));
}

std::string share(double value) { return std::isnan(value) ? "–" : fmt::format("{:.2f} %", 100 * value); }

std::string class_table(const Assessment& assessment) {
  HtmlTable table{{"class", "examples", "precision", "recall"}, {}};
  for (int64_t c = 0; c < assessment.confusion->classes(); ++c)
    table.rows.push_back({assessment.class_names[static_cast<size_t>(c)], grouped(assessment.confusion->actual(c)),
                          share(assessment.confusion->precision(c)), share(assessment.confusion->recall(c))});
  return to_html(table);
}

// The worst of those that are taken for another class.
std::string mistakes_table(const Assessment& assessment, const Dataset& data, int64_t count) {
  HtmlTable table{{"example", "is", "taken for", "probability"}, {}};
  const auto labels = data.labels.as<int32_t>();
  for (const int64_t i : worst_examples(assessment.rows, data.labels, count)) {
    const auto& row = assessment.rows[static_cast<size_t>(i)];
    const size_t guess = ranking(row, 1)[0];
    const int32_t label = labels[static_cast<size_t>(i)];
    if (label < 0 || static_cast<size_t>(label) == guess) continue;
    table.rows.push_back({std::to_string(i), class_name(assessment.class_names, label), assessment.class_names[guess],
                          share(row[guess])});
  }
  return table.rows.empty() ? paragraph("No example is taken for another class.") : to_html(table);
}

std::string mistakes(const Assessment& assessment, const Dataset& data, int64_t count) {
  const auto sheet = worst_sheet(assessment, data, count);
  return sheet ? to_svg(draw_sheet(*sheet)) : mistakes_table(assessment, data, count);
}

Html validation(const RunRecord& run, const ReportOptions& options) {
  MINNOW_TRY(status_of(run.model));
  MINNOW_TRY(status_of(run.weights));
  ThreadPool pool(options.backend.thread_count());
  MINNOW_ASSIGN(const auto session, Session::create(*run.model, options.backend.inference_options(), pool));
  MINNOW_TRY(load_weights(*run.weights, *session));
  MINNOW_ASSIGN(const DataSplits data, options.data.load(*session, pool));
  MINNOW_ASSIGN(const Assessment found, assess(*session, data.validation));
  const LoweredModel& network = session->lowered();
  const double loss = found.evaluation.loss;
  const std::string file = run.weights->substr(run.weights->rfind('/') + 1);
  std::string html = paragraph(
      fmt::format("{} on {} examples of {}: loss {}{}{}", file, grouped(data.validation.size()), data.validation.name,
                  loss_text(loss), network.has_perplexity ? ", perplexity " + perplexity_text(loss, true) : "",
                  network.classifies ? ", accuracy " + accuracy_text(found.evaluation.accuracy, true) : ""));
  if (!found.confusion) return html + paragraph("The network does not tell one class for each example.");
  html += side_by_side(to_svg(draw_confusion(*found.confusion, found.class_names)),
                       mistakes(found, data.validation, options.worst));
  return html + folded("Each class", wide(class_table(found)));
}

// Kernels of one layer and phase.
struct KernelGroup {
  const Kernel* first;
  double seconds = 0;
  int64_t kernels = 0;

  std::string name() const {
    return first->layer + ": " + (kernels == 1 ? first->op : fmt::format("{} kernels", kernels));
  }
  std::string note() const { return kernels == 1 ? first->name : ""; }
};

// The slowest first: each kernel by itself or, where those are many, what a layer takes in a phase.
std::vector<KernelGroup> kernel_groups(const Profile& profile, size_t most) {
  std::vector<KernelGroup> groups;
  const bool is_alone = profile.rows.size() <= most;
  for (const KernelRow& row : profile.rows) {
    const auto known = std::ranges::find_if(groups, [&](const KernelGroup& group) {
      return !is_alone && group.first->layer == row.kernel->layer && group.first->phase == row.kernel->phase;
    });
    KernelGroup& group = known == groups.end() ? groups.emplace_back(KernelGroup{row.kernel}) : *known;
    group.seconds += row.seconds;
    ++group.kernels;
  }
  std::ranges::stable_sort(groups, std::ranges::greater(), &KernelGroup::seconds);
  return groups;
}

BarChart kernel_bars(const Profile& profile) {
  constexpr size_t kMostBars = 12;
  constexpr Colour kPhaseColours[] = {kPalette[0], kPalette[1], kPalette[2]};
  BarChart chart{"Where the time of a training step goes",
                 {{"forward", kPhaseColours[0]}, {"gradient", kPhaseColours[1]}, {"update", kPhaseColours[2]}},
                 {}};
  const std::vector<KernelGroup> groups = kernel_groups(profile, kMostBars);
  const auto label = [&](double seconds) {
    return fmt::format("{}, {:.0f} %", format_step_time(seconds), 100 * seconds / profile.step_seconds);
  };
  double others = 0;
  int64_t other_kernels = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    const KernelGroup& group = groups[i];
    if (i >= kMostBars) {
      others += group.seconds;
      other_kernels += group.kernels;
      continue;
    }
    chart.bars.push_back({group.name(), group.seconds, label(group.seconds),
                          kPhaseColours[static_cast<size_t>(group.first->phase)], group.note()});
  }
  if (others > 0)
    chart.bars.push_back({fmt::format("{} more kernels", other_kernels), others, label(others), kSoftInk, ""});
  return chart;
}

Html kernels(const RunRecord& run, const ReportOptions& options) {
  MINNOW_TRY(status_of(run.model));
  if (options.repeats == 0) return fail({}, "not measured, as --repeats 0 asks");
  const SessionOptions session = options.backend.session_options();
  const ModelFlags flags{RunFolder::at(run.path).config_path(), {}};
  MINNOW_ASSIGN(const Subject subject, Subject::read(flags, "", session.max_bytes));
  MINNOW_ASSIGN(MeasuredFunction function, subject.prepare(session, options.backend.thread_count()));
  if (function.executable().kernels().empty()) return fail({}, "the interpreter has no kernels to time");
  MINNOW_ASSIGN(const std::vector<KernelTrace> steps, trace_steps(function, options.repeats));
  Profile profile = summarize(function.executable().kernels(), steps);
  MINNOW_TRY(measure_peak(profile, function.pool(), session.code.cpu));
  HtmlTable table{kernel_columns(), {}, 3};
  for (const KernelRow& row : slowest_first(profile)) table.rows.push_back(kernel_cells(row, profile));
  const double rate = profile.step_flops / profile.step_seconds;
  const int threads = function.pool().threads();
  return paragraph(fmt::format(
             "A training step of {} examples on {} thread{} of this machine: {}, {:.2f} MFLOP at {:.1f} GFLOP/s; the "
             "machine's peak was measured as {:.1f}.{}{}",
             subject.batch_size().value_or(0), threads, threads == 1 ? "" : "s", format_step_time(profile.step_seconds),
             profile.step_flops / 1e6, rate / 1e9, profile.peak / 1e9, passes_peak(profile) ? " " : "",
             passes_peak(profile) ? kBeyondPeak : "")) +
         to_svg(draw_bars(kernel_bars(profile))) +
         folded(fmt::format("All {} kernels", table.rows.size()), wide(to_html(table)));
}

std::string kib(int64_t bytes) { return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024); }

Html memory_of(const RunRecord& run, const ReportOptions& options) {
  MINNOW_TRY(status_of(run.model));
  const int64_t batch = run.model->model.training().batch_size();
  const int threads = options.backend.thread_count();
  MINNOW_ASSIGN(const ModelMemory memory,
                measure_memory(*run.model, threads, options.backend.session_options().max_bytes));
  const MemoryUse &training = memory.training, &inference = memory.inference;
  HtmlTable table{
      {fmt::format("{} examples, {} thread{}", batch, threads, threads == 1 ? "" : "s"), "training", "inference"},
      {},
      1,
      true};
  const auto add_rows = [&](std::span<const MemoryRow> rows, const std::string& indent) {
    for (const MemoryRow& row : rows)
      table.rows.push_back({indent + row.title, kib(training.*row.bytes), kib(inference.*row.bytes)});
  };
  add_rows(memory_rows(), "");
  add_rows(memory_peak_rows(), "\u2003");  // HTML drops plain blanks
  table.rows.push_back({"total", kib(training.total()), kib(inference.total())});
  return side_by_side(to_html(table), to_svg(draw_arena_map(*memory.train_step, "The arena in a training step")));
}

// The file as it is, even where it cannot be read as a model.
Html configuration(const RunRecord& run) {
  MINNOW_ASSIGN(const std::string text, read_file(RunFolder::at(run.path).config_path(), kMaxModelBytes));
  constexpr size_t kMost = 100000;
  std::string html = "<pre>" + markup_escaped(std::string_view(text).substr(0, kMost)) + "</pre>\n";
  if (text.size() > kMost) html += paragraph(fmt::format("{} more bytes are left out.", text.size() - kMost));
  return folded("config.textproto, overrides and defaults included", html);
}

}  // namespace

std::string loss_text(double loss) { return std::isnan(loss) ? "–" : fmt::format("{:.4f}", loss); }

std::string perplexity_text(double loss, bool has_perplexity) {
  return has_perplexity ? fmt::format("{:.2f}", std::exp(loss)) : "–";
}
std::string accuracy_text(double accuracy, bool classifies) { return classifies ? share(accuracy) : "–"; }

std::vector<ReportSection> report_sections(const RunRecord& run, const ReportOptions& options) {
  std::vector<ReportSection> sections;
  const auto add = [&](std::string id, std::string title, const Html& html) {
    const std::string missing =
        html ? "" : "<p class=\"missing\">" + markup_escaped(html.error().to_string()) + "</p>\n";
    sections.push_back({std::move(id), std::move(title), html ? *html : missing});
  };
  add("model", "Model", layers(run));
  add("curves", "Curves", curves(run));
  std::error_code error;
  if (std::filesystem::exists(RunFolder::at(run.path).gradients_path(), error))
    add("gradients", "Gradients", gradients(run));
  add("validation", "Confusion and worst mistakes", validation(run, options));
  add("kernels", "Time per kernel", kernels(run, options));
  add("memory", "Memory", memory_of(run, options));
  add("configuration", "Configuration", configuration(run));
  return sections;
}

}  // namespace minnow
