#include "tools/pass_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "passes/pipeline.h"

namespace minnow {
namespace {

tl::unexpected<Error> usage_error(std::string where, std::string message, std::string hint) {
  return tl::unexpected(Error{std::move(where), std::move(message), std::move(hint), ExitCode::kUsage});
}

}  // namespace

void PassFlags::add(CLI::App& app, std::string default_passes) {
  passes = std::move(default_passes);
  app.add_option("--passes", passes, "passes to run, in order: cse,fuse; an empty list runs none")
      ->type_name("LIST")
      ->capture_default_str();
  app.add_option("--stop-after", stop_after, "run no pass behind this one; cse,2: behind its second run")
      ->type_name("PASS");
  app.add_option("--opt-bisect-limit", limit, "run only the first N passes, and print which")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--time-passes", time, "how long each pass took");
  dump.add(app);
}

Result<std::vector<Pass>> cut_pipeline(std::vector<Pass> pipeline, const std::string& stop_after) {
  const size_t comma = std::min(stop_after.find(','), stop_after.size());
  const std::string name = stop_after.substr(0, comma);
  int64_t run = 1;
  if (comma < stop_after.size()) {
    const char* end = stop_after.data() + stop_after.size();
    const auto [rest, fault] = std::from_chars(stop_after.data() + comma + 1, end, run);
    if (fault != std::errc() || rest != end || run < 1)
      return usage_error("--stop-after " + stop_after, "is not PASS or PASS,N with N from 1", "");
  }
  MINNOW_TRY(pass_named(name));
  int64_t runs = 0;
  for (size_t i = 0; i < pipeline.size(); ++i) {
    if (pipeline[i].name != name || ++runs < run) continue;
    pipeline.erase(pipeline.begin() + static_cast<ptrdiff_t>(i) + 1, pipeline.end());
    return pipeline;
  }
  return usage_error("--stop-after " + stop_after,
                     runs == 0 ? fmt::format("{} is none of the passes to run", name)
                               : fmt::format("{} runs only {} time{}", name, runs, runs == 1 ? "" : "s"),
                     "--passes says which are run");
}

Result<PassPlan> PassFlags::plan() const {
  MINNOW_TRY(dump.check());
  PassPlan plan;
  MINNOW_ASSIGN(plan.run, parse_pipeline(passes));
  if (!stop_after.empty()) {
    MINNOW_ASSIGN(plan.run, cut_pipeline(std::move(plan.run), stop_after));
  }
  if (limit < 0 || static_cast<size_t>(limit) >= plan.run.size()) return plan;
  const auto first_left_out = plan.run.begin() + limit;
  plan.left_out.assign(first_left_out, plan.run.end());
  plan.run.erase(first_left_out, plan.run.end());
  return plan;
}

void PassFlags::print_limit(const PassPlan& plan, const std::string& function) const {
  if (limit < 0) return;
  size_t number = 0;
  for (const auto& [passes, what] : {std::pair(&plan.run, "runs"), std::pair(&plan.left_out, "is left out")})
    for (const Pass& pass : *passes) fmt::print(stderr, "pass {} on @{} {}: {}\n", ++number, function, what, pass.name);
}

void print_pass_times(const std::vector<PassRecord>& records) {
  double total = 0;
  for (const PassRecord& record : records) {
    const double milliseconds = static_cast<double>(record.time.count()) / 1e6;
    total += milliseconds;
    fmt::print(stderr, "{:20} {:>10.3f} ms  {}\n", record.name, milliseconds, record.changed ? "changed" : "");
  }
  fmt::print(stderr, "{:20} {:>10.3f} ms\n", "all passes", total);
}

}  // namespace minnow
