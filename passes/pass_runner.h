// Runs passes over a Function, and is the only place that verifies, dumps, times, filters and checks them.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/function.h"

namespace minnow {

struct Pass {
  std::string_view name;     // as in --passes=
  bool (*run)(Function&);    // answers whether it changed anything
  std::string_view summary;  // one line for --help
};

// What a pass did, for --time-passes.
struct PassRecord {
  std::string_view name;
  bool changed = false;
  std::chrono::nanoseconds time{};
};

struct PassOptions {
  // Runs the verifier on what comes in and after every pass that changed something.
  bool verify = true;
  // Compares the printed text before and after every pass with its answer: a pass that says 'unchanged' must
  // not have changed the text. Slow; for tests.
  bool check_answers = false;
  // Which passes to leave out.
  std::vector<std::string> skip;

  // Receives dumps: the pass, "before" or "after", and the function's text.
  using Dump = std::function<void(std::string_view pass, std::string_view stage, std::string_view text)>;
  Dump dump;
  // Passes to dump before and after; "all" is every pass.
  std::vector<std::string> dump_before, dump_after;
  // Dumps after a pass only if it changed something.
  bool dump_only_changes = false;
};

// Runs `passes` in order and answers a record for each that ran. An error names the pass after which the
// function no longer verifies or whose answer was false; a function that does not verify to begin with is the
// caller's mistake.
Result<std::vector<PassRecord>> run_passes(Function& function, std::span<const Pass> passes,
                                           const PassOptions& options = {});

}  // namespace minnow
