#include "frontend/onnx/node_scope.h"

#include <cmath>

#include "frontend/onnx/graph_import.h"
#include "ir/printable.h"

namespace minnow {

using onnx::AttributeProto;

NodeScope::NodeScope(GraphImport& graph, const onnx::NodeProto& node, AttributeMap attributes, const Opsets& opsets,
                     std::vector<Operand*> operands)
    : b(graph.builder()), graph_(graph), node_(node), attributes_(std::move(attributes)), opsets_(opsets),
      operands_(std::move(operands)), results_(static_cast<size_t>(node.output_size())) {}

int64_t NodeScope::version() const {
  const auto found = opsets_.find(domain_of(node_.domain()));
  return found == opsets_.end() ? 1 : found->second;
}

bool NodeScope::is_versioned() const { return opsets_.contains(domain_of(node_.domain())); }

const std::string& NodeScope::folder() const { return graph_.file().folder(); }

bool NodeScope::has(size_t i) const { return i < operands_.size() && operands_[i] != nullptr; }

const Operand& NodeScope::operand(size_t i) const {
  require(has(i), "input {} is missing", i);
  return *operands_[i];
}

Value* NodeScope::value(size_t i) {
  require(has(i), "input {} is missing", i);
  return graph_.value_of(*operands_[i]);
}

Value* NodeScope::floats(size_t i) {
  require(is_float_element(type(i)), "input {} is of {}, but must be of floats", i, element_type_name(type(i)));
  return value(i);
}

Value* NodeScope::part_of_iteration(size_t table, size_t index, int64_t dim) {
  return has(table) && has(index) ? graph_.part_of_iteration(*operands_[table], *operands_[index], dim) : nullptr;
}

const HostTensor& NodeScope::known(size_t i) const {
  const Operand& asked = operand(i);
  if (asked.known != nullptr) return *asked.known;
  throw Refusal{fmt::format("its input {}, \"{}\", must be known before anything is computed", i,
                            printable(node_.input(static_cast<int>(i)))),
                "it decides about shapes, which are fixed here: make it an initializer"};
}

Dims NodeScope::whole_numbers(size_t i) const {
  const HostTensor& tensor = known(i);
  require(!tensor.is_float(), "input {} is of {}, but must be of whole numbers", i, element_type_name(tensor.type));
  require(tensor.shape.size() <= 1, "input {} has the shape {}, but must be a list", i, shape_to_string(tensor.shape));
  constexpr size_t kMostNumbers = size_t{1} << 20;
  require(tensor.size() <= kMostNumbers, "input {} is a list of {} numbers, but at most {} are supported", i,
          tensor.size(), kMostNumbers);
  Dims values;
  for (size_t at = 0; at < tensor.size(); ++at) values.push_back(tensor.whole(at));
  return values;
}

double NodeScope::number(size_t i) const {
  const HostTensor& tensor = known(i);
  require(tensor.size() == 1, "input {} has the shape {}, but must be a single number", i,
          shape_to_string(tensor.shape));
  return tensor.number(0);
}

int64_t NodeScope::whole_number(size_t i) const {
  const double asked = number(i);
  if (!known(i).is_float()) return known(i).whole(0);
  require(std::abs(asked) < 9e18, "input {} is {}, but must be a whole number", i, asked);
  return static_cast<int64_t>(asked);
}

const AttributeProto* NodeScope::attribute(std::string_view name) const {
  const auto found = attributes_.find(name);
  if (found == attributes_.end()) return nullptr;
  read_.emplace(name);
  return found->second;
}

void NodeScope::require_all_attributes_read() const {
  // What says how to compute, not what; and numbers of 0, which say what holds without a word.
  static const std::set<std::string_view> kHarmless = {"seed",         "stash_type", "softmax_precision",
                                                       "precision",    "sorted",     "consumed_inputs",
                                                       "output_dtype", "is_test",    "broadcast"};
  for (const auto& [name, attribute] : attributes_) {
    const bool is_zero = attribute->type() == AttributeProto::INT && attribute->i() == 0;
    const bool is_branch = attribute->type() == AttributeProto::GRAPH;  // the other one
    require(read_.contains(name) || kHarmless.contains(name) || is_zero || is_branch,
            "its attribute {} is not supported", printable(name));
  }
}

const AttributeProto* NodeScope::typed(std::string_view name, AttributeProto::AttributeType type) const {
  const AttributeProto* found = attribute(name);
  // Old files do not say the type, but then have no other field.
  if (found != nullptr && found->has_type())
    require(found->type() == type, "attribute {} is of type {}, but must be {}", name,
            AttributeProto::AttributeType_Name(found->type()), AttributeProto::AttributeType_Name(type));
  return found;
}

int64_t NodeScope::whole(std::string_view name, int64_t otherwise) const {
  const AttributeProto* found = typed(name, AttributeProto::INT);
  return found == nullptr ? otherwise : found->i();
}

double NodeScope::real(std::string_view name, double otherwise) const {
  const AttributeProto* found = typed(name, AttributeProto::FLOAT);
  return found == nullptr ? otherwise : static_cast<double>(found->f());
}

std::string NodeScope::text(std::string_view name, std::string_view otherwise) const {
  const AttributeProto* found = typed(name, AttributeProto::STRING);
  return found == nullptr ? std::string(otherwise) : found->s();
}

Dims NodeScope::wholes(std::string_view name) const {
  const AttributeProto* found = typed(name, AttributeProto::INTS);
  return found == nullptr ? Dims() : Dims(found->ints().begin(), found->ints().end());
}

std::vector<double> NodeScope::reals(std::string_view name) const {
  const AttributeProto* found = typed(name, AttributeProto::FLOATS);
  return found == nullptr ? std::vector<double>() : std::vector<double>(found->floats().begin(), found->floats().end());
}

std::vector<std::string> NodeScope::texts(std::string_view name) const {
  const AttributeProto* found = typed(name, AttributeProto::STRINGS);
  return found == nullptr ? std::vector<std::string>()
                          : std::vector<std::string>(found->strings().begin(), found->strings().end());
}

const onnx::GraphProto& NodeScope::subgraph(std::string_view name) const {
  const AttributeProto* found = typed(name, AttributeProto::GRAPH);
  require(found != nullptr, "attribute {} is missing", name);
  return found->g();
}

Dims NodeScope::axes(size_t i, int64_t rank, const Dims& otherwise) const {
  if (has(i)) return axes_of(whole_numbers(i), rank);
  return has_attribute("axes") ? axes_of(wholes("axes"), rank) : otherwise;
}

void NodeScope::give(size_t i, Value* value, ElementType type) {
  give_operand(i, {.type = type, .shape = value->type.shape, .value = value});
}

void NodeScope::give_known(size_t i, HostTensor tensor) {
  Operand operand{.type = tensor.type, .shape = tensor.shape};
  operand.known = std::make_shared<const HostTensor>(std::move(tensor));
  give_operand(i, std::move(operand));
}

void NodeScope::give_operand(size_t i, Operand operand) {
  if (!wants(i)) return;
  constexpr int64_t kElementsPerNode = 8;  // that are copied as fast as a node is imported
  graph_.count_nodes(std::ssize(operand.elements) / kElementsPerNode);
  graph_.settle(operand);
  results_[i] = std::move(operand);
}

bool NodeScope::is_training() const { return graph_.is_training(); }
Value* NodeScope::draw(const Shape& shape) { return graph_.draw(shape); }

bool NodeScope::is_state(size_t i) const {
  const Operand& asked = operand(i);
  const bool is_read_so = asked.value == nullptr || asked.value->role == Role::kState;
  return asked.initializer != nullptr && asked.known == nullptr && is_read_so;
}

Value* NodeScope::state(size_t i) {
  require(has(i), "input {} is missing", i);
  return graph_.state_of(*operands_[i]);
}

void NodeScope::update_state(size_t i, Value* value) { graph_.update_state(*operands_[i], value); }

}  // namespace minnow
