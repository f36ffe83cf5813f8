// The operators: ops/ops.def lists them, ops/*.cc define what each means.
#pragma once

#include <span>
#include <string_view>

#include "frontend/onnx/node_scope.h"

namespace minnow {

inline constexpr size_t kAnyNumber = 1000000;

struct OnnxRule {
  std::string_view domain;  // "" is ONNX's own
  std::string_view op;
  OnnxRuleFunction* apply;
  size_t least;  // inputs
  size_t most;
  uint32_t known;  // a bit for each input whose elements must be known
};

// All, in the order of the table.
std::span<const OnnxRule> onnx_rules();
// nullptr if there is none.
const OnnxRule* find_onnx_rule(std::string_view domain, std::string_view op);

}  // namespace minnow
