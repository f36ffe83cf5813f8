#include "proof/random_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace minnow::proof {

spec::Layer* LayerDrawing::new_layer(Shape result) {
  auto* layer = model_.add_layers();
  layer->set_name(fmt::format("l{}", model_.layers_size()));
  known_.push_back({layer->name(), std::move(result)});
  return layer;
}

spec::Activation::Function LayerDrawing::draw_function() {
  return static_cast<spec::Activation::Function>(draw(rng_, 1, spec::Activation::Function_MAX));
}

void LayerDrawing::add_layer() {
  using Add = void (LayerDrawing::*)();
  std::vector<Add> choice = {&LayerDrawing::add_dense,   &LayerDrawing::add_activation, &LayerDrawing::add_dropout,
                             &LayerDrawing::add_norm,    &LayerDrawing::add_join,       &LayerDrawing::add_softmax,
                             &LayerDrawing::add_flatten, &LayerDrawing::add_reshape,    &LayerDrawing::add_slice,
                             &LayerDrawing::add_reduce,  &LayerDrawing::add_gated};
  const std::vector<Add> of_matrices = {&LayerDrawing::add_dense_per_position, &LayerDrawing::add_permute,
                                        &LayerDrawing::add_matmul};
  if (shape().size() > 1) choice.insert(choice.end(), of_matrices.begin(), of_matrices.end());
  if (shape().size() == 2)
    choice.insert(choice.end(),
                  {&LayerDrawing::add_attention, &LayerDrawing::add_position, &LayerDrawing::add_recurrent});
  const std::vector<Add> of_images = {
      &LayerDrawing::add_conv,        &LayerDrawing::add_conv, &LayerDrawing::add_conv,
      &LayerDrawing::add_transpose,   &LayerDrawing::add_pool, &LayerDrawing::add_pool,
      &LayerDrawing::add_global_pool, &LayerDrawing::add_gate, &LayerDrawing::add_upsample};
  if (has_space()) choice.insert(choice.end(), of_images.begin(), of_images.end());
  (this->*pick(rng_, choice))();
}

void LayerDrawing::add_dense() {
  has_weights_ = true;
  const int64_t units = draw(rng_, 1, 17);
  auto* dense = new_layer({units})->mutable_dense();
  dense->set_units(units);
  dense->set_bias(draw(rng_, 0, 3) != 0);
  if (coin()) dense->set_activation(draw_function());
}

void LayerDrawing::add_dense_per_position() {
  has_weights_ = true;
  Shape to = shape();
  to.back() = std::min(draw(rng_, 1, 17), kMostElements * to.back() / element_count(to));
  auto* dense = new_layer(to)->mutable_dense();
  dense->set_units(to.back());
  dense->set_per_position(true);
  if (coin()) dense->set_activation(draw_function());
}

// Of a sequence to itself or to what there is of the same rank.
void LayerDrawing::add_attention() {
  has_weights_ = true;
  std::vector<Known> sequences;
  for (const Known& known : known_)
    if (known.shape.size() == 2) sequences.push_back(known);
  const std::string x = known_.back().name, memory = pick(rng_, sequences).name;
  auto* layer = new_layer(Shape(shape()));
  layer->add_inputs(x);
  if (memory != x || coin()) layer->add_inputs(memory);
  auto* attention = layer->mutable_attention();
  attention->set_heads(2);
  attention->set_width(draw(rng_, 1, 2) * 2);
  if (coin()) attention->set_key_value_heads(1);
  attention->set_causal(coin());
  attention->set_rotary(coin());
  attention->set_bias(coin());
  if (coin()) attention->set_dropout(0.25);
}

void LayerDrawing::add_position() {
  auto* position = new_layer(Shape(shape()))->mutable_position();
  if (coin()) return;
  has_weights_ = true;
  position->set_code(spec::Position::LEARNED);
}

// Of any cell, with few enough units for either direction; one cell alone may begin with the state of another layer.
void LayerDrawing::add_recurrent() {
  has_weights_ = true;
  const Known x = known_.back();
  const int64_t most = std::max<int64_t>(kMostElements / (2 * x.shape[0]), 1);
  std::vector<Known> starts;
  for (const Known& state : states_)
    if (state.shape[0] <= most) starts.push_back(state);
  const bool begins = !starts.empty() && coin();
  const Known start = begins ? pick(rng_, starts) : Known{"", {std::min(draw(rng_, 1, 5), most)}};
  const int64_t units = start.shape[0];
  auto* layer = new_layer({});
  const auto cell =
      pick(rng_, std::vector{&spec::Layer::mutable_rnn, &spec::Layer::mutable_gru, &spec::Layer::mutable_lstm});
  auto* recurrent = (layer->*cell)();
  recurrent->set_units(units);
  recurrent->set_layers(begins ? 1 : draw(rng_, 1, 2));
  recurrent->set_bidirectional(!begins && coin());
  recurrent->set_bias(coin());
  recurrent->set_recompute(draw(rng_, 0, 3) == 0);
  if (coin()) recurrent->set_convention(spec::Recurrent::KERAS);
  if (recurrent->layers() > 1 && coin()) recurrent->set_dropout(0.25);
  if (layer->has_rnn() && coin()) recurrent->set_activation(spec::Activation::RELU);
  const bool is_sequence = coin();
  if (!is_sequence) recurrent->set_output(spec::Recurrent::LAST);
  const int64_t states = recurrent->bidirectional() ? 2 * units : units;
  known_.back().shape = is_sequence ? Shape{x.shape[0], states} : Shape{states};
  states_.push_back({layer->name() + ".state", {states * recurrent->layers()}});
  recurrent->set_initial_state(begins);
  if (!begins) return;
  layer->add_inputs(x.name);
  for (int i = layer->has_lstm() ? 2 : 1; i > 0; --i) layer->add_inputs(start.name);
}

void LayerDrawing::add_slice() {
  Shape to = shape();
  const int64_t axis = draw(rng_, 0, std::ssize(to) - 1);
  int64_t& extent = to[static_cast<size_t>(axis)];
  const int64_t start = draw(rng_, 0, extent - 1), stride = draw(rng_, 1, 2);
  extent = (extent - start + stride - 1) / stride;
  auto* slice = new_layer(to)->mutable_slice();
  slice->set_axis(axis);
  slice->set_start(start);
  slice->set_stride(stride);
}

void LayerDrawing::add_reduce() {
  Shape to = shape();
  const int64_t axis = draw(rng_, 0, std::ssize(to) - 1);
  const bool keeps = to.size() == 1 || coin();
  if (keeps) to[static_cast<size_t>(axis)] = 1;
  else to.erase(to.begin() + axis);
  auto* reduce = new_layer(to)->mutable_reduce();
  reduce->set_function(static_cast<spec::Reduce::Function>(draw(rng_, 0, spec::Reduce::Function_MAX)));
  reduce->add_axes(axis);
  reduce->set_keep(keeps);
}

void LayerDrawing::add_gated() {
  Shape to = shape();
  if (to.back() % 2 != 0) {
    has_weights_ = true;
    (void)new_layer(to)->mutable_prelu();
    return;
  }
  to.back() /= 2;
  new_layer(to)->mutable_glu()->set_gate(draw_function());
}

void LayerDrawing::add_permute() {
  std::vector<int64_t> order(shape().size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::shuffle(order, rng_);
  Shape to;
  for (const int64_t dim : order) to.push_back(shape()[static_cast<size_t>(dim)]);
  auto* permute = new_layer(to)->mutable_permute();
  for (const int64_t dim : order) permute->add_order(dim);
}

// Of what is there and itself: its rows by its rows or its columns by its columns.
void LayerDrawing::add_matmul() {
  const Known matrices = known_.back();
  const bool of_columns = coin();
  Shape to = matrices.shape;
  const size_t row = to.size() - 2, column = to.size() - 1;
  to[row] = to[column] = of_columns ? to[column] : to[row];
  if (element_count(to) > kMostElements) return add_activation();
  auto* layer = new_layer(to);
  for (int i = 0; i < 2; ++i) layer->add_inputs(matrices.name);
  of_columns ? layer->mutable_matmul()->set_transpose_a(true) : layer->mutable_matmul()->set_transpose_b(true);
  if (coin()) layer->mutable_matmul()->set_scale(0.25);
}

void LayerDrawing::add_activation() { new_layer(Shape(shape()))->mutable_activation()->set_function(draw_function()); }

void LayerDrawing::add_dropout() { new_layer(Shape(shape()))->mutable_dropout()->set_rate(0.25); }

void LayerDrawing::add_norm() {
  has_weights_ = true;
  auto* layer = new_layer(Shape(shape()));
  // Coarse enough that the variance of a batch of one, which is 0, does not magnify rounding.
  constexpr double kEpsilon = 0.1;
  const int64_t channels = shape()[0];
  switch (draw(rng_, 0, has_space() ? 4 : 3)) {
    case 0: return layer->mutable_batch_norm()->set_epsilon(kEpsilon);
    case 1: return layer->mutable_layer_norm()->set_epsilon(kEpsilon);
    case 2: return layer->mutable_rms_norm()->set_epsilon(kEpsilon);
    case 3:
      layer->mutable_group_norm()->set_groups(channels % 2 == 0 ? 2 : 1);
      return layer->mutable_group_norm()->set_epsilon(kEpsilon);
    default: return layer->mutable_instance_norm()->set_epsilon(kEpsilon);
  }
}

// A residual connection or a concatenation with something known of the same shape, itself perhaps.
void LayerDrawing::add_join() {
  std::vector<Known> same;
  for (const Known& known : known_)
    if (known.shape == shape()) same.push_back(known);
  const std::vector<std::string> inputs = {known_.back().name, pick(rng_, same).name};
  Shape result = shape();
  const int64_t kind = 2 * element_count(result) > kMostElements ? draw(rng_, 0, 1) : draw(rng_, 0, 2);
  if (kind == 2) result[0] *= 2;
  auto* layer = new_layer(result);
  for (const std::string& input : inputs) layer->add_inputs(input);
  if (kind == 0) layer->mutable_add();
  if (kind == 1) layer->mutable_mul();
  if (kind == 2) layer->mutable_concat();
}

void LayerDrawing::add_softmax() {
  if (space_dims() > 1) return add_activation();
  auto* layer = new_layer(Shape(shape()));
  if (coin()) layer->mutable_softmax();
  else layer->mutable_log_softmax();
}

void LayerDrawing::add_flatten() { new_layer({element_count(shape())})->mutable_flatten(); }

void LayerDrawing::add_reshape() {
  const int64_t elements = element_count(shape());
  Shape to = {elements};
  if (elements % 2 == 0) to = {2, elements / 2};
  if (elements % 4 == 0) to = {elements / 4, 2, 2};
  auto* reshape = new_layer(to)->mutable_reshape();
  for (const int64_t extent : to) reshape->add_shape(extent);
}

}  // namespace minnow::proof
