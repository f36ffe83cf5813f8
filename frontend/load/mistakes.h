// All that is wrong with a text at once, so that a person need not mend it one error at a time.
#pragma once

#include <vector>

#include "ir/error.h"

namespace minnow {

class Mistakes {
 public:
  // Keeps the error, if it is one, with those that it has beside it.
  void add(const Status& status);
  bool none() const { return found_.empty(); }
  // One error in which all are told, each once, in the order of their places, up to kMostTold of them; what has no line
  // comes last.
  Status status() const;

  static constexpr size_t kMostTold = 20;

 private:
  std::vector<Error> found_;
};

}  // namespace minnow
