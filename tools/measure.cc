#include "tools/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace minnow {

Result<MeasuredFunction> MeasuredFunction::create(const LoadedModel& loaded, const SessionOptions& options, int threads,
                                                  ModelFunction function) {
  MeasuredFunction measured;
  measured.pool_ = std::make_unique<ThreadPool>(threads);
  MINNOW_ASSIGN(measured.session_, Session::create(loaded, options, *measured.pool_));
  measured.batch_ = draw_batch(*measured.session_);
  const auto start = std::chrono::steady_clock::now();
  MINNOW_ASSIGN(measured.executable_, measured.session_->executable(function, loaded.model.training().batch_size()));
  measured.build_seconds_ = seconds_since(start);
  return measured;
}

Status MeasuredFunction::run() {
  constexpr double kLearningRate = 0.001;  // low: the same batch again and again must not diverge
  return session_->run(*executable_, batch_.examples, &batch_.targets, step_++, kLearningRate);
}

void add_function_flag(CLI::App& app, std::string& function) {
  app.add_option("--function", function, "infer or train_step")
      ->check(CLI::IsMember({"infer", "train_step"}))
      ->capture_default_str();
}

ModelFunction function_named(std::string_view name) {
  return name == "infer" ? ModelFunction::kInfer : ModelFunction::kTrainStep;
}

std::string format_step_time(double seconds) {
  constexpr std::pair<double, const char*> kUnits[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}};
  for (const auto& [size, unit] : kUnits) {
    const double value = seconds / size;
    if (value >= 1) return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, unit);
  }
  return fmt::format("{:.0f} ns", seconds * 1e9);
}

Quartiles quartiles(std::vector<double> samples) {
  std::ranges::sort(samples);
  const auto at = [&](size_t quarter) { return samples[(samples.size() - 1) * quarter / 4]; };
  return {at(1), at(2), at(3)};
}

}  // namespace minnow
