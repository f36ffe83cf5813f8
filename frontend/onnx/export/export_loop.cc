// A loop is a Scan: what it carries are states, what is split goes in, and what is put together comes out, part by
// part.
#include "frontend/onnx/export/export_rules.h"
#include "ir/loop.h"

namespace minnow {
namespace {

class ScanExport {
 public:
  ScanExport(const Op& op, Exporter& e) : op_(op), e_(e), w_(e.writer()), loop_(op.attr<LoopAttributes>()) {}

  Status add() {
    add_states();
    add_parts();
    {
      const GraphWriter::Inside inside(w_, body_);
      body_.set_name(w_.fresh("body"));
      MINNOW_TRY(e_.export_ops(*op_.body));
      add_results();
    }
    add_node();
    return {};
  }

 private:
  const Value* parameter(size_t operand) const { return op_.body->parameters()[operand].get(); }
  const Value* body_result(size_t i) const { return op_.body->results()[i].value; }

  // A value of the body that the Scan gives it.
  std::string body_input(DType dtype, const Extents& extents) {
    const std::string name = w_.fresh("part");
    e_.set_type(*body_.add_input(), name, dtype, extents);
    return name;
  }

  // Carried operands, then sums, which begin at zero.
  void add_states() {
    for (const int64_t position : loop_.carry) {
      const auto operand = static_cast<size_t>(position);
      inputs_.push_back(e_.whole(op_.operands[operand]));
      const Value* seen = parameter(operand);
      e_.define(seen, body_input(seen->type.dtype, e_.extents(seen)));
    }
    for (const int64_t position : loop_.sum) {
      const Value* result = op_.result(static_cast<size_t>(position));
      const DType dtype = result->type.dtype;
      inputs_.push_back(w_.node("Expand", {w_.scalar(dtype, 0), e_.shape_of(e_.extents(result))}));
      sums_.push_back(body_input(dtype, e_.extents(result)));
    }
  }

  // Split operands [count*d,...] as [count,d,...]; whole ones are seen from inside.
  void add_parts() {
    for (size_t i = 0; i < op_.operands.size(); ++i) {
      const Value *operand = op_.operands[i], *seen = parameter(i);
      if (is_whole(loop_, i)) e_.define(seen, e_.value(operand));
      if (!is_split(loop_, i)) continue;
      Extents parts = e_.extents(seen);
      const std::string name = body_input(seen->type.dtype, parts);
      e_.define(seen, name);
      parts.insert(parts.begin(), {loop_.count, loop_.count});
      parts_.push_back(e_.reshaped(e_.whole(operand), parts));
    }
    if (!parts_.empty()) return;
    // A Scan counts by what goes in.
    const std::vector<double> ticks(static_cast<size_t>(loop_.count), 0);
    parts_.push_back(w_.constant({loop_.count}, DType::kF32, ticks));
    body_input(DType::kF32, {});
  }

  void add_result(const std::string& value, const Value* like) {
    e_.set_type(*body_.add_output(), w_.node("Identity", {value}), like->type.dtype, e_.extents(like));
  }

  void add_results() {
    for (size_t i = 0; i < loop_.carry.size(); ++i) add_result(e_.whole(body_result(i)), body_result(i));
    for (size_t i = 0; i < sums_.size(); ++i) {
      const Value* part = body_result(static_cast<size_t>(loop_.sum[i]));
      add_result(w_.node("Add", {sums_[i], e_.whole(part)}), part);
    }
    for (size_t i = 0; i < op_.results.size(); ++i)
      if (is_stacked(loop_, i)) add_result(e_.whole(body_result(i)), body_result(i));
  }

  void add_node() {
    inputs_.insert(inputs_.end(), parts_.begin(), parts_.end());
    onnx::NodeProto& node = w_.add("Scan", inputs_);
    set_attribute(node, "num_scan_inputs", std::ssize(parts_));
    size_t stacked = 0;
    for (size_t i = 0; i < op_.results.size(); ++i) stacked += is_stacked(loop_, i) ? 1 : 0;
    if (loop_.reverse) {
      set_attribute(node, "scan_input_directions", std::vector<int64_t>(parts_.size(), 1));
      if (stacked > 0) set_attribute(node, "scan_output_directions", std::vector<int64_t>(stacked, 1));
    }
    onnx::AttributeProto& body = *node.add_attribute();
    body.set_name("body");
    body.set_type(onnx::AttributeProto::GRAPH);
    *body.mutable_g() = std::move(body_);
    std::vector<std::string> outputs = {node.output(0)};
    while (std::ssize(outputs) < std::ssize(loop_.carry) + std::ssize(loop_.sum) + static_cast<std::ptrdiff_t>(stacked))
      outputs.push_back(*node.mutable_output()->Add() = w_.fresh(outputs[0]));
    define_results(outputs);
  }

  void define_results(const std::vector<std::string>& outputs) {
    size_t next = 0;
    for (size_t i = 0; i < loop_.carry.size(); ++i) e_.define(op_.result(i), outputs[next++]);
    for (const int64_t position : loop_.sum) e_.define(op_.result(static_cast<size_t>(position)), outputs[next++]);
    for (size_t i = 0; i < op_.results.size(); ++i)
      if (is_stacked(loop_, i)) e_.define(op_.result(i), e_.reshaped(outputs[next++], e_.extents(op_.result(i))));
  }

  const Op& op_;
  Exporter& e_;
  GraphWriter& w_;
  const LoopAttributes& loop_;
  onnx::GraphProto body_;
  std::vector<std::string> inputs_, parts_, sums_;
};

}  // namespace

MINNOW_EXPORT(Loop) { return ScanExport(op, e).add(); }

// A kernel that was fused is what it was made of.
MINNOW_EXPORT(Fused) {
  for (size_t i = 0; i < op.operands.size(); ++i) e.define(op.body->parameters()[i].get(), e.value(op.operands[i]));
  MINNOW_TRY(e.export_ops(*op.body));
  for (size_t i = 0; i < op.results.size(); ++i) e.define(op.result(i), e.value(op.body->results()[i].value));
  return {};
}

}  // namespace minnow
