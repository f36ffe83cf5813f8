#include "frontend/lower/lower_layer.h"

#include "frontend/lower/composites.h"

namespace minnow {
namespace {

Result<Value*> lower_elementwise(LayerScope& scope) {
  const spec::Layer& layer = scope.layer();
  MINNOW_TRY(scope.admit_output(scope.input_shape()));
  if (layer.has_activation())
    return activate(scope.builder(), scope.input(), layer.activation().function(), layer.activation().slope());
  if (layer.has_softmax()) return softmax(scope.builder(), scope.input(), layer.softmax().form());
  return log_softmax(scope.builder(), scope.input());
}

}  // namespace

Result<Value*> lower_layer(LayerScope& scope) {
  using spec::Layer;
  switch (scope.layer().kind_case()) {
    case Layer::kDense: return lower_dense(scope);
    case Layer::kConv2D: return lower_conv2d(scope);
    case Layer::kMaxPool: return lower_max_pool(scope);
    case Layer::kAvgPool: return lower_avg_pool(scope);
    case Layer::kGlobalMaxPool:
    case Layer::kGlobalAvgPool: return lower_global_pool(scope);
    case Layer::kFlatten: return lower_flatten(scope);
    case Layer::kReshape: return lower_reshape(scope);
    case Layer::kAdd:
    case Layer::kMul: return lower_add_or_mul(scope);
    case Layer::kConcat: return lower_concat(scope);
    case Layer::kDropout: return lower_dropout(scope);
    case Layer::kBatchNorm: return lower_batch_norm(scope);
    case Layer::kLayerNorm: return lower_layer_norm(scope);
    case Layer::kActivation:
    case Layer::kSoftmax:
    case Layer::kLogSoftmax: return lower_elementwise(scope);
    case Layer::KIND_NOT_SET: break;
  }
  MINNOW_CHECK(false, "layer \"{}\" has no kind", scope.layer().name());
}

}  // namespace minnow
