// OpKind and what the op table says of each kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "ir/attributes.h"

namespace minnow {

enum class OpKind : uint8_t {
#define MINNOW_OP(kind, ...) k##kind,
#include "ir/ops.def"
};

inline constexpr size_t kOpCount = 0
#define MINNOW_OP(...) +1
#include "ir/ops.def"
    ;

enum Trait : uint32_t {
  kElementwise = 1 << 0,
  kCommutative = 1 << 1,
  kCompare = 1 << 2,
  kReduction = 1 << 3,
  kIndexMap = 1 << 4,
  kContraction = 1 << 5,
  kWindow = 1 << 6,
  kLeaf = 1 << 7,
  kHasBody = 1 << 8,
  kCostly = 1 << 9,
  kExact = 1 << 10,
  kStep = 1 << 11,
};

inline constexpr int kVariadic = -1;

struct OpInfo {
  OpKind kind;
  std::string_view name;      // "Add"
  std::string_view mnemonic;  // "add"
  int operands;               // or kVariadic
  uint32_t traits;
  size_t attributes;  // index of the alternative in Attributes
};

const OpInfo& op_info(OpKind kind);
std::optional<OpKind> parse_op_kind(std::string_view mnemonic);
inline bool has_trait(OpKind kind, uint32_t trait) { return (op_info(kind).traits & trait) != 0; }
inline std::string_view mnemonic(OpKind kind) { return op_info(kind).mnemonic; }
Attributes default_attributes(OpKind kind);

// A table of rules, one per op kind, built from a template whose primary is left undefined: forgetting a rule does
// not compile.   template <OpKind> struct EmitRule;   constexpr auto kRules = rule_table<EmitRule, Fn*>();
template <template <OpKind> class Rule, typename Fn, size_t... I>
constexpr auto make_rule_table(std::index_sequence<I...>) {
  return std::array<Fn, sizeof...(I)>{&Rule<static_cast<OpKind>(I)>::apply...};
}
template <template <OpKind> class Rule, typename Fn>
constexpr auto rule_table() {
  return make_rule_table<Rule, Fn>(std::make_index_sequence<kOpCount>{});
}

}  // namespace minnow
