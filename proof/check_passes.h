// Interprets a function before the first pass and after every pass that changed it, and tells the pass that changed
// what it means.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "proof/compare.h"

namespace minnow::proof {

// For PassOptions::observers. The error, with ExitCode::kMismatch, names the pass, the result and element that
// disagrees, both numbers, and the first value that the program before the pass does not compute. What comes after the
// passes is compared in double and in f32, with the tolerance of tolerance.h, with what came before the first of them.
class PassChecker : public PassObserver {
 public:
  using MakeSubject = std::function<Result<Subject>(std::unique_ptr<Function> function)>;
  // How to run a function that is about to go through passes.
  explicit PassChecker(MakeSubject make_subject) : make_subject_(std::move(make_subject)) {}

  Status before_pass(const PassRecord& record, const Function& function) override;
  Status after_pass(const PassRecord& record, const Function& function) override;

  int checked() const { return checked_; }  // passes that changed something

 private:
  Status check(const PassRecord& record, const Function& function, Precision precision) const;

  MakeSubject make_subject_;
  std::string name_;  // of the function that the subject is of
  std::unique_ptr<Subject> subject_;
  std::optional<Reference> reference_;
  std::unique_ptr<Function> before_;
  int checked_ = 0;
};

// The first value that `after` computes and `before` does not, as "%3 = sub (layer \"fc\", gradient)"; empty if all of
// them are found there. Bodies of fused ops count, those of loops do not.
Result<std::string> first_new_value(const Subject& subject, const Function& before, const Function& after);

}  // namespace minnow::proof
