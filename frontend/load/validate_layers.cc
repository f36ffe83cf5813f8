// What each kind of layer needs to be complete.
#include <algorithm>
#include <array>
#include <string>

#include "frontend/load/complain.h"
#include "frontend/load/validate_model.h"
#include "frontend/load/window_fields.h"
#include "ir/type.h"

namespace minnow {
namespace {

using Numbers = google::protobuf::RepeatedField<int64_t>;

// The checks of one layer; `path` is that of the message of its kind, "layers.2.conv2d".
class LayerCheck {
 public:
  LayerCheck(const LoadedModel& loaded, int index, std::string path)
      : loaded_(loaded), layer_(loaded.model.layers(index)), path_(std::move(path)) {}

  Status dense() const {
    if (!layer_.dense().has_units())
      return complain(loaded_, path_ + ".units", "units is missing: the number of outputs, at least 1");
    MINNOW_TRY(initializer("weight_init", layer_.dense().weight_init()));
    return initializer("bias_init", layer_.dense().bias_init());
  }

  Status conv2d() const {
    const spec::Conv2D& conv = layer_.conv2d();
    if (!conv.has_filters())
      return complain(loaded_, path_ + ".filters", "filters is missing: the number of output channels, at least 1");
    MINNOW_TRY(kernel(conv.kernel()));
    MINNOW_TRY(one_or_two("stride", conv.stride()));
    MINNOW_TRY(one_or_two("dilation", conv.dilation()));
    MINNOW_TRY(padding(conv.padding(), conv.pad()));
    if (conv.groups() > 0 && conv.filters() % conv.groups() != 0)
      return complain(loaded_, path_ + ".groups", "{} filters cannot be split into {} groups", conv.filters(),
                      conv.groups());
    MINNOW_TRY(initializer("weight_init", conv.weight_init()));
    return initializer("bias_init", conv.bias_init());
  }

  Status pool(const spec::Pool& pool) const {
    MINNOW_TRY(kernel(pool.kernel()));
    MINNOW_TRY(one_or_two("stride", pool.stride()));
    MINNOW_TRY(padding(pool.padding(), pool.pad()));
    const std::array<int64_t, 2> kernel = pair_of(pool.kernel());
    const std::array<int64_t, 4> pad = explicit_pad(pool.pad());
    for (size_t side = 0; side < pad.size(); ++side)
      if (pad[side] >= kernel[side / 2])
        return complain(loaded_, path_ + ".pad", "pad {} must be less than the kernel, {}", pad[side],
                        kernel[side / 2]);
    return {};
  }

  Status reshape() const {
    const Numbers& shape = layer_.reshape().shape();
    if (shape.empty()) return complain(loaded_, path_, "shape is missing");
    if (std::count(shape.begin(), shape.end(), -1) > 1)
      return complain(loaded_, path_ + ".shape", "only one dimension can be -1, whatever is left");
    if (std::count(shape.begin(), shape.end(), 0) > 0)
      return complain(loaded_, path_ + ".shape", "a dimension is 0, so the tensor would be empty");
    return {};
  }

  Status activation() const {
    if (layer_.activation().has_function()) return {};
    return complain_with_hint(loaded_, path_, "for example function: RELU", "function is missing");
  }

  Status input_count(int least, int most) const {
    const int count = layer_.inputs_size();
    if (count >= least && count <= most) return {};
    return complain(loaded_, path_.substr(0, path_.rfind('.')) + ".inputs", "takes {} but has {}",
                    most == 1 ? "one input" : "two or more inputs", count);
  }

 private:
  Status kernel(const Numbers& kernel) const {
    if (kernel.empty()) return complain(loaded_, path_, "kernel is missing: the size of the window");
    return one_or_two("kernel", kernel);
  }

  Status one_or_two(std::string_view field, const Numbers& values) const {
    if (values.size() <= 2) return {};
    return complain(loaded_, fmt::format("{}.{}", path_, field), "{} has {} values, but takes one or two", field,
                    values.size());
  }

  Status padding(spec::Padding::Rule rule, const Numbers& pad) const {
    if (pad.size() == 3 || pad.size() > 4)
      return complain(loaded_, path_ + ".pad", "pad has {} values, but takes one, two or four", pad.size());
    if (!pad.empty() && rule == spec::Padding::SAME)
      return complain(loaded_, path_ + ".pad", "pad and padding: SAME exclude each other");
    return {};
  }

  Status initializer(std::string_view field, const spec::Initializer& init) const {
    if (init.has_uniform() && init.uniform().low() > init.uniform().high())
      return complain(loaded_, fmt::format("{}.{}.uniform", path_, field), "low {} is above high {}",
                      init.uniform().low(), init.uniform().high());
    return {};
  }

  const LoadedModel& loaded_;
  const spec::Layer& layer_;
  const std::string path_;
};

constexpr int kManyInputs = 64;

Status check_kind(const spec::Layer& layer, const LayerCheck& check) {
  using spec::Layer;
  switch (layer.kind_case()) {
    case Layer::kDense: return check.dense();
    case Layer::kConv2D: return check.conv2d();
    case Layer::kMaxPool: return check.pool(layer.max_pool());
    case Layer::kAvgPool: return check.pool(layer.avg_pool());
    case Layer::kReshape: return check.reshape();
    case Layer::kActivation: return check.activation();
    default: return {};
  }
}

bool joins_inputs(const spec::Layer& layer) { return layer.has_add() || layer.has_mul() || layer.has_concat(); }

Status check_input_shapes(const LoadedModel& loaded) {
  for (int i = 0; i < loaded.model.inputs_size(); ++i) {
    const spec::Input& input = loaded.model.inputs(i);
    const std::string path = fmt::format("inputs.{}", i);
    if (input.shape().empty()) return complain(loaded, path, "input \"{}\" has no shape", input.name());
    if (input.shape_size() > kMaxRank - 1)
      return complain(loaded, path + ".shape", "input \"{}\" has {} dimensions, but at most {} are allowed",
                      input.name(), input.shape_size(), kMaxRank - 1);
  }
  return {};
}

}  // namespace

Status validate_layers(const LoadedModel& loaded) {
  MINNOW_TRY(check_input_shapes(loaded));
  for (int i = 0; i < loaded.model.layers_size(); ++i) {
    const spec::Layer& layer = loaded.model.layers(i);
    const auto* kind = layer.GetReflection()->GetOneofFieldDescriptor(layer, layer.GetDescriptor()->oneof_decl(0));
    if (kind == nullptr)
      return complain_with_hint(loaded, fmt::format("layers.{}", i), "for example dense { units: 10 }",
                                "says nothing of what it computes");
    const LayerCheck check(loaded, i, fmt::format("layers.{}.{}", i, kind->name()));
    MINNOW_TRY(joins_inputs(layer) ? check.input_count(2, kManyInputs) : check.input_count(1, 1));
    MINNOW_TRY(check_kind(layer, check));
  }
  return {};
}

}  // namespace minnow
