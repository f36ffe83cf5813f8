#include "tools/report/report_page.h"

#include <algorithm>

#include "frontend/load/model_fields.h"
#include "ir/printable.h"
#include "runtime/plot/html_page.h"
#include "runtime/plot/markup.h"
#include "runtime/train/run_curves.h"
#include "tools/report/layer_table.h"

namespace minnow {
namespace {

constexpr std::string_view kReportStyle = R"css(
.state { color: var(--soft); white-space: pre-wrap; margin: 0 0 1rem; }
.bad, .missing { border-left: 4px solid #d55e00; padding-left: .7rem; color: var(--ink); white-space: pre-wrap; }
.cards { display: flex; flex-wrap: wrap; gap: .7rem; margin: 1rem 0; }
.card { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .9rem; }
.card b { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: .85rem; }
nav { margin: .5rem 0 0; }
nav a { color: var(--accent); margin-right: 1rem; }
.wide { overflow-x: auto; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.pair > div:last-child { flex: 1 1 24rem; }
summary { cursor: pointer; color: var(--accent); margin: .4rem 0; }
details.run { border: 1px solid var(--line); border-radius: 6px; padding: 0 1rem; margin: 1rem 0; }
details.run > summary { font-size: 1.1rem; margin: .7rem 0; color: var(--ink); }
pre { background: #f7f7f7; padding: .8rem; overflow-x: auto; }
@media print { details { display: block; } }
)css";

bool classifies(const RunRecord& run) { return run.lowered && run.lowered->classifies; }
bool has_perplexity(const RunRecord& run) { return run.lowered && run.lowered->has_perplexity; }

std::string card(const std::string& number, const std::string& what) {
  return fmt::format("<div class=\"card\"><b>{}</b><span>{}</span></div>", markup_escaped(number),
                     markup_escaped(what));
}

// The numbers to look at first.
std::string cards(const RunRecord& run) {
  std::string html;
  if (const EpochMetrics* best = run.best()) {
    const std::string at = fmt::format(", best epoch ({})", best->epoch);
    if (classifies(run)) html += card(accuracy_text(best->validation_accuracy, true), "validation accuracy" + at);
    html += card(loss_text(best->validation_loss), "validation loss" + at);
    if (has_perplexity(run)) html += card(perplexity_text(best->validation_loss, true), "validation perplexity" + at);
    html += card(fmt::format("{:.1f} s", run.seconds()), "of training");
    html += card(grouped(run.last()->steps), "steps");
  }
  if (run.lowered) html += card(grouped(run.lowered->weight_count()), "weights");
  if (run.model) html += card(std::to_string(run.model->model.training().batch_size()), "examples a step");
  return html.empty() ? "" : "<div class=\"cards\">" + html + "</div>\n";
}

std::string state_line(const RunRecord& run) {
  const bool is_bad = run.state == RunState::kDiverged || run.state == RunState::kDamaged;
  return fmt::format("<p class=\"state{}\">{}</p>\n", is_bad ? " bad" : "", markup_escaped(run.note));
}

std::string sections_html(const std::vector<ReportSection>& sections, const std::string& prefix) {
  std::string links, html;
  for (const ReportSection& section : sections) {
    const std::string id = prefix + section.id;
    links += fmt::format("<a href=\"#{}\">{}</a>", id, markup_escaped(section.title));
    html += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", id, markup_escaped(section.title),
                        section.html);
  }
  return "<nav>" + links + "</nav>\n" + html;
}

std::string run_body(const RunRecord& run, const ReportOptions& options, const std::string& prefix) {
  return state_line(run) + cards(run) + sections_html(report_sections(run, options), prefix);
}

// "runs/a" and "sweep/a" would look the same by their names.
std::vector<std::string> distinct_names(const std::vector<RunRecord>& runs) {
  std::vector<std::string> names;
  for (const RunRecord& run : runs) {
    const bool is_alone = std::ranges::count(runs, run.name, &RunRecord::name) == 1;
    names.push_back(is_alone ? run.name : run.path);
  }
  return names;
}

std::string_view state_word(RunState state) {
  constexpr std::string_view kWords[] = {"finished", "stopped early", "unfinished", "diverged", "not begun", "damaged"};
  return kWords[static_cast<size_t>(state)];
}

std::string results_table(const std::vector<RunRecord>& runs, const std::vector<std::string>& names) {
  const bool has_accuracy = std::ranges::any_of(runs, classifies);
  const bool tells_perplexity = std::ranges::any_of(runs, has_perplexity);
  HtmlTable table{{"run", "state", "epochs", "last loss", "best loss"}, {}, 2};
  if (tells_perplexity) table.header.insert(table.header.end(), {"last perplexity", "best perplexity"});
  if (has_accuracy) table.header.insert(table.header.end(), {"last accuracy", "best accuracy"});
  table.header.insert(table.header.end(), {"best epoch", "training", "weights"});
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunRecord& run = runs[i];
    std::vector<std::string>& cells = table.rows.emplace_back();
    cells = {names[i], std::string(state_word(run.state)), run.history ? std::to_string(run.history->size()) : "–"};
    const EpochMetrics *last = run.last(), *best = run.best();
    for (const EpochMetrics* row : {last, best}) cells.push_back(row ? loss_text(row->validation_loss) : "–");
    for (const EpochMetrics* row : {last, best})
      if (tells_perplexity) cells.push_back(row ? perplexity_text(row->validation_loss, has_perplexity(run)) : "–");
    for (const EpochMetrics* row : {last, best})
      if (has_accuracy) cells.push_back(row ? accuracy_text(row->validation_accuracy, classifies(run)) : "–");
    cells.push_back(best ? std::to_string(best->epoch) : "–");
    cells.push_back(best ? fmt::format("{:.1f} s", run.seconds()) : "–");
    cells.push_back(run.lowered ? grouped(run.lowered->weight_count()) : "–");
  }
  return "<h2>Results on the validation data</h2>\n<div class=\"wide\">" + to_html(table) + "</div>\n";
}

std::string differences_table(const std::vector<RunRecord>& runs, const std::vector<std::string>& names) {
  constexpr size_t kMostFields = 60, kLongestValue = 40;
  HtmlTable table{{"field"}, {}};
  std::vector<const Model*> models;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (!runs[i].model) continue;
    models.push_back(&runs[i].model->model);
    table.header.push_back(names[i]);
  }
  if (models.size() < 2) return "";
  const std::vector<DifferingField> fields = differing_fields(models);
  if (fields.empty()) return "<p>Their configurations are the same.</p>\n";
  for (const DifferingField& field : fields) {
    if (table.rows.size() == kMostFields) break;
    std::vector<std::string>& cells = table.rows.emplace_back(std::vector<std::string>{field.path});
    for (const std::string& value : field.values) cells.push_back(shortened(printable(value), kLongestValue));
  }
  const std::string rest =
      fields.size() > kMostFields ? fmt::format("<p>{} more fields differ.</p>\n", fields.size() - kMostFields) : "";
  return "<h2>What differs</h2>\n<div class=\"wide\">" + to_html(table) + "</div>\n" + rest;
}

std::string curves_html(const std::vector<RunRecord>& runs, const std::vector<std::string>& names) {
  std::vector<RunCurves> curves;
  for (size_t i = 0; i < runs.size(); ++i)
    if (runs[i].last() != nullptr) curves.push_back({names[i], *runs[i].history, has_perplexity(runs[i])});
  if (curves.empty()) return "";
  Chart chart = runs_chart(curves, RunAxis::kEpoch);
  chart.width = kPageWidth;
  return "<h2>Curves</h2>\n" + to_svg(draw_chart(chart));
}

std::string comparison(const std::vector<RunRecord>& runs, const ReportOptions& options) {
  const std::vector<std::string> names = distinct_names(runs);
  std::string html = "<section id=\"comparison\">\n" + results_table(runs, names) + differences_table(runs, names) +
                     curves_html(runs, names) + "</section>\n<h2>Each run</h2>\n";
  for (size_t i = 0; i < runs.size(); ++i)
    html += fmt::format("<details class=\"run\"><summary>{}: {}</summary>\n{}</details>\n", markup_escaped(names[i]),
                        state_word(runs[i].state), run_body(runs[i], options, fmt::format("run{}-", i + 1)));
  return html;
}

}  // namespace

std::string report_page(const std::vector<RunRecord>& runs, const ReportOptions& options) {
  HtmlPage page;
  page.style = kReportStyle;
  if (runs.size() == 1) {
    const RunRecord& run = runs[0];
    const std::string model = run.model ? run.model->model.name() : "";
    page.title = model.empty() || model == run.name ? run.name : model + ": " + run.name;
    page.body = "<h1>" + markup_escaped(page.title) + "</h1>\n" + run_body(run, options, "");
  } else {
    page.title = fmt::format("{} runs", runs.size());
    page.body = "<h1>" + page.title + "</h1>\n" + comparison(runs, options);
  }
  return to_html(page);
}

}  // namespace minnow
