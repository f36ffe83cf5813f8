#include "frontend/lower/layer_rule.h"

namespace minnow {

const LayerRule& layer_rule(const spec::Layer& layer) {
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch"
  switch (layer.kind_case()) {
#define MINNOW_LAYER(kind) \
  case spec::Layer::k##kind: return k##kind##Rule;
#include "frontend/lower/layers/layers.def"
    case spec::Layer::kUse:  // gone once the model is loaded
    case spec::Layer::KIND_NOT_SET: break;
  }
#pragma GCC diagnostic pop
  MINNOW_CHECK(false, "layer \"{}\" has no kind", layer.name());
}

}  // namespace minnow
