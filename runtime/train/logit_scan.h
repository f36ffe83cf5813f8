// Programs run on numbers that grow, beside one that tells the truth: where a formula stops to be finite, and how far
// it is off before.
#pragma once

#include <string>
#include <vector>

#include "runtime/executable.h"
#include "runtime/plot/chart.h"
#include "runtime/train/result_table.h"

namespace minnow {

struct ScannedProgram {
  std::string name;
  std::string where;                   // for errors
  std::unique_ptr<Function> function;  // of one operand in f32, after its passes
};

// The results of one program on the logits times one scale.
struct ScanOutcome {
  int64_t values = 0;
  int64_t infinite = 0;
  int64_t not_a_number = 0;
  double error = 0;  // the largest of |value - truth| / max(1, |truth|) over the finite ones

  // "1.2e-07", "<1e-09", "inf", "NaN" or "inf, NaN".
  std::string text() const;
};

struct LogitScan {
  std::vector<std::string> columns;  // "naive, interpreted", "naive, compiled", the next program's
  std::vector<double> scales;
  std::vector<std::vector<ScanOutcome>> outcomes;  // by scale, then column

  ResultTable table() const;
  // The share of values that are not finite and the error, over those scales that are positive.
  Chart chart(const std::string& title) const;
};

struct LogitScanInput {
  std::vector<ScannedProgram> programs;
  size_t reference = 0;  // the program that is interpreted in f64
  std::vector<double> logits;
  std::vector<double> scales;
};

// Runs every program interpreted and compiled. An error where the operand has not as many elements as there are logits,
// the results are not those of the reference in number and size, or a number does not fit into f32.
Result<LogitScan> scan_logits(const LogitScanInput& input, ThreadPool& pool, const CodeOptions& code);

}  // namespace minnow
