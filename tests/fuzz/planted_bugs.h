// A dozen ways to get a compiler wrong, to see that each is noticed.
#pragma once

#include <string_view>
#include <vector>

#include "proof/planted_bug.h"

namespace minnow::testing {

struct NamedBug {
  std::string_view name;
  proof::PlantedBug bug;

  friend void PrintTo(const NamedBug& planted, std::ostream* out) { *out << planted.name; }
};

std::vector<NamedBug> planted_bugs();

}  // namespace minnow::testing
