#include "passes/group/check_kernels.h"

#include "ir/loop.h"
#include "passes/group/check_block_loops.h"
#include "passes/group/kernel_form.h"

namespace minnow {
namespace {

constexpr std::string_view kInterpreterRuns = "--backend=interpreter runs it";

std::string hint_for(const Op& fused) {
  for (const FusionKind kind : {FusionKind::kLoop, FusionKind::kRow, FusionKind::kContraction})
    if (kernel_form(*fused.body, kind))
      return fmt::format("it is a body of {{kind = {}}}; {}", fusion_kind_name(kind), kInterpreterRuns);
  return std::string(kInterpreterRuns);
}

tl::expected<void, OpFault> check_body(const Op& fused) {
  const auto form = kernel_form(fused);
  if (form) return {};
  const KernelFault& fault = form.error();
  const std::string_view kind = fusion_kind_name(fused.attr<FusedAttributes>().kind);
  return tl::unexpected(OpFault{fault.op != nullptr ? fault.op : &fused,
                                fault.op != nullptr ? fmt::format("in a body of kind {}: {}", kind, fault.why)
                                                    : fmt::format("is of kind {}, but {}", kind, fault.why),
                                hint_for(fused)});
}

tl::expected<void, OpFault> check_op(const Op& op) {
  if (op.kind == OpKind::kFused) return check_body(op);
  if (op.kind != OpKind::kLoop) return {};
  for (const auto& inner : op.body->ops()) MINNOW_TRY(check_op(*inner));
  return is_block_loop(op) ? check_block_loop(op) : tl::expected<void, OpFault>();
}

}  // namespace

Status check_kernels(const Function& function, const OpPlaces& places) {
  for (const auto& op : function.ops()) {
    const auto checked = check_op(*op);
    if (checked) continue;
    const OpFault& fault = checked.error();
    const std::string place = places.find(fault.op);
    return fail_with_hint(
        place.empty() ? "@" + function.name() : place,
        fmt::format("{} = {} {}", value_name(function, fault.op->result()), mnemonic(fault.op->kind), fault.why),
        fault.hint.empty() ? std::string(kInterpreterRuns) : fault.hint);
  }
  return {};
}

}  // namespace minnow
