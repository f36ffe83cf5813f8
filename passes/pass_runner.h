// Runs passes over a Function, and is the only place that verifies, times, filters and checks them. Whoever wants to
// see the function between passes, to print or to compare it, observes.
#pragma once

#include <chrono>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/function.h"
#include "ir/interrupt.h"
#include "passes/group/remarks.h"

namespace minnow {

// A function over a Function that answers whether it changed anything; one that has something to say of its decisions
// takes a sink for remarks, which may be nullptr.
class PassFunction {
 public:
  using Silent = bool (*)(Function&);
  using Telling = bool (*)(Function&, Remarks*);
  template <std::convertible_to<Silent> F>
  constexpr PassFunction(F run) : silent_(run) {}  // NOLINT: passes are written as plain functions
  template <std::convertible_to<Telling> F>
  constexpr PassFunction(F run) : telling_(run) {}  // NOLINT

  bool operator()(Function& function, Remarks* remarks = nullptr) const {
    return silent_ != nullptr ? silent_(function) : telling_(function, remarks);
  }

 private:
  Silent silent_ = nullptr;
  Telling telling_ = nullptr;
};

struct Pass {
  std::string_view name;  // as in --passes=
  PassFunction run;
  std::string_view summary;  // one line for --help
};

// What a pass did, for --time-passes.
struct PassRecord {
  std::string_view name;
  size_t number = 0;  // place in the pipeline, from 1; passes that are skipped count
  bool changed = false;
  std::chrono::nanoseconds time{};
};

// Looks on. An error ends the run and is what run_passes answers.
class PassObserver {
 public:
  virtual ~PassObserver() = default;
  // The pass is about to run over `function`; of the record, only name and number are known.
  virtual Status before_pass(const PassRecord&, const Function&) { return {}; }
  // The pass has run, and what it left verifies.
  virtual Status after_pass(const PassRecord&, const Function&) { return {}; }
};

struct PassOptions {
  // Runs the verifier on what comes in and after every pass that changed something.
  bool verify = true;
  // Compares the printed text before and after every pass with its answer: a pass that says 'unchanged' must
  // not have changed the text. Slow; for tests.
  bool check_answers = false;
  // Which passes to leave out.
  std::vector<std::string> skip;
  // Where passes say why they did what; every op then keeps its history. nullptr: they say nothing.
  Remarks* remarks = nullptr;
  InterruptFlag interrupt = nullptr;  // looked at between passes
  // Told of every pass that runs, in this order.
  std::vector<PassObserver*> observers;
};

// Runs `passes` in order and answers a record for each that ran. An error names the pass after which the
// function no longer verifies or whose answer was false; a function that does not verify to begin with is the
// caller's mistake.
Result<std::vector<PassRecord>> run_passes(Function& function, std::span<const Pass> passes,
                                           const PassOptions& options = {});

}  // namespace minnow
