// Finds where numbers went bad: computes a batch again in the interpreter and names the first value that is not
// finite.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "runtime/session.h"

namespace minnow {

// An element that is infinite or NaN.
struct BadElement {
  int64_t index = 0;
  double value = 0;

  std::string to_string() const;  // "element 3 is inf"
};

// The first, if there is one.
std::optional<BadElement> first_bad_element(const Tensor& tensor);

// The session's tensors as they were at some step, to go back to. Training is deterministic, so repeating the
// steps from there arrives at the very same bits.
class DiagnosisStart {
 public:
  DiagnosisStart(const Session& session, int64_t step);
  void restore(Session& session) const;
  int64_t step() const { return step_; }

 private:
  int64_t step_;
  std::map<std::string, Tensor> tensors_;
};

// Interprets a function of the model, "train_step", "evaluate" or "infer", on a batch of which it
// computes something that is not finite, from the session's tensors as they are before it. `error` says what that is;
// the answer, of exit code 3, also tells the first value with an infinity or NaN: its op, layer, phase and the first
// bad element.
Error not_finite(Session& session, Error error, std::string_view function, Batch& batch, int64_t step = 0,
                 double learning_rate = 0);

}  // namespace minnow
