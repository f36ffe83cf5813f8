// One function per kind of layer: checks the shapes, builds the ops, returns the value that the layer stands
// for.
#pragma once

#include "frontend/lower/layer_scope.h"

namespace minnow {

// Picks the function for the layer's kind.
Result<Value*> lower_layer(LayerScope& scope);

// lower_weighted.cc
Result<Value*> lower_dense(LayerScope& scope);
Result<Value*> lower_conv2d(LayerScope& scope);

// lower_pool.cc
Result<Value*> lower_max_pool(LayerScope& scope);
Result<Value*> lower_avg_pool(LayerScope& scope);
Result<Value*> lower_global_pool(LayerScope& scope);

// lower_shape.cc
Result<Value*> lower_flatten(LayerScope& scope);
Result<Value*> lower_reshape(LayerScope& scope);
Result<Value*> lower_add_or_mul(LayerScope& scope);
Result<Value*> lower_concat(LayerScope& scope);

// lower_normalize.cc
Result<Value*> lower_dropout(LayerScope& scope);
Result<Value*> lower_batch_norm(LayerScope& scope);
Result<Value*> lower_layer_norm(LayerScope& scope);

}  // namespace minnow
