// Finds where numbers went bad: repeats a training step in the interpreter and names the first value that is
// not finite.
#pragma once

#include <map>
#include <string>

#include "runtime/session.h"

namespace minnow {

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

// Interprets a function, "train_step" or "evaluate", on a batch whose loss is not finite, from the session's
// tensors as they are before it. The error (exit code 3) tells the step, counted from 1, and the first value
// with an infinity or NaN: its op, layer, phase and the first bad element.
Error diagnose_batch(Session& session, std::string_view function, Tensor& examples, Tensor& targets, int64_t step,
                     double learning_rate);

}  // namespace minnow
