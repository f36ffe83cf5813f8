// What passes say of their decisions, where they take them, for `compile --remarks` and `explain`. The pass runner
// hands one sink to the passes that have something to say; without one they say nothing.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ir/function.h"

namespace minnow {

struct Remark {
  std::string pass;
  std::vector<const Value*> about;  // one, or a producer and a consumer; they may be gone by now
  std::vector<std::string> values;  // the same by the names that they had
  std::string text;
};

class Remarks {
 public:
  // What follows is said by `pass`; values are named as they are printed in `function` now.
  void begin(std::string_view pass, const Function& function);

  void say(const Value* value, std::string text);
  void say(const Value* producer, const Value* consumer, std::string text);

  const std::vector<Remark>& all() const { return all_; }

 private:
  const std::string& name(const Value* value);

  std::string pass_;
  const Function* function_ = nullptr;
  std::unordered_map<const Value*, std::string> names_;  // filled when the first is asked for
  std::vector<Remark> all_;
};

// Keeps the history of every op, in bodies too: ops that have none yet were made by `pass`, and entries that name no
// pass are its.
void sign_histories(Function& function, std::string_view pass);
// Ops that no pass has seen yet came from a layer, its gradient or its update.
void begin_histories(Function& function);

}  // namespace minnow
