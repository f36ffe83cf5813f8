// Layers drawn at random, each on what is there already.
#pragma once

#include <string>
#include <vector>

#include "frontend/schema/model.pb.h"
#include "proof/op_cases.h"

namespace minnow::proof {

class LayerDrawing {
 public:
  explicit LayerDrawing(uint32_t seed) : rng_(seed) {}

 protected:
  static constexpr int64_t kMostElements = 400;  // of one example, wherever it is

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

  // Without its kind.
  spec::Layer* new_layer(Shape result);
  spec::Activation::Function draw_function();

  // One that takes what the last one gives.
  void add_layer();
  void add_dense();
  void add_dense_per_position();
  void add_attention();
  void add_position();
  void add_recurrent();
  void add_slice();
  void add_reduce();
  void add_gated();
  void add_permute();
  void add_matmul();
  void add_activation();
  void add_dropout();
  void add_norm();
  void add_join();
  void add_softmax();
  void add_flatten();
  void add_reshape();

  // Where there is space (random_image_layers.cc).
  void add_conv();
  void add_transpose();
  void add_pool();
  void add_global_pool();
  void add_gate();
  void add_upsample();

  Rng rng_;
  Model model_;
  std::vector<Known> known_;   // inputs and layers, the last one last
  std::vector<Known> states_;  // that recurrent layers give
  bool has_weights_ = false;
};

}  // namespace minnow::proof
