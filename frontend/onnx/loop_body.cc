#include <algorithm>

#include "frontend/onnx/graph_import.h"
#include "ir/loop.h"

namespace minnow {

GraphImport::Body::Body(GraphImport& graph)
    : function(std::make_unique<Function>("body")), builder(*function, graph.builder().max_bytes()), graph_(graph),
      around_(graph.bodies_.size()), depth_(graph.depth_), node_name_(graph.node_name_), context_(graph.context_) {
  require(graph.body() + 1 < kMaxBodyDepth, "loops lie more than {} deep within each other", kMaxBodyDepth - 1);
  builder.builder().set_location(graph.builder().builder().location());
  graph.bodies_.push_back(this);
}

// What was refused half way leaves no trace but weights, which are read all the same.
GraphImport::Body::~Body() {
  if (is_open_) end();
}

void GraphImport::Body::end() {
  is_open_ = false;
  graph_.bodies_.resize(around_);  // a refusal while something is appended around the body finds it left already
  graph_.depth_ = depth_;
  graph_.node_name_ = node_name_;
  graph_.context_ = context_;
}

Value* GraphImport::Body::add(Value* operand, const TensorType& type) {
  const std::string name = fmt::format("a{}", operands_.size());
  operands_.push_back(operand);
  return function->add_parameter(name, type);
}

Value* GraphImport::Body::add_split(Value* operand) {
  split_.push_back(std::ssize(operands_));
  TensorType type = operand->type;
  type.shape[0] = 1;
  return add(operand, type);
}

Value* GraphImport::Body::seen(Value* outer) {
  Value*& parameter = seen_[outer];
  if (parameter == nullptr) parameter = add(outer, outer->type);
  return parameter;
}

Value* GraphImport::Body::constant(const KnownTensor& tensor) {
  Value*& value = constants_[tensor];
  if (value == nullptr) value = constant_of(builder, *tensor);
  return value;
}

Op* GraphImport::Body::close(LoopAttributes attributes, std::vector<Value*> results) {
  for (Value* result : results) function->add_result("", result);
  end();
  attributes.split = std::move(split_);
  return graph_.builder().loop(std::move(operands_), std::move(attributes), std::move(function));
}

void GraphImport::take_back(const GraphBuilder::Mark& mark) {
  builder().take_back(mark);
  if (!bodies_.empty()) bodies_.back()->forget_constants();
}

bool GraphImport::may_be_loop(const onnx::GraphProto& body) const {
  constexpr int kMostAttempts = 2;  // within a loop around it, and where that one is written out
  const auto found = refused_bodies_.find(&body);
  return found == refused_bodies_.end() || found->second < kMostAttempts;
}

// Else the gradient of each iteration would be as large as the table.
Value* GraphImport::part_of_iteration(Operand& table, const Operand& index, int64_t dim) {
  if (bodies_.empty() || index.value == nullptr || index.value != bodies_.back()->iteration) return nullptr;
  know(table);
  Body& loop = *bodies_.back();
  const bool is_split =
      table.known == nullptr && table.body < body() && table.shape[static_cast<size_t>(dim)] == loop.count;
  if (!is_split) return nullptr;
  if (table.value == nullptr) table.value = parameter_of(table, Role::kWeight);
  bodies_.pop_back();
  Value* outer = from_around(table.value, table.body);
  outer = builder().move_dim(builder().convert(outer, *dtype_of(table.type)), dim, 0);
  bodies_.push_back(&loop);
  Shape shape = outer->type.shape;
  shape.erase(shape.begin());
  return loop.builder.reshape(loop.add_split(outer), shape);
}

}  // namespace minnow
