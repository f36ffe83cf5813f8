#include "tools/bench_on_request.h"

#include <fmt/format.h>

#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>

#include "runtime/flops.h"

namespace minnow {
namespace {

// A program on the other side of a pipe waits for it.
void answer(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

Result<int64_t> parse_steps(const std::string& line) {
  constexpr int64_t kMostSteps = 1'000'000;
  int64_t steps = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), steps);
  if (error == std::errc() && end == line.data() + line.size() && steps >= 1 && steps <= kMostSteps) return steps;
  return tl::unexpected(Error{{},
                              fmt::format("stdin: \"{}\" is not a number of steps", line),
                              "a line holds a number from 1 to 1000000",
                              ExitCode::kUsage});
}

Result<double> time_steps(MeasuredFunction& function, int64_t steps) {
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < steps; ++i) MINNOW_TRY(function.run());
  return seconds_since(start);
}

}  // namespace

Result<ExitCode> bench_on_request(const Subject& subject, const BackendFlags& backend) {
  MINNOW_ASSIGN(MeasuredFunction measured, subject.prepare(backend.session_options(), backend.thread_count()));
  MINNOW_ASSIGN(const double flops, subject.flops());
  MINNOW_ASSIGN(const double peak, measure_peak_flops(measured.pool(), 0, backend.cpu));
  answer(nlohmann::ordered_json{
      {"build_seconds", measured.build_seconds()}, {"flops_per_step", flops}, {"peak_flops_per_second", peak}}
             .dump());
  for (std::string line; std::getline(std::cin, line);) {
    MINNOW_ASSIGN(const int64_t steps, parse_steps(line));
    MINNOW_ASSIGN(const double seconds, time_steps(measured, steps));
    answer(fmt::format("{:.9g}", seconds));
  }
  return ExitCode::kDone;
}

}  // namespace minnow
