#include "ir/channels_last.h"

namespace minnow {

bool is_transposed_by(const Value* value, const std::vector<int64_t>& dims) {
  return value->op != nullptr && value->op->kind == OpKind::kTranspose &&
         value->op->attr<DimsAttributes>().dims == dims;
}

bool is_channels_last(const Op& op) {
  return op.kind == OpKind::kConv && is_transposed_by(op.operands[1], kFilterFromChannelsLast);
}

}  // namespace minnow
