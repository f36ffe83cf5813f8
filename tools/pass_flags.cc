#include "tools/pass_flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "passes/pipeline.h"

namespace minnow {
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

Result<PassPlan> PassFlags::plan() const {
  MINNOW_TRY(dump.check());
  PassPlan plan;
  MINNOW_ASSIGN(plan.run, parse_pipeline(passes));
  if (!stop_after.empty()) {
    MINNOW_ASSIGN(plan.run, cut_pipeline(std::move(plan.run), stop_after, "--stop-after"));
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
