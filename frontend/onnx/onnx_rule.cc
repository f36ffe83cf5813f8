#include "frontend/onnx/onnx_rule.h"

#include <map>

#include "frontend/onnx/onnx_file.h"

namespace minnow {
namespace onnx_ops {

#define MINNOW_ONNX_OP(op, rule, least, most, known) OnnxRuleFunction rule;
#define MINNOW_ONNX_OP_OF(domain, op, rule, least, most, known) OnnxRuleFunction rule;
#include "frontend/onnx/ops/ops.def"

}  // namespace onnx_ops

namespace {

// One bit for each.
template <typename... Inputs>
constexpr uint32_t bits_of_inputs(Inputs... inputs) {
  return (0U | ... | (1U << inputs));
}

constexpr OnnxRule kRules[] = {
#define MINNOW_KNOWN(...) bits_of_inputs(__VA_ARGS__)
#define MINNOW_ONNX_OP(op, rule, least, most, known) {"", #op, onnx_ops::rule, least, most, known},
#define MINNOW_ONNX_OP_OF(domain, op, rule, least, most, known) {#domain, #op, onnx_ops::rule, least, most, known},
#include "frontend/onnx/ops/ops.def"
};

}  // namespace

std::span<const OnnxRule> onnx_rules() { return kRules; }

const OnnxRule* find_onnx_rule(std::string_view domain, std::string_view op) {
  using Name = std::pair<std::string_view, std::string_view>;
  static const std::map<Name, const OnnxRule*> kByName = [] {
    std::map<Name, const OnnxRule*> by_name;
    for (const OnnxRule& rule : kRules) by_name.emplace(Name(rule.domain, rule.op), &rule);
    return by_name;
  }();
  const std::string meant = domain_of(std::string(domain));
  const auto found = kByName.find(Name(meant, op));
  return found == kByName.end() ? nullptr : found->second;
}

}  // namespace minnow
