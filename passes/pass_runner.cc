#include "passes/pass_runner.h"

#include <algorithm>

#include "ir/text.h"
#include "ir/verify.h"
#include "passes/group/check_kernels.h"

namespace minnow {
namespace {

class PassRunner {
 public:
  PassRunner(Function& function, const PassOptions& options)
      : function_(function), options_(options), can_be_compiled_(check_kernels(function).has_value()) {}

  Result<PassRecord> run(const Pass& pass, size_t number) {
    PassRecord record{pass.name, number};
    for (PassObserver* observer : options_.observers) MINNOW_TRY(observer->before_pass(record, function_));
    const std::string before = options_.check_answers ? print(function_) : std::string();
    if (options_.remarks != nullptr) options_.remarks->begin(pass.name, function_);
    const auto start = std::chrono::steady_clock::now();
    record.changed = pass.run(function_, options_.remarks);
    record.time = std::chrono::steady_clock::now() - start;
    if (options_.remarks != nullptr) sign_histories(function_, pass.name);
    if (options_.check_answers && !record.changed && before != print(function_))
      return fail("", "pass {} changed @{} but says that it did not", pass.name, function_.name());
    if (record.changed || options_.check_answers) MINNOW_TRY(check(pass));
    for (PassObserver* observer : options_.observers) MINNOW_TRY(observer->after_pass(record, function_));
    return record;
  }

 private:
  Status check(const Pass& pass) const {
    if (!options_.verify) return {};
    Status status = verify(function_);
    if (status && can_be_compiled_) status = check_kernels(function_);
    if (status) return {};
    return fail(status.error().where, "pass {} broke @{}: {}", pass.name, function_.name(), status.error().message);
  }

  Function& function_;
  const PassOptions& options_;
  const bool can_be_compiled_;  // and is to remain so
};

}  // namespace

Result<std::vector<PassRecord>> run_passes(Function& function, std::span<const Pass> passes,
                                           const PassOptions& options) {
  if (options.verify) MINNOW_TRY(verify(function));
  if (options.remarks != nullptr) begin_histories(function);
  PassRunner runner(function, options);
  std::vector<PassRecord> records;
  for (size_t i = 0; i < passes.size(); ++i) {
    if (std::ranges::find(options.skip, passes[i].name) != options.skip.end()) continue;
    MINNOW_TRY(check_interrupt(options.interrupt));
    MINNOW_ASSIGN(PassRecord record, runner.run(passes[i], i + 1));
    records.push_back(record);
  }
  return records;
}

}  // namespace minnow
