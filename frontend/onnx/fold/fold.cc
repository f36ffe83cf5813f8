#include "frontend/onnx/fold/fold.h"

#include <algorithm>
#include <map>

namespace minnow {
namespace {

using namespace onnx_fold;

constexpr size_t kMostElements = size_t{1} << 22;  // of an operand that is no splat

const std::map<std::string_view, Rule*>& rules() {
  static const std::map<std::string_view, Rule*> kRules = {
      {"Abs", unary},         {"Neg", unary},         {"Ceil", unary},         {"Floor", unary},
      {"Sqrt", unary},        {"Reciprocal", unary},  {"Exp", unary},          {"Log", unary},
      {"Sign", unary},        {"Relu", unary},        {"Not", unary},          {"Round", unary},
      {"Add", binary},        {"Sub", binary},        {"Mul", binary},         {"Div", binary},
      {"Mod", binary},        {"Pow", binary},        {"Max", binary},         {"Min", binary},
      {"Equal", compare},     {"Less", compare},      {"Greater", compare},    {"LessOrEqual", compare},
      {"And", logical},       {"Or", logical},        {"Xor", logical},        {"GreaterOrEqual", compare},
      {"Where", where},       {"Cast", cast},         {"CastLike", cast_like}, {"Reshape", reshape},
      {"Flatten", reshape},   {"Squeeze", reshape},   {"Unsqueeze", reshape},  {"Transpose", transpose},
      {"Concat", concat},     {"Slice", slice},       {"Split", split},        {"Gather", gather},
      {"Expand", expand},     {"Tile", tile},         {"Range", range},        {"ConstantOfShape", constant_of_shape},
      {"ReduceSum", reduce},  {"ReduceProd", reduce}, {"ReduceMax", reduce},   {"ReduceMin", reduce},
      {"ReduceMean", reduce}, {"NonZero", non_zero},  {"Unique", unique},      {"GatherElements", gather_elements},
      {"ArgMax", arg},        {"ArgMin", arg}};
  return kRules;
}

// Inputs that may be strings, a bit for each; the last stands for all behind it as well.
const std::map<std::string_view, uint32_t>& inputs_of_strings() {
  constexpr uint32_t kFirst = 1, kAll = ~0U, kBranches = 0b110;
  static const std::map<std::string_view, uint32_t> kInputs = {
      {"Concat", kAll},        {"Equal", kAll},      {"Expand", kFirst},       {"Flatten", kFirst},
      {"Gather", kFirst},      {"Identity", kFirst}, {"LabelEncoder", kFirst}, {"GatherElements", kFirst},
      {"Reshape", kFirst},     {"Shape", kFirst},    {"Size", kFirst},         {"Slice", kFirst},
      {"Split", kFirst},       {"Squeeze", kFirst},  {"StringConcat", kAll},   {"StringNormalizer", kFirst},
      {"StringSplit", kFirst}, {"Tile", kFirst},     {"Transpose", kFirst},    {"Unsqueeze", kFirst},
      {"Where", kBranches}};
  return kInputs;
}

size_t string_bytes(const HostTensor& strings) {
  size_t held = 0;
  for (const HostString& string : strings.strings) held += string->size() + 1;
  return strings.held() == 1 ? held * strings.size() : held;
}

}  // namespace

void require_strings_are_taken(const NodeScope& n) {
  const auto found = inputs_of_strings().find(n.op());
  const uint32_t taken = found == inputs_of_strings().end() ? 0 : found->second;
  for (size_t i = 0; i < n.inputs(); ++i) {
    if (!n.has(i) || n.type(i) != onnx::TensorProto::STRING) continue;
    require((taken >> std::min<size_t>(i, 31) & 1) != 0, "input {} is of strings, with which it is not supported", i);
    require(string_bytes(n.known(i)) <= kMostStringBytes, "the strings of input {} are longer than {} bytes in all", i,
            kMostStringBytes);
  }
}

bool fold_node(NodeScope& n) {
  const auto rule = rules().find(n.op());
  if (rule == rules().end() || !domain_of(n.node().domain()).empty() || n.inputs() == 0) return false;
  for (size_t i = 0; i < n.inputs(); ++i) {
    if (!n.has(i)) continue;
    if (!n.is_known(i) || n.operand(i).known->held() > kMostElements) return false;
  }
  return rule->second(n);
}

namespace onnx_fold {

size_t place_in(const Shape& from, const Shape& shape, size_t i) {
  size_t place = 0, stride = 1;
  for (size_t back = 1; back <= from.size(); ++back) {
    const auto size = static_cast<size_t>(shape[shape.size() - back]);
    const auto own = static_cast<size_t>(from[from.size() - back]);
    if (own != 1) place += i % size * stride;
    stride *= own;
    i /= size;
  }
  return place;
}

}  // namespace onnx_fold
}  // namespace minnow
