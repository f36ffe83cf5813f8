#include "tools/report/live_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/printable.h"
#include "runtime/train/metrics_csv.h"

namespace minnow {
namespace {

constexpr size_t kMostLines = 40;

}  // namespace

LiveTable::LiveTable(const Sweep& sweep) : sweep_(sweep), style_(ProgressStyle::detect(stderr)) {
  for (const SweepRun& run : sweep.runs) width_ = std::max(width_, letter_count(printable(run.name)));
}

void LiveTable::show(const SweepRun& changed) {
  if (style_.is_terminal && sweep_.runs.size() <= kMostLines) return redraw();
  if (changed.end == RunEnd::kRunning) return;
  std::fputs((line(changed) + "\n").c_str(), stderr);
}

std::string LiveTable::line(const SweepRun& run) const {
  const std::string name = printable(run.name);
  std::string text =
      fmt::format("{}{}  {:13}", name, std::string(width_ - letter_count(name), ' '), run_end_name(run.end));
  if (run.history.empty()) return text;
  const EpochMetrics& last = run.history.back();
  text += fmt::format("  epoch {:>3}/{}  val loss {:.4f}", last.epoch, run.model.model.training().epochs(),
                      last.validation_loss);
  if (run.has_perplexity) text += fmt::format("  val ppl {:.2f}", last.validation_perplexity());
  if (has_accuracy(run.history)) text += fmt::format("  val acc {:.1f}%", 100 * last.validation_accuracy);
  return text;
}

void LiveTable::redraw() {
  std::string text = lines_ > 0 ? fmt::format("\x1b[{}A", lines_) : "";
  for (const SweepRun& run : sweep_.runs)
    text += "\r\x1b[2K" + shortened(line(run), static_cast<size_t>(std::max(style_.columns - 1, 1))) + "\n";
  lines_ = sweep_.runs.size();
  std::fputs(text.c_str(), stderr);
}

}  // namespace minnow
