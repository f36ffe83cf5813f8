// The flags of commands that run passes: which, how far, and what they tell about themselves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "passes/pass_runner.h"
#include "tools/report/ir_dump.h"

namespace minnow {

struct PassPlan {
  std::vector<Pass> run;
  std::vector<Pass> left_out;  // by --opt-bisect-limit, behind those
};

struct PassFlags {
  std::string passes;      // as for parse_pipeline
  std::string stop_after;  // "cse", or "cse,2" for its second run
  int64_t limit = -1;      // --opt-bisect-limit: run so many passes; negative: all
  bool time = false;
  DumpFlags dump;

  // `passes` is the default of --passes.
  void add(CLI::App& app, std::string default_passes);
  // After the flags are checked.
  Result<PassPlan> plan() const;
  // On stderr, with --opt-bisect-limit: the passes that run over `function`, and those that do not.
  void print_limit(const PassPlan& plan, const std::string& function) const;
};

// What each pass took, on stderr.
void print_pass_times(const std::vector<PassRecord>& records);

}  // namespace minnow
