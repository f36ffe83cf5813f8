#include "passes/pass_runner.h"

#include <algorithm>

#include "ir/text.h"
#include "ir/verify.h"

namespace minnow {
namespace {

bool names(const std::vector<std::string>& list, std::string_view pass) {
  return std::ranges::any_of(list, [&](const std::string& name) { return name == pass || name == "all"; });
}

class PassRunner {
 public:
  PassRunner(Function& function, const PassOptions& options) : function_(function), options_(options) {}

  Result<PassRecord> run(const Pass& pass) {
    const std::string before = options_.check_answers ? print(function_) : std::string();
    if (names(options_.dump_before, pass.name)) dump(pass, "before");
    const auto start = std::chrono::steady_clock::now();
    const bool changed = pass.run(function_);
    const PassRecord record{pass.name, changed, std::chrono::steady_clock::now() - start};
    if (names(options_.dump_after, pass.name) && (changed || !options_.dump_only_changes))
      dump(pass, "after");
    if (options_.check_answers && !changed && before != print(function_))
      return fail("", "pass {} changed @{} but says that it did not", pass.name, function_.name());
    if (changed || options_.check_answers) MINNOW_TRY(check(pass));
    return record;
  }

 private:
  void dump(const Pass& pass, std::string_view stage) const {
    if (options_.dump) options_.dump(pass.name, stage, print(function_));
  }

  Status check(const Pass& pass) const {
    if (!options_.verify) return {};
    auto status = verify(function_);
    if (status) return {};
    return fail(status.error().where, "pass {} broke @{}: {}", pass.name, function_.name(),
                status.error().message);
  }

  Function& function_;
  const PassOptions& options_;
};

}  // namespace

Result<std::vector<PassRecord>> run_passes(Function& function, std::span<const Pass> passes,
                                           const PassOptions& options) {
  if (options.verify) MINNOW_TRY(verify(function));
  PassRunner runner(function, options);
  std::vector<PassRecord> records;
  for (const Pass& pass : passes) {
    if (names(options.skip, pass.name)) continue;
    MINNOW_ASSIGN(PassRecord record, runner.run(pass));
    records.push_back(record);
  }
  return records;
}

}  // namespace minnow
