#include <fmt/format.h>

#include "runtime/gradient_check.h"
#include "tools/command.h"

namespace minnow {
namespace {

struct GradcheckFlags {
  ModelFlags model;
  int64_t samples = 8;
  double tolerance = 1e-5;
};

Result<ExitCode> gradcheck_command(const GradcheckFlags& flags) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  MINNOW_ASSIGN(const std::vector<GradientRow> rows, check_gradients(loaded, flags.samples));
  size_t width = 6;
  for (const GradientRow& row : rows) width = std::max(width, row.weight.size());
  fmt::print("{:{}}  {:>8}  {:>14}  {:>14}  {:>10}\n", "weight", width, "checked", "autodiff", "differences", "error");
  bool passed = true;
  for (const GradientRow& row : rows) {
    const bool good = row.error <= flags.tolerance;
    passed = passed && good;
    fmt::print("{:{}}  {:>8}  {:>14.6e}  {:>14.6e}  {:>10.2e}  {}\n", row.weight, width, row.checked, row.gradient,
               row.difference, row.error, good ? "ok" : "WRONG");
  }
  fmt::print("{}\n", passed ? "all gradients agree" : "some gradients disagree");
  return passed ? ExitCode::kDone : ExitCode::kMismatch;
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
      "Central differences in double precision on a random batch of 2. Each row shows its worst element. What the rounding "
      "of the\nloss makes of a difference is no error: a gradient that is 0, such as a bias before batch_norm, is only "
      "rounding.");
  return [flags] { return gradcheck_command(*flags); };
}

}  // namespace minnow
