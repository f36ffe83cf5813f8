#include "proof/random_model.h"

#include "proof/random_layers.h"

namespace minnow::proof {
namespace {

class ModelDrawing : LayerDrawing {
 public:
  using LayerDrawing::LayerDrawing;

  Model draw_all() {
    draw_input();
    for (int64_t left = draw(rng_, 0, 3); left > 0; --left) add_layer();
    add_head();
    draw_training();
    add_loss();
    return std::move(model_);
  }

 private:
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

  bool has_tokens_ = false;
};

}  // namespace

Model draw_model(uint32_t seed) { return ModelDrawing(seed).draw_all(); }

}  // namespace minnow::proof
