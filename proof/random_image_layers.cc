#include <algorithm>

#include "proof/random_layers.h"

namespace minnow::proof {

namespace {

int64_t extent_after(int64_t extent, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation) {
  return (extent + pad - dilation * (kernel - 1) - 1) / stride + 1;
}

}  // namespace

void LayerDrawing::add_conv() {
  has_weights_ = true;
  const Shape from = shape();
  const int64_t groups = coin() && from[0] % 2 == 0 ? 2 : 1;
  Shape to = from;
  to[0] = groups * draw(rng_, 1, 5);
  auto* layer = new_layer({});
  auto* conv = from.size() == 2   ? layer->mutable_conv1d()
               : from.size() == 3 ? layer->mutable_conv2d()
                                  : layer->mutable_conv3d();
  conv->set_filters(to[0]);
  conv->set_groups(groups);
  conv->set_bias(coin());
  const int64_t pad = draw(rng_, 0, 2), stride = draw(rng_, 1, 2), dilation = draw(rng_, 1, 2);
  conv->add_stride(stride);
  conv->add_dilation(dilation);
  const bool is_same = draw(rng_, 0, 2) == 0;
  if (is_same) conv->set_padding(spec::Padding::SAME);
  else conv->add_pad(pad);
  for (size_t i = 1; i < from.size(); ++i) {
    const int64_t most = is_same ? 3 : (from[i] + 2 * pad - 1) / dilation + 1;
    const int64_t kernel = draw(rng_, 1, std::min<int64_t>(3, most));
    conv->add_kernel(kernel);
    to[i] = is_same ? (from[i] + stride - 1) / stride : extent_after(from[i], kernel, stride, 2 * pad, dilation);
  }
  if (coin()) conv->set_activation(draw_function());
  known_.back().shape = to;
}

// Of at most kMostElements.
void LayerDrawing::add_transpose() {
  const Shape from = shape();
  Shape to = from;
  to[0] = draw(rng_, 1, 3);
  const int64_t stride = draw(rng_, 1, 2), kernel = draw(rng_, 1, 3), dilation = draw(rng_, 1, 2);
  const int64_t pad = std::min<int64_t>(draw(rng_, 0, 1), dilation * (kernel - 1) / 2);
  const int64_t more = draw(rng_, 0, std::max(stride, dilation) - 1);
  for (size_t i = 1; i < to.size(); ++i) to[i] = (from[i] - 1) * stride - 2 * pad + dilation * (kernel - 1) + more + 1;
  if (element_count(to) > kMostElements) return add_activation();
  has_weights_ = true;
  auto* layer = new_layer(to);
  auto* conv = from.size() == 2   ? layer->mutable_conv_transpose1d()
               : from.size() == 3 ? layer->mutable_conv_transpose2d()
                                  : layer->mutable_conv_transpose3d();
  conv->set_filters(to[0]);
  conv->set_bias(coin());
  conv->add_kernel(kernel);
  conv->add_stride(stride);
  conv->add_dilation(dilation);
  conv->add_pad(pad);
  conv->add_output_padding(more);
  if (coin()) conv->set_activation(draw_function());
}

void LayerDrawing::add_pool() {
  Shape to = shape();
  auto* layer = new_layer({});
  auto* pool = coin() ? layer->mutable_max_pool() : layer->mutable_avg_pool();
  const int64_t stride = draw(rng_, 1, 3);
  pool->add_stride(stride);
  for (size_t i = 1; i < to.size(); ++i) {
    const int64_t kernel = draw(rng_, 1, std::min<int64_t>(3, to[i]));
    pool->add_kernel(kernel);
    to[i] = extent_after(to[i], kernel, stride, 0, 1);
  }
  known_.back().shape = to;
}

void LayerDrawing::add_global_pool() {
  auto* layer = new_layer({shape()[0]});
  coin() ? (void)layer->mutable_global_max_pool() : (void)layer->mutable_global_avg_pool();
}

// Squeeze and excitation: a number for each channel of an image or volume, made of its means. Beside a sequence,
// nothing says that it is one for each channel.
void LayerDrawing::add_gate() {
  if (space_dims() == 1) return add_global_pool();
  const Known image = known_.back();
  const bool is_sum = coin();
  add_global_pool();
  new_layer(Shape(shape()))->mutable_activation()->set_function(spec::Activation::SIGMOID);
  const std::string gate = known_.back().name;
  auto* layer = new_layer(Shape(image.shape));
  layer->add_inputs(image.name);
  layer->add_inputs(gate);
  is_sum ? (void)layer->mutable_add() : (void)layer->mutable_mul();
}

void LayerDrawing::add_upsample() {
  Shape to = shape();
  if (2 * element_count(to) > kMostElements) return add_activation();
  auto* upsample = new_layer({})->mutable_upsample();
  if (coin()) upsample->set_mode(spec::Upsample::LINEAR);
  for (size_t i = 1; i < to.size(); ++i) {
    const int64_t factor = 2 * element_count(to) > kMostElements ? 1 : draw(rng_, i == 1 ? 2 : 1, 2);
    upsample->add_factor(factor);
    to[i] *= factor;
  }
  known_.back().shape = to;
}

}  // namespace minnow::proof
