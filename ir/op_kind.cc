#include "ir/op_kind.h"

#include <array>

namespace minnow {
namespace {

template <typename T, size_t I = 0>
constexpr size_t attributes_index() {
  if constexpr (std::is_same_v<std::variant_alternative_t<I, Attributes>, T>) {
    return I;
  } else {
    return attributes_index<T, I + 1>();
  }
}

constexpr std::array<OpInfo, kOpCount> kOps = {{
#define MINNOW_OP(kind, mnemonic, operands, infer, traits, attributes) \
  {OpKind::k##kind, #kind, mnemonic, operands, traits, attributes_index<attributes>()},
#include "ir/ops.def"
}};

template <size_t I>
Attributes default_of() {
  return std::variant_alternative_t<I, Attributes>{};
}

template <size_t... I>
Attributes default_alternative(size_t index, std::index_sequence<I...>) {
  using Make = Attributes (*)();
  constexpr std::array<Make, sizeof...(I)> kMake = {&default_of<I>...};
  return kMake[index]();
}

}  // namespace

const OpInfo& op_info(OpKind kind) { return kOps[static_cast<size_t>(kind)]; }

std::optional<OpKind> parse_op_kind(std::string_view mnemonic) {
  for (const OpInfo& info : kOps)
    if (info.mnemonic == mnemonic) return info.kind;
  return std::nullopt;
}

Attributes default_attributes(OpKind kind) {
  return default_alternative(op_info(kind).attributes, std::make_index_sequence<std::variant_size_v<Attributes>>());
}

std::string_view fusion_kind_name(FusionKind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"loop", "row", "contraction"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace minnow
