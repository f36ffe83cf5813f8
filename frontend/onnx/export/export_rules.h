// What each op is in ONNX: one rule per op kind, which defines the op's results in the exporter.
#pragma once

#include "frontend/onnx/export/exporter.h"
#include "ir/op_kind.h"

namespace minnow {

template <OpKind>
struct ExportRule;

#define MINNOW_OP(kind, ...)                               \
  template <>                                              \
  struct ExportRule<OpKind::k##kind> {                     \
    static Status apply(const Op& op, Exporter& exporter); \
  };
#include "ir/ops.def"

// Defines the rule of an op kind; `op` and `e` are in scope.
#define MINNOW_EXPORT(kind) \
  Status ExportRule<OpKind::k##kind>::apply([[maybe_unused]] const Op& op, [[maybe_unused]] Exporter& e)

// Of an op that no file for inference has.
inline tl::unexpected<Error> has_no_onnx(std::string_view why) { return fail("", "has no form in ONNX: {}", why); }

}  // namespace minnow
