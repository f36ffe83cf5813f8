// What docs/ir.md says of each op: the concern of the documents, as code generation has its own. An op without a
// description does not build.
#pragma once

#include <array>
#include <string_view>

#include "ir/op_kind.h"

namespace minnow {

// Markdown. In it x, a, b are operands, y the result, dy its cotangent.
struct OpDescription {
  std::string_view operands;  // "(a, b)"; empty for one x
  std::string_view result;    // the equation
  std::string_view type;      // of the result; empty where the traits say it
  std::string_view gradient;
};

template <OpKind>
struct Describe;  // apply() answers the OpDescription

const OpDescription& describe(OpKind kind);

}  // namespace minnow
