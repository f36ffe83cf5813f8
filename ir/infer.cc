#include "ir/infer.h"

#include "ir/infer_rules.h"

namespace minnow {
namespace {

constexpr InferFn* kRules[] = {
#define MINNOW_OP(kind, mnemonic, operands, infer, ...) infer,
#include "ir/ops.def"
};

}  // namespace

Result<TensorType> infer_from_body(const InferArgs& args) {
  return type_error("the types of {} come from its body", mnemonic(args.kind));
}

Result<TensorType> infer_type(OpKind kind, std::span<const TensorType> operands, const Attributes& attributes,
                              const TensorType& declared) {
  const OpInfo& info = op_info(kind);
  if (info.operands != kVariadic && static_cast<size_t>(info.operands) != operands.size())
    return type_error("{} takes {} operands, not {}", info.mnemonic, info.operands, operands.size());
  if (info.attributes != attributes.index()) return type_error("{} has attributes of another op", info.mnemonic);
  MINNOW_ASSIGN(TensorType type, kRules[static_cast<size_t>(kind)]({kind, operands, attributes, declared}));
  if (type.rank() > kMaxRank)
    return type_error("{} has {} dimensions; at most {} are allowed", type.to_string(), type.rank(), kMaxRank);
  if (!checked_element_count(type.shape))
    return type_error("{} has more than 2^31 elements or a negative dimension", type.to_string());
  return type;
}

int64_t window_extent(int64_t size, int64_t pad_total, int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t span = dilation * (kernel - 1) + 1;
  const int64_t room = size + pad_total - span;
  return room < 0 ? 0 : room / stride + 1;
}

Status check_dim(int64_t dim, int64_t rank) {
  if (dim < 0 || dim >= rank) return type_error("dimension {} does not exist in a tensor of rank {}", dim, rank);
  return {};
}

}  // namespace minnow
