// Pooling: x [N,C,H,W] → y [N,C,OH,OW].
#include "passes/gradient/vjp.h"

namespace minnow {

MINNOW_VJP(WindowMax) { return {{b.create(OpKind::kWindowPick, {op.operands[0], dy}, op.attr<WindowAttributes>())}}; }

MINNOW_VJP(WindowSum) {
  WindowAttributes attributes = op.attr<WindowAttributes>();
  attributes.shape = op.operands[0]->type.shape;
  return {{b.window(OpKind::kWindowSpread, dy, std::move(attributes))}};
}

MINNOW_VJP(WindowSpread) {
  WindowAttributes attributes = op.attr<WindowAttributes>();
  attributes.shape.clear();
  return {{b.window(OpKind::kWindowSum, dy, std::move(attributes))}};
}

// Occurs only in gradients; there is no primitive that reads through the pick.
MINNOW_VJP(WindowPick) { return std::nullopt; }

}  // namespace minnow
