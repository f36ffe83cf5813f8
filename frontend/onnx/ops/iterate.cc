#include "frontend/onnx/ops/iterate.h"

#include <algorithm>

#include "frontend/onnx/graph_import.h"
#include "ir/loop.h"

namespace minnow::onnx_ops {
namespace {

using Body = GraphImport::Body;

Operand truth() {
  return {.type = onnx::TensorProto::BOOL,
          .known = std::make_shared<const HostTensor>(HostTensor::splat(onnx::TensorProto::BOOL, {}, 1))};
}

bool is_true(const Operand& operand) {
  return operand.known != nullptr && !operand.known->is_strings() && operand.known->size() == 1 &&
         operand.known->number(0) != 0;
}

Operand computed(ElementType type, Value* value) { return {.type = type, .shape = value->type.shape, .value = value}; }

// Whether the first iteration has nothing but constants, as one has that makes a shape: such are worked out.
bool works_out(NodeScope& n, const onnx::GraphProto& graph, const Iterations& all) {
  const auto is_known = [](const Operand& operand) { return operand.known != nullptr; };
  if (!all.is_counted || all.carried.empty() || !std::ranges::all_of(all.carried, is_known)) return false;
  const Body body(n.graph());
  std::vector<Operand> inputs = {truth(), truth()};
  inputs[0].type = onnx::TensorProto::INT64;
  inputs[0].known = std::make_shared<const HostTensor>(HostTensor::of_ints({}, {0}));
  inputs.insert(inputs.end(), all.carried.begin(), all.carried.end());
  return std::ranges::all_of(n.graph().run_subgraph(graph, std::move(inputs)), is_known);
}

class Iterating {
 public:
  Iterating(NodeScope& n, const onnx::GraphProto& graph, Iterations& all) : n_(n), graph_(graph), all_(all) {
    loop_.count = all.count;
    loop_.reverse = !all_.scanned_parts.empty() && all_.scanned_parts[0].in_reverse;
  }

  std::optional<IterationResults> run() {
    // What the loop reads is made around the body.
    for (Operand& operand : all_.carried) outer_.push_back(n_.graph().value_of(operand));
    for (size_t i = 0; i < all_.scanned.size(); ++i) outer_.push_back(parts_of(i));
    if (all_.is_counted) outer_.push_back(n_.b.iota({DType::kI32, {all_.count}}, 0));
    Body body(n_.graph());
    body.count = all_.count;
    std::vector<Operand> results = n_.graph().run_subgraph(graph_, inputs_of(body));
    const size_t first = all_.is_counted ? 1 : 0, carried = all_.carried.size();
    require(results.size() == first + carried + all_.stacked_parts.size(), "its body gives {} results", results.size());
    if (all_.is_counted && !is_true(results[0])) return std::nullopt;
    results.erase(results.begin(), results.begin() + static_cast<int64_t>(first));
    std::vector<Value*> given;
    for (size_t i = 0; i < results.size(); ++i) {
      Value* value = n_.graph().value_of(results[i]);
      if (i < carried && (results[i].type != all_.carried[i].type || value->type != outer_[i]->type))
        return std::nullopt;
      Shape part = value->type.shape;
      part.insert(part.begin(), 1);
      given.push_back(i < carried ? value : body.builder.reshape(value, part));
    }
    return results_of(*body.close(loop_, std::move(given)), results);
  }

 private:
  // [count, ...]
  Value* parts_of(size_t i) {
    const Parts& parts = all_.scanned_parts[i];
    Value* value = n_.b.move_dim(n_.graph().value_of(all_.scanned[i]), parts.axis, 0);
    return parts.in_reverse == loop_.reverse ? value : n_.b.reverse(value, {0});
  }

  std::vector<Operand> inputs_of(Body& body) {
    std::vector<Operand> inputs;
    const auto part = [&](ElementType type, Value* whole) {
      Shape shape = whole->type.shape;
      shape.erase(shape.begin());
      inputs.push_back(computed(type, body.builder.reshape(body.add_split(whole), shape)));
    };
    size_t next = 0;
    for (const Operand& operand : all_.carried) {
      loop_.carry.push_back(static_cast<int64_t>(next));
      inputs.push_back(computed(operand.type, body.add(outer_[next], outer_[next]->type)));
      ++next;
    }
    for (const Operand& operand : all_.scanned) part(operand.type, outer_[next++]);
    if (!all_.is_counted) return inputs;
    part(onnx::TensorProto::INT64, outer_[next]);
    body.iteration = inputs.back().value;
    std::ranges::rotate(inputs, inputs.end() - 1);
    inputs.insert(inputs.begin() + 1, truth());
    return inputs;
  }

  IterationResults results_of(const Op& loop, const std::vector<Operand>& in_body) {
    IterationResults results;
    for (size_t i = 0; i < in_body.size(); ++i) {
      Value* value = loop.result(i);
      if (i < all_.carried.size()) {
        results.carried.push_back(computed(in_body[i].type, value));
        continue;
      }
      const Parts& parts = all_.stacked_parts[i - all_.carried.size()];
      if (parts.in_reverse != loop_.reverse) value = n_.b.reverse(value, {0});
      value = n_.b.move_dim(value, 0, axis_of(parts.axis, value->type.rank()));
      results.stacked.push_back(computed(in_body[i].type, value));
    }
    return results;
  }

  NodeScope& n_;
  const onnx::GraphProto& graph_;
  Iterations& all_;
  LoopAttributes loop_;
  std::vector<Value*> outer_;
};

}  // namespace

std::optional<IterationResults> iterate(NodeScope& n, const onnx::GraphProto& graph, Iterations iterations,
                                        std::string* why) {
  const auto is_needed = [&](const std::string& name) { return n.graph().is_needed(name); };
  const auto is_list = [](const Operand& operand) { return operand.is_sequence || operand.is_absent; };
  if (iterations.count < 2 || !n.graph().may_be_loop(graph) || std::ranges::any_of(n.node().output(), is_needed) ||
      std::ranges::any_of(iterations.carried, is_list))
    return std::nullopt;
  const GraphBuilder::Mark before = n.b.mark();
  try {
    if (works_out(n, graph, iterations)) return std::nullopt;
    if (auto results = Iterating(n, graph, iterations).run()) return results;
  } catch (const Refusal& refusal) {
    *why = refusal.message;  // said once more where the iterations are written out, if it holds for those
  }
  n.graph().take_back(before);
  n.graph().note_refused(graph);
  return std::nullopt;
}

}  // namespace minnow::onnx_ops
