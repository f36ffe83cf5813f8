#include "runtime/train/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace minnow {
namespace {

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kEraseLine = "\r\x1b[2K";
constexpr int kMaxBarCells = 32;
constexpr int kMinBarCells = 5;

std::string painted(std::string_view text, std::string_view colour, const ProgressStyle& style) {
  return style.has_colour ? fmt::format("{}{}{}", colour, text, kReset) : std::string(text);
}

std::string repeated(std::string_view cell, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += cell;
  return text;
}

std::string epoch_label(int64_t epoch, int64_t epochs) {
  const std::string total = std::to_string(epochs);
  return fmt::format("epoch {:>{}}/{}", epoch, total.size(), total);
}

std::string format_rate(double per_second) {
  if (per_second >= 1e6) return fmt::format("{:.1f}M/s", per_second / 1e6);
  if (per_second >= 1e4) return fmt::format("{:.0f}k/s", per_second / 1e3);
  if (per_second >= 1e3) return fmt::format("{:.1f}k/s", per_second / 1e3);
  return fmt::format("{:.0f}/s", per_second);
}

std::string bar(double fraction, int cells, const ProgressStyle& style) {
  const double filled = std::clamp(fraction, 0.0, 1.0) * cells;
  const int whole = static_cast<int>(filled);
  const bool has_half = filled - whole >= 0.5;
  const std::string done = repeated("━", whole) + (has_half ? "╸" : "");
  return painted(done, kCyan, style) + painted(repeated("─", cells - whole - (has_half ? 1 : 0)), kDim, style);
}

double seconds_left(const ProgressState& state) {
  const int64_t left = state.examples * (state.epochs - state.epoch + 1) - state.examples_done;
  return state.examples_per_second > 0 ? static_cast<double>(left) / state.examples_per_second : -1;
}

std::string figures(const char* prefix, std::optional<double> loss, std::optional<double> accuracy,
                    bool has_perplexity) {
  std::string text;
  if (loss) text += fmt::format("  {}loss {:.4f}", prefix, *loss);
  if (loss && has_perplexity) text += fmt::format("  {}ppl {:.2f}", prefix, std::exp(*loss));
  if (accuracy) text += fmt::format("  {}acc {:.1f}%", prefix, *accuracy * 100);
  return text;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

ProgressStyle ProgressStyle::detect(std::FILE* stream) {
  ProgressStyle style;
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  style.is_terminal = isatty(fileno(stream)) == 1 && !is_dumb;
  style.has_colour = style.is_terminal && !is_set("NO_COLOR");
  winsize size{};
  if (style.is_terminal && ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    style.columns = size.ws_col;
  return style;
}

std::string format_duration(double seconds) {
  if (!(seconds >= 0 && seconds < 1e8)) return "-:--";
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string render_progress(const ProgressState& state, const ProgressStyle& style) {
  const std::string label = epoch_label(state.epoch, state.epochs);
  std::string tail = figures("", state.loss, state.accuracy, state.has_perplexity);
  tail += fmt::format("  {}  ETA {}", format_rate(state.examples_per_second), format_duration(seconds_left(state)));
  // One column stays free, since a full line makes some terminals wrap.
  const auto width = static_cast<size_t>(std::max(style.columns - 1, 1));
  const int room = static_cast<int>(width) - static_cast<int>(label.size() + 1 + tail.size());
  if (room < kMinBarCells) return (label + tail).substr(0, width);
  const double fraction =
      state.examples > 0 ? static_cast<double>(state.examples_done) / static_cast<double>(state.examples) : 0;
  return fmt::format("{} {}{}", painted(label, kBold, style), bar(fraction, std::min(room, kMaxBarCells), style), tail);
}

std::string render_epoch(const EpochSummary& summary, const ProgressStyle& style) {
  return painted(epoch_label(summary.epoch, summary.epochs), kBold, style) +
         figures("", summary.train_loss, summary.train_accuracy, summary.has_perplexity) +
         figures("val ", summary.validation_loss, summary.validation_accuracy, summary.has_perplexity) +
         painted(fmt::format("  {}  {:.1f} s", format_rate(summary.examples_per_second), summary.seconds), kDim, style);
}

void StatusLine::draw(const std::string& text) {
  next_draw_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  is_drawn_ = true;
  print(fmt::format("{}{}", kEraseLine, text));
}

void StatusLine::clear() {
  if (!is_drawn_) return;
  is_drawn_ = false;
  next_draw_ = {};
  print(std::string(kEraseLine));
}

void StatusLine::print(const std::string& text) {
  std::fputs(text.c_str(), stream_);
  std::fflush(stream_);
}

void Progress::update(const ProgressState& state) {
  if (line_.is_due()) line_.draw(render_progress(state, line_.style()));
}

void Progress::finish_epoch(const EpochSummary& summary) {
  line_.clear();
  line_.print(render_epoch(summary, line_.style()) + "\n");
}

}  // namespace minnow
