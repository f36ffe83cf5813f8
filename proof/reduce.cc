#include "proof/reduce.h"

#include <algorithm>

#include "ir/verify.h"
#include "passes/group/check_kernels.h"
#include "proof/reduction_steps.h"

namespace minnow::proof {
namespace {

void add_size(const Function& function, ProgramSize& size) {
  for (const auto& op : function.ops()) {
    ++size.ops;
    size.locations += op->location == Location{} ? 0 : 1;
    for (const auto& result : op->results) size.elements += result->type.elements();
    if (op->body) add_size(*op->body, size);
  }
}

class Reducer {
 public:
  Reducer(const Function& function, const StillTrue& still_true)
      : function_(function.clone()), size_(size_of(function)), still_true_(still_true) {}

  Result<std::unique_ptr<Function>> run() {
    for (ProgramSize before = size_;; before = size_) {
      for (const ReductionStep& step : reduction_steps()) MINNOW_TRY(try_everywhere(step));
      if (size_ == before) return std::move(function_);
    }
  }

 private:
  // At all places at once, then in halves, down to one by one.
  Status try_everywhere(const ReductionStep& step) {
    for (size_t chunk = step.count(*function_); chunk > 0; chunk /= 2) {
      // The last place first: what nothing reads any more has gone by the time it would be tried.
      for (size_t end = step.count(*function_); end > 0; end = std::min(end, step.count(*function_))) {
        const size_t first = end - std::min(end, chunk);
        MINNOW_TRY(accept(step.apply(*function_, first, end)));
        end = first;
      }
    }
    return {};
  }

  // Takes the candidate over if it is smaller, valid, and it is still true of it.
  Status accept(std::unique_ptr<Function> candidate) {
    if (!candidate) return {};
    drop_unused(*candidate);
    const ProgramSize size = size_of(*candidate);
    if (size >= size_ || !verify(*candidate) || !check_kernels(*candidate)) return {};
    MINNOW_ASSIGN(const bool is_true, still_true_(*candidate));
    if (!is_true) return {};
    function_ = std::move(candidate);
    size_ = size;
    return {};
  }

  std::unique_ptr<Function> function_;
  ProgramSize size_;
  const StillTrue& still_true_;
};

}  // namespace

ProgramSize size_of(const Function& function) {
  ProgramSize size;
  size.parameters = function.parameters().size();
  size.results = function.results().size();
  for (const auto& parameter : function.parameters()) size.elements += parameter->type.elements();
  add_size(function, size);
  return size;
}

Result<std::unique_ptr<Function>> reduce(const Function& function, const StillTrue& still_true) {
  return Reducer(function, still_true).run();
}

}  // namespace minnow::proof
