#include "frontend/lower/layer_scope.h"

#include <algorithm>

#include "frontend/lower/trained_weights.h"

namespace minnow {

Value* FunctionScope::parameter(const std::string& name, TensorType type, Role role) {
  if (Value* known = builder.function().find_parameter(name)) return known;
  return builder.function().add_parameter(name, std::move(type), role);
}

Status FunctionScope::admit(const Shape& shape, std::string_view field_path, std::string_view what) {
  const auto count = checked_element_count(shape);
  if (!count)
    return complain(loaded, field_path, "{} {} has more than {} elements", what, shape_to_string(shape), kMaxElements);
  bytes += *count * dtype_bytes(DType::kF32);
  if (bytes > options.max_bytes)
    return complain_with_hint(loaded, field_path, "a smaller batch size needs less, --max-memory allows more",
                              "with {} {} the model needs at least {} bytes, but {} are allowed", what,
                              shape_to_string(shape), bytes, options.max_bytes);
  return {};
}

namespace {

int find_layer(const Model& model, const std::string& name) {
  const auto found = std::ranges::find(model.layers(), name, &spec::Layer::name);
  MINNOW_CHECK(found != model.layers().end(), "there is no layer \"{}\"", name);
  return static_cast<int>(found - model.layers().begin());
}

// Whose weights the layer has: its own, or those at the end of a chain of `share`.
WeightOwner weight_owner(const Model& model, int index) {
  WeightOwner owner{index, false};
  for (const spec::Layer* layer = &model.layers(index); !layer->share().empty(); layer = &model.layers(owner.layer)) {
    owner.layer = find_layer(model, layer->share());
    const bool is_same_kind = model.layers(owner.layer).kind_case() == layer->kind_case();
    if (layer->share_transposed() || !is_same_kind) owner.is_transposed = !owner.is_transposed;
  }
  return owner;
}

}  // namespace

LayerScope::LayerScope(FunctionScope& function, int index, std::vector<Value*> inputs)
    : LayerFields(function.loaded, index), function_(function), inputs_(std::move(inputs)), index_(index),
      owner_(weight_owner(function.loaded.model, index)) {}

const std::string& LayerScope::owner_name() const { return function_.loaded.model.layers(owner_.layer).name(); }

Result<Value*> LayerScope::shared(const std::string& suffix, const Shape& shape) {
  Value* value = owner_.layer != index_ ? builder().function().find_parameter(owner_name() + "." + suffix) : nullptr;
  if (value == nullptr) return nullptr;
  const bool turns = owner_.is_transposed;
  if (turns && shape.size() != 2) return nullptr;  // a bias has no transpose
  const Shape wanted = turns ? Shape{shape[1], shape[0]} : shape;
  if (value->type.shape == wanted) return turns ? builder().transpose(value, {1, 0}) : value;
  const std::string there = function_.loaded.where(fmt::format("layers.{}", owner_.layer));
  return complain_with_hint(function_.loaded, fmt::format("layers.{}.share", index_),
                            fmt::format("\"{}\" is at {}", owner_name(), there), "its {} is {}{}, but \"{}\" has {}",
                            suffix, shape_to_string(shape), turns ? ", transposed " + shape_to_string(wanted) : "",
                            owner_name(), shape_to_string(value->type.shape));
}

Result<Value*> LayerScope::weight(const std::string& suffix, const Shape& shape, WeightInit init) {
  MINNOW_ASSIGN(Value * known, shared(suffix, shape));
  if (known != nullptr) return known;
  MINNOW_TRY(function_.admit(shape, path(), fmt::format("its {}", suffix)));
  const std::string name = full_name(suffix);
  if (builder().function().find_parameter(name) != nullptr)
    return complain("", "its weight \"{}\" has the name of an input", name);
  function_.weights.push_back({name, shape, std::move(init), shape.size() > 1, layer().name()});
  return function_.parameter(name, {DType::kF32, shape}, Role::kWeight);
}

Result<Value*> LayerScope::constant_weight(const std::string& suffix, const Shape& shape, double value) {
  WeightInit init;
  init.initializer.mutable_constant()->set_value(value);
  return weight(suffix, shape, std::move(init));
}

Result<Value*> LayerScope::state(const std::string& suffix, const Shape& shape, double initial) {
  MINNOW_ASSIGN(Value * known, shared(suffix, shape));
  if (known == nullptr) {
    function_.states.push_back({full_name(suffix), shape, initial});
    return function_.parameter(full_name(suffix), {DType::kF32, shape}, Role::kState);
  }
  for (const FunctionResult& update : function_.updates)
    if (update.name == known->name) return update.value;
  return known;
}

void LayerScope::update_state(const std::string& suffix, Value* value) {
  const std::string name = owner_name() + "." + suffix;
  const auto known = std::ranges::find(function_.updates, name, &FunctionResult::name);
  if (known != function_.updates.end()) known->value = value;
  else function_.updates.push_back({name, value});
}

bool LayerScope::is_frozen(const std::string& suffix) const {
  return is_frozen_weight(function_.loaded.model.training(), owner_name() + "." + suffix, owner_name());
}

Value* LayerScope::scalar(const std::string& name) {
  return function_.parameter(name, {DType::kI32, {}}, Role::kScalar);
}

Result<Value*> LayerScope::memory(const std::string& suffix, const Shape& shape) {
  const std::string name = full_name(suffix);
  MINNOW_TRY(function_.admit(shape, path(), fmt::format("its {}", suffix)));
  if (builder().function().find_parameter(name) != nullptr)
    return complain("", "its memory \"{}\" has the name of another tensor", name);
  return function_.parameter(name, {DType::kF32, shape}, Role::kState);
}

void LayerScope::remember(const std::string& suffix, Value* value) {
  function_.updates.push_back({full_name(suffix), value});
}

bool LayerScope::is_read(std::string_view result) const {
  const std::string name = full_name(result);
  return function_.asked.contains(name) ||
         std::ranges::any_of(function_.loaded.model.layers(), [&](const spec::Layer& layer) {
           return std::ranges::find(layer.inputs(), name) != layer.inputs().end();
         });
}

Value* LayerScope::row_of_position(Value* table) {
  return builder().gather(table, builder().reshape(scalar("position"), {1}));
}

tl::unexpected<Error> LayerScope::mixes_positions(std::string_view field, std::string_view why) const {
  tl::unexpected<Error> error = complain(field, "{}, so that no text can be generated position by position", why);
  error.value().hint =
      "embeddings, dense layers with per_position, causal attention and recurrent layers take one position at a time";
  return error;
}

Status LayerScope::admit_output(const Shape& shape, std::string_view what) {
  return function_.admit(shape, path(), what);
}

Status LayerScope::expect_space(size_t dims) {
  constexpr std::string_view kInputs[] = {"", "a sequence [channels,length]", "an image [channels,height,width]",
                                          "a volume [channels,depth,height,width]"};
  if (input_shape().size() == 2 + dims) return {};
  return complain("", "needs {}, but its input is {}{}", kInputs[dims], example_shape(), from());
}

Status LayerScope::expect_space() {
  const size_t rank = input_shape().size();
  if (rank >= 3 && rank <= 5) return {};
  return complain("",
                  "needs an image [channels,height,width], a sequence [channels,length] or a volume "
                  "[channels,depth,height,width], but its input is {}{}",
                  example_shape(), from());
}

Status LayerScope::expect_tokens() {
  if (input()->type.dtype == DType::kI32) return {};
  return complain("", "needs tokens, which an input of type I32 holds, but its input is {} of numbers{}",
                  example_shape(), from());
}

// Tokens come from inputs and have been moved at most.
void LayerScope::bound_tokens(int64_t vocabulary) {
  std::vector<const Value*> open = {input()};
  while (!open.empty()) {
    const Value* value = open.back();
    open.pop_back();
    if (!value->is_parameter()) {
      open.insert(open.end(), value->op->operands.begin(), value->op->operands.end());
      continue;
    }
    int64_t& known = function_.vocabularies.emplace(value->name, vocabulary).first->second;
    known = std::min(known, vocabulary);
  }
}

Shape LayerScope::space() const { return {input_shape().begin() + 2, input_shape().end()}; }

std::string LayerScope::from(int i) const {
  const std::string& name = layer().inputs(i);
  for (const spec::Input& input : function_.loaded.model.inputs())
    if (input.name() == name) return fmt::format(" (from input \"{}\")", name);
  return fmt::format(" (from layer \"{}\")", name);
}

std::string LayerScope::example_shape(size_t i) const {
  return shape_to_string(Shape(input_shape(i).begin() + 1, input_shape(i).end()));
}

}  // namespace minnow
