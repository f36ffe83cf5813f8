// Sequences and optionals, whose length is known: lists of what names stand for.
#include <algorithm>

#include "frontend/onnx/graph_import.h"
#include "frontend/onnx/ops/shapes.h"

namespace minnow::onnx_ops {
namespace {

const std::vector<Operand>& elements_of(const NodeScope& n, size_t i) {
  require(n.operand(i).is_sequence, "input {} is no sequence", i);
  return n.operand(i).elements;
}

// Sequences in sequences could double with each node.
const Operand& element_of(const NodeScope& n, size_t i) {
  require(!n.operand(i).is_sequence, "a sequence of sequences is not supported");
  return n.operand(i);
}

Operand sequence_of(std::vector<Operand> elements) { return {.is_sequence = true, .elements = std::move(elements)}; }

size_t position(const NodeScope& n, size_t input, size_t count, size_t otherwise) {
  if (!n.has(input)) return otherwise;
  const auto size = static_cast<int64_t>(count);
  const int64_t at = n.whole_number(input);
  require(at >= -size && at < size, "there is no element {} among {}", at, count);
  return static_cast<size_t>(at < 0 ? at + size : at);
}

}  // namespace

void sequence_construct(NodeScope& n) {
  std::vector<Operand> elements;
  for (size_t i = 0; i < n.inputs(); ++i) elements.push_back(element_of(n, i));
  n.give_operand(0, sequence_of(std::move(elements)));
}

void sequence_insert(NodeScope& n) {
  std::vector<Operand> elements = elements_of(n, 0);
  const size_t count = elements.size();
  const int64_t at = n.has(2) ? n.whole_number(2) : static_cast<int64_t>(count);
  const auto place = at < 0 ? at + static_cast<int64_t>(count) : at;
  require(at >= -static_cast<int64_t>(count) && place >= 0 && place <= static_cast<int64_t>(count),
          "there is no place {} among {}", at, count);
  elements.insert(elements.begin() + place, element_of(n, 1));
  n.give_operand(0, sequence_of(std::move(elements)));
}

void sequence_erase(NodeScope& n) {
  std::vector<Operand> elements = elements_of(n, 0);
  require(!elements.empty(), "the sequence is empty");
  elements.erase(elements.begin() + static_cast<int64_t>(position(n, 1, elements.size(), elements.size() - 1)));
  n.give_operand(0, sequence_of(std::move(elements)));
}

void sequence_at(NodeScope& n) {
  const std::vector<Operand>& elements = elements_of(n, 0);
  n.give_operand(0, elements.at(position(n, 1, elements.size(), 0)));
}

void sequence_length(NodeScope& n) {
  n.give_known(0, HostTensor::of_ints({}, {static_cast<int64_t>(elements_of(n, 0).size())}));
}

void concat_from_sequence(NodeScope& n) {
  GraphBuilder& b = n.b;
  std::vector<Operand> elements = elements_of(n, 0);
  require(!elements.empty(), "the sequence is empty");
  const bool is_new = n.whole("new_axis") != 0;
  const int64_t axis = axis_of(n.whole("axis"), static_cast<int64_t>(elements[0].shape.size()) + (is_new ? 1 : 0));
  std::vector<Value*> parts;
  for (Operand& element : elements) {
    Value* part = n.graph().value_of(element);
    Shape shape = part->type.shape;
    if (is_new) shape.insert(shape.begin() + std::min<int64_t>(axis, part->type.rank()), 1);
    parts.push_back(b.reshape(part, shape));
  }
  n.give(0, b.concat(std::move(parts), axis), elements[0].type);
}

void split_to_sequence(NodeScope& n) {
  const int64_t axis = axis_of(n.whole("axis"), n.rank()), size = n.dim(0, axis);
  const bool is_even = !n.has(1) || n.rank(1) == 0;
  Dims sizes = is_even ? Dims() : n.whole_numbers(1);
  const bool keeps_dims = n.whole("keepdims", 1) != 0 || n.has(1);  // it counts where nothing says how to split
  const int64_t part = n.has(1) && is_even ? n.whole_number(1) : 1;
  constexpr int64_t kMostParts = int64_t{1} << 20;
  require(part > 0 && size / part <= kMostParts, "{} elements in parts of {} are not supported", size, part);
  for (int64_t left = is_even ? size : 0; left > 0; left -= part) sizes.push_back(std::min(part, left));
  std::vector<Operand> elements;
  int64_t start = 0;
  for (const int64_t count : sizes) {
    require(count >= 0 && count <= size - start, "its parts have more than {} elements", size);
    Value* value = n.b.slice(n.value(), axis, start, start + count);
    if (!keeps_dims) {
      Shape shape = value->type.shape;
      shape.erase(shape.begin() + axis);
      value = n.b.reshape(value, shape);
    }
    elements.push_back({.type = n.type(), .shape = value->type.shape, .value = value});
    start += count;
  }
  n.give_operand(0, sequence_of(std::move(elements)));
}

// The body for each element, with the tensors that are no sequences for all.
void sequence_map(NodeScope& n) {
  const size_t count = elements_of(n, 0).size();
  std::vector<std::vector<Operand>> results(n.outputs());
  for (size_t at = 0; at < count; ++at) {
    std::vector<Operand> inputs;
    for (size_t i = 0; i < n.inputs(); ++i) {
      if (n.operand(i).is_sequence) require(elements_of(n, i).size() == count, "its sequences differ in length");
      inputs.push_back(n.operand(i).is_sequence ? elements_of(n, i)[at] : n.operand(i));
    }
    std::vector<Operand> given = n.graph().run_subgraph(n.subgraph("body"), std::move(inputs));
    require(given.size() == results.size(), "its body gives {} results", given.size());
    for (size_t i = 0; i < given.size(); ++i) results[i].push_back(std::move(given[i]));
  }
  for (size_t i = 0; i < results.size(); ++i) n.give_operand(i, sequence_of(std::move(results[i])));
}

void optional(NodeScope& n) {
  if (n.has(0)) n.give_operand(0, n.operand(0));
}

void optional_has_element(NodeScope& n) {
  const bool has = n.has(0) && !n.operand(0).is_absent;
  n.give_known(0, HostTensor::splat(onnx::TensorProto::BOOL, {}, has ? 1 : 0));
}

void optional_get_element(NodeScope& n) {
  require(!n.operand(0).is_absent, "the optional is empty");
  n.give_operand(0, n.operand(0));
}

}  // namespace minnow::onnx_ops
