#include "codegen/c_source/c_rules.h"

namespace minnow {
namespace {

template <OpKind kind, uint32_t traits>
constexpr CRuleFn* rule_of() {
  if constexpr ((traits & (kElementwise | kHasBody)) != 0 || kind == OpKind::kConstant) return nullptr;
  else return CRule<kind>::apply;
}

constexpr CRuleFn* kRules[] = {
#define MINNOW_OP(kind, mnemonic, operands, infer, traits, attributes) rule_of<OpKind::k##kind, (traits)>(),
#include "ir/ops.def"
};

}  // namespace

CRuleFn* c_rule(OpKind kind) { return kRules[static_cast<size_t>(kind)]; }

}  // namespace minnow
