#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "frontend/lower/lower_model.h"
#include "runtime/train/gradient_check.h"
#include "runtime/train/progress.h"
#include "tools/command.h"

namespace minnow {
namespace {

struct GradcheckFlags {
  ModelFlags model;
  int64_t samples = 8;
  double tolerance = 1e-5;
};

// Prints each row as soon as it is known; on a terminal the elements of the weight under way are counted below.
class GradientTable {
 public:
  GradientTable(const LoweredModel& lowered, double tolerance)
      : tolerance_(tolerance), status_(stderr, ProgressStyle::detect(stderr)) {
    for (const WeightInfo& weight : lowered.weights)
      if (!weight.is_frozen) width_ = std::max(width_, weight.name.size());
  }

  // An element of the weight is about to be checked.
  void count(const std::string& weight, int64_t checked, int64_t wanted) {
    if (!has_header_)
      print(fmt::format("{:{}}  {:>8}  {:>14}  {:>14}  {:>10}\n", "weight", width_, "checked", "autodiff",
                        "differences", "error"));
    has_header_ = true;
    if (status_.is_due()) status_.draw(fmt::format("{}: {} of {}", weight, checked, wanted));
  }

  void add(const GradientRow& row) {
    const bool is_good = row.error <= tolerance_;
    passed_ = passed_ && is_good;
    print(fmt::format("{:{}}  {:>8}  {:>14.6e}  {:>14.6e}  {:>10.2e}  {}\n", row.weight, width_, row.checked,
                      row.gradient, row.difference, row.error, is_good ? "ok" : "WRONG"));
  }

  bool passed() const { return passed_; }

 private:
  void print(const std::string& text) {
    status_.clear();
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  double tolerance_;
  StatusLine status_;
  size_t width_ = 6;
  bool has_header_ = false;
  bool passed_ = true;
};

Result<ExitCode> gradcheck_command(const GradcheckFlags& flags) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  MINNOW_ASSIGN(const LoweredModel lowered, lower_model(loaded, {batch_size_for(loaded, 1)}));
  GradientTable table(lowered, flags.tolerance);
  const GradientListener listener{
      [&](const std::string& weight, int64_t checked, int64_t wanted) { table.count(weight, checked, wanted); },
      [&](const GradientRow& row) { table.add(row); }};
  MINNOW_TRY(check_gradients(loaded, flags.samples, listener));
  fmt::print("{}\n", table.passed() ? "all gradients agree" : "some gradients disagree");
  return table.passed() ? ExitCode::kDone : ExitCode::kMismatch;
}

}  // namespace

Action add_gradcheck(CLI::App& app) {
  auto flags = std::make_shared<GradcheckFlags>();
  flags->model.add(app);
  app.add_option("--samples", flags->samples, "elements of each weight to check")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--tolerance", flags->tolerance, "largest relative error that passes")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.footer(
      "Central differences in double precision on a random batch of 2, or as large as a program's. Each row shows its worst element. What the rounding "
      "of the\nloss makes of a difference is no error: a gradient that is 0, such as a bias before batch_norm, is only "
      "rounding.");
  return [flags] { return gradcheck_command(*flags); };
}

}  // namespace minnow
