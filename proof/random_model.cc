#include "proof/random_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "frontend/lower/window_geometry.h"
#include "proof/op_cases.h"

namespace minnow::proof {
namespace {

constexpr int64_t kMostElements = 400;  // of one example, wherever it is
constexpr int64_t kMostStates = 17;     // that a recurrent layer begins with

class ModelDrawing {
 public:
  explicit ModelDrawing(uint32_t seed) : rng_(seed) {}

  Model draw_all() {
    draw_input();
    for (int64_t left = draw(rng_, 0, 3); left > 0; --left) add_layer();
    add_head();
    draw_training();
    add_loss();
    return std::move(model_);
  }

 private:
  struct Known {
    std::string name;
    Shape shape;
  };

  bool coin() { return draw(rng_, 0, 1) == 1; }
  // Behind the channels; 0 for a vector.
  size_t space_dims() const { return shape().size() - 1; }
  // An image, a sequence or a volume.
  bool has_space() const { return space_dims() > 0; }
  const Shape& shape() const { return known_.back().shape; }

  void draw_input() {
    auto* input = model_.add_inputs();
    input->set_name("x");
    Shape shape = {pick<int64_t>(rng_, {1, 2, 3, 5, 7, 9, 13, 17})};
    if (draw(rng_, 0, 3) != 0) {
      shape = {draw(rng_, 1, 4)};
      const size_t dims = pick<size_t>(rng_, {1, 2, 2, 2, 3});
      while (shape.size() < 1 + dims) shape.push_back(draw(rng_, 2, dims == 3 ? 4 : 9));
    } else if (coin()) {
      return draw_tokens(input);
    }
    for (const int64_t extent : shape) input->add_shape(extent);
    known_.push_back({"x", shape});
  }

  // A sequence, and what makes numbers of its tokens. No other layer knows of the input, as none could take it.
  void draw_tokens(spec::Input* input) {
    has_tokens_ = true;
    const int64_t length = draw(rng_, 1, 9), vocabulary = draw(rng_, 1, 7);
    input->add_shape(length);
    input->set_type(spec::Input::I32);
    known_.push_back({"x", {}});
    if (coin()) return new_layer({length, vocabulary})->mutable_one_hot()->set_vocabulary(vocabulary);
    has_weights_ = true;
    auto* embedding = new_layer({length, draw(rng_, 1, 5)})->mutable_embedding();
    embedding->set_vocabulary(vocabulary);
    embedding->set_units(shape().back());
  }

  spec::Layer* new_layer(Shape result) {
    auto* layer = model_.add_layers();
    layer->set_name(fmt::format("l{}", model_.layers_size()));
    known_.push_back({layer->name(), std::move(result)});
    return layer;
  }

  spec::Activation::Function draw_function() {
    return static_cast<spec::Activation::Function>(draw(rng_, 1, spec::Activation::Function_MAX));
  }

  void add_layer() {
    using Add = void (ModelDrawing::*)();
    std::vector<Add> choice = {&ModelDrawing::add_dense,   &ModelDrawing::add_activation, &ModelDrawing::add_dropout,
                               &ModelDrawing::add_norm,    &ModelDrawing::add_join,       &ModelDrawing::add_softmax,
                               &ModelDrawing::add_flatten, &ModelDrawing::add_reshape,    &ModelDrawing::add_slice,
                               &ModelDrawing::add_reduce,  &ModelDrawing::add_gated};
    const std::vector<Add> of_matrices = {&ModelDrawing::add_dense_per_position, &ModelDrawing::add_permute,
                                          &ModelDrawing::add_matmul};
    if (shape().size() > 1) choice.insert(choice.end(), of_matrices.begin(), of_matrices.end());
    if (shape().size() == 2)
      choice.insert(choice.end(),
                    {&ModelDrawing::add_attention, &ModelDrawing::add_position, &ModelDrawing::add_recurrent});
    const std::vector<Add> of_images = {
        &ModelDrawing::add_conv,        &ModelDrawing::add_conv, &ModelDrawing::add_conv,
        &ModelDrawing::add_transpose,   &ModelDrawing::add_pool, &ModelDrawing::add_pool,
        &ModelDrawing::add_global_pool, &ModelDrawing::add_gate, &ModelDrawing::add_upsample};
    if (has_space()) choice.insert(choice.end(), of_images.begin(), of_images.end());
    (this->*pick(rng_, choice))();
  }

  void add_dense() {
    has_weights_ = true;
    const int64_t units = draw(rng_, 1, 17);
    auto* dense = new_layer({units})->mutable_dense();
    dense->set_units(units);
    dense->set_bias(draw(rng_, 0, 3) != 0);
    if (coin()) dense->set_activation(draw_function());
  }

  void add_dense_per_position() {
    has_weights_ = true;
    Shape to = shape();
    to.back() = std::min(draw(rng_, 1, 17), kMostElements * to.back() / element_count(to));
    auto* dense = new_layer(to)->mutable_dense();
    dense->set_units(to.back());
    dense->set_per_position(true);
    if (coin()) dense->set_activation(draw_function());
  }

  // Of a sequence to itself or to what there is of the same rank.
  void add_attention() {
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

  // Of one cell it may begin with the state of another, of several with none.
  void add_recurrent() {
    const std::string x = known_.back().name;
    const int64_t length = shape()[0], layers = draw(rng_, 1, 4) == 1 ? 2 : 1;
    const bool begins = layers == 1 && !states_.empty() && coin(), is_bidirectional = !begins && coin();
    const Known start = begins ? pick(rng_, states_) : Known{"", {draw(rng_, 1, 5)}};
    const int64_t units = start.shape[0], features = units * (is_bidirectional ? 2 : 1);
    if (length * features > kMostElements) return add_activation();
    has_weights_ = true;
    const bool gives_last = coin(), is_lstm = coin(), is_gru = !is_lstm && coin();
    auto* layer = new_layer(gives_last ? Shape{features} : Shape{length, features});
    auto* cell = is_lstm ? layer->mutable_lstm() : is_gru ? layer->mutable_gru() : layer->mutable_rnn();
    cell->set_units(units);
    cell->set_layers(layers);
    cell->set_bidirectional(is_bidirectional);
    cell->set_output(gives_last ? spec::Recurrent::LAST : spec::Recurrent::SEQUENCE);
    cell->set_recompute(coin());
    cell->set_initial_state(begins);
    if (begins) layer->add_inputs(x), layer->add_inputs(start.name);
    if (begins && is_lstm) layer->add_inputs(start.name);
    const int64_t numbers = features * layers;
    if (numbers <= kMostStates) states_.push_back({layer->name() + ".state", {numbers}});
  }

  void add_position() {
    auto* position = new_layer(Shape(shape()))->mutable_position();
    if (coin()) return;
    has_weights_ = true;
    position->set_code(spec::Position::LEARNED);
  }

  void add_slice() {
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

  void add_reduce() {
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

  void add_gated() {
    Shape to = shape();
    if (to.back() % 2 != 0) {
      has_weights_ = true;
      (void)new_layer(to)->mutable_prelu();
      return;
    }
    to.back() /= 2;
    new_layer(to)->mutable_glu()->set_gate(draw_function());
  }

  void add_permute() {
    std::vector<int64_t> order(shape().size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::shuffle(order, rng_);
    Shape to;
    for (const int64_t dim : order) to.push_back(shape()[static_cast<size_t>(dim)]);
    auto* permute = new_layer(to)->mutable_permute();
    for (const int64_t dim : order) permute->add_order(dim);
  }

  // Of what is there and itself: its rows by its rows or its columns by its columns.
  void add_matmul() {
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

  static int64_t extent_after(int64_t extent, int64_t kernel, int64_t stride, int64_t pad, int64_t dilation) {
    return (extent + pad - dilation * (kernel - 1) - 1) / stride + 1;
  }

  void add_conv() {
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
  void add_transpose() {
    const Shape from = shape();
    Shape to = from;
    to[0] = draw(rng_, 1, 3);
    const int64_t stride = draw(rng_, 1, 2), kernel = draw(rng_, 1, 3), dilation = draw(rng_, 1, 2);
    const int64_t pad = std::min<int64_t>(draw(rng_, 0, 1), dilation * (kernel - 1) / 2);
    const int64_t more = draw(rng_, 0, std::max(stride, dilation) - 1);
    for (size_t i = 1; i < to.size(); ++i)
      to[i] = (from[i] - 1) * stride - 2 * pad + dilation * (kernel - 1) + more + 1;
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

  void add_pool() {
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

  void add_global_pool() {
    auto* layer = new_layer({shape()[0]});
    coin() ? (void)layer->mutable_global_max_pool() : (void)layer->mutable_global_avg_pool();
  }

  void add_activation() { new_layer(Shape(shape()))->mutable_activation()->set_function(draw_function()); }

  void add_dropout() { new_layer(Shape(shape()))->mutable_dropout()->set_rate(0.25); }

  void add_norm() {
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

  // Squeeze and excitation: a number for each channel of an image or volume, made of its means. Beside a sequence,
  // nothing says that it is one for each channel.
  void add_gate() {
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

  void add_upsample() {
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

  // A residual connection or a concatenation with something known of the same shape, itself perhaps.
  void add_join() {
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

  void add_softmax() {
    if (space_dims() > 1) return add_activation();
    auto* layer = new_layer(Shape(shape()));
    if (coin()) layer->mutable_softmax();
    else layer->mutable_log_softmax();
  }

  void add_flatten() { new_layer({element_count(shape())})->mutable_flatten(); }

  void add_reshape() {
    const int64_t elements = element_count(shape());
    Shape to = {elements};
    if (elements % 2 == 0) to = {2, elements / 2};
    if (elements % 4 == 0) to = {elements / 4, 2, 2};
    auto* reshape = new_layer(to)->mutable_reshape();
    for (const int64_t extent : to) reshape->add_shape(extent);
  }

  void add_head() {
    auto* loss = model_.mutable_loss();
    const int64_t kind = draw(rng_, 0, 4);
    const bool labels_positions = has_tokens_ && kind <= 1 && shape().size() > 1;
    if (labels_positions) add_dense_per_position();
    else if (kind <= 1 || coin()) add_dense();
    if (kind == 0) loss->mutable_softmax_cross_entropy();
    if (kind == 1) loss->mutable_softmax_cross_entropy()->set_label_smoothing(0.1);
    if (kind == 2) loss->mutable_binary_cross_entropy_with_logits();
    if (kind == 3) loss->mutable_mean_squared_error();
    if (kind == 4) coin() ? (void)loss->mutable_huber() : (void)loss->mutable_l1();
    if (labels_positions && coin()) loss->mutable_softmax_cross_entropy()->set_ignore_index(draw(rng_, -1, 1));
    if (!has_weights_) add_dense();
    connect_all();
  }

  // A layer that none reads is of no use: where there are joins, all are read by the chain itself.
  void connect_all() {
    for (int i = 0; i < model_.layers_size(); ++i)
      if (model_.layers(i).inputs().empty()) model_.mutable_layers(i)->add_inputs(known_[static_cast<size_t>(i)].name);
  }

  void draw_training() {
    auto* training = model_.mutable_training();
    training->set_batch_size(pick<int64_t>(rng_, {1, 2, 5, 15, 16, 17, 33}));
    training->set_seed(draw(rng_, 0, 1000));
    training->set_learning_rate(0.01);
    switch (draw(rng_, 0, 5)) {
      case 0: training->mutable_momentum(); break;
      case 1: training->mutable_momentum()->set_nesterov(true); break;
      case 2: training->mutable_adam()->set_epsilon(0.01); break;
      case 3: training->mutable_adamw()->set_epsilon(0.01); break;
      case 4: training->mutable_rmsprop()->set_epsilon(0.01); break;
      default: training->mutable_sgd(); break;
    }
    if (draw(rng_, 0, 2) == 0) training->set_weight_decay(0.01);
    if (draw(rng_, 0, 3) == 0) training->mutable_clip()->set_global_norm(0.5);
    else if (draw(rng_, 0, 3) == 0) training->mutable_clip()->set_value(0.05);
  }

  // Of a layer before the last.
  void add_loss() {
    if (model_.layers_size() < 2 || draw(rng_, 0, 4) != 0) return;
    auto* loss = model_.add_losses();
    loss->set_output(model_.layers(static_cast<int>(draw(rng_, 0, model_.layers_size() - 2))).name());
    loss->set_target("other");
    loss->set_weight(0.5);
    coin() ? (void)loss->mutable_l1() : (void)loss->mutable_huber();
  }

  Rng rng_;
  Model model_;
  std::vector<Known> known_;
  std::vector<Known> states_;  // of recurrent layers
  bool has_tokens_ = false;
  bool has_weights_ = false;
};

}  // namespace

Model draw_model(uint32_t seed) { return ModelDrawing(seed).draw_all(); }

}  // namespace minnow::proof
