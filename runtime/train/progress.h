// How training is going, on stderr: a bar that redraws itself on a terminal, otherwise one line per epoch.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace minnow {

// Where training stands within an epoch.
struct ProgressState {
  int64_t epoch = 1;  // from 1
  int64_t epochs = 1;
  int64_t examples_done = 0;  // of this epoch
  int64_t examples = 0;       // in an epoch
  double loss = 0;            // mean over the epoch so far
  std::optional<double> accuracy;
  double examples_per_second = 0;
  bool has_perplexity = false;  // exp(loss), which is shown
};

// What an epoch came to. Losses are means; accuracies are fractions, absent for a regression.
struct EpochSummary {
  int64_t epoch = 1;
  int64_t epochs = 1;
  double train_loss = 0;
  std::optional<double> train_accuracy;
  std::optional<double> validation_loss;
  std::optional<double> validation_accuracy;
  double examples_per_second = 0;
  double seconds = 0;
  bool has_perplexity = false;  // exp(loss), which is shown
};

struct ProgressStyle {
  bool is_terminal = false;
  bool has_colour = false;
  int columns = 80;

  // Of the terminal, if any, behind `stream`. NO_COLOR and TERM=dumb are honoured.
  static ProgressStyle detect(std::FILE* stream);
};

// "epoch  3/10 ━━━━━━━━╸─────── loss 0.5312  acc 81.2%  132k/s  ETA 0:12", at most style.columns wide.
std::string render_progress(const ProgressState& state, const ProgressStyle& style);
// "epoch  3/10  loss 0.5312  acc 81.2%  val loss 0.5011  val acc 82.4%  132k/s  0.5 s"
std::string render_epoch(const EpochSummary& summary, const ProgressStyle& style);
// "0:07", "12:40", "3:05:00"; "-:--" if it cannot be told.
std::string format_duration(double seconds);

// The last line of a terminal, drawn anew at most ten times a second; nothing where there is no terminal.
class StatusLine {
 public:
  StatusLine(std::FILE* stream, ProgressStyle style) : stream_(stream), style_(style) {}
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  const ProgressStyle& style() const { return style_; }
  // Whether it is time to draw: to be asked before a text is made.
  bool is_due() const { return style_.is_terminal && std::chrono::steady_clock::now() >= next_draw_; }
  void draw(const std::string& text);
  // Takes it off, before something else is printed.
  void clear();
  // Whole lines, on whatever the stream is. Work goes on if nobody reads this any more, so a failure to write is none.
  void print(const std::string& text);

 private:
  std::FILE* stream_;
  ProgressStyle style_;
  bool is_drawn_ = false;
  std::chrono::steady_clock::time_point next_draw_{};
};

class Progress {
 public:
  explicit Progress(std::FILE* stream = stderr) : Progress(stream, ProgressStyle::detect(stream)) {}
  Progress(std::FILE* stream, ProgressStyle style) : line_(stream, style) {}

  // Redraws the bar; cheap enough to be called every step.
  void update(const ProgressState& state);
  void finish_epoch(const EpochSummary& summary);
  // Takes the bar off the line, before something else is printed.
  void clear() { line_.clear(); }

 private:
  StatusLine line_;
};

}  // namespace minnow
