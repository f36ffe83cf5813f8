#include "frontend/onnx/needed_names.h"

#include "frontend/onnx/onnx_rule.h"

namespace minnow {
namespace {

constexpr int64_t kMostSteps = 4000000;  // functions that call functions may be many more nodes than there are

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

void read_by_graph(const onnx::GraphProto& graph, std::set<std::string>& names, int depth);

// Inputs, and what graphs inside of the node read.
void read_by_node(const onnx::NodeProto& node, std::set<std::string>& names, int depth) {
  names.insert(node.input().begin(), node.input().end());
  for (const auto& attribute : node.attribute())
    if (node.op_type() == "Gradient" && attribute.name() == "y") names.insert(attribute.s());
  if (depth == kMostGraphDepth) return;
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) read_by_graph(attribute.g(), names, depth + 1);
    for (const auto& graph : attribute.graphs()) read_by_graph(graph, names, depth + 1);
  }
}

void read_by_graph(const onnx::GraphProto& graph, std::set<std::string>& names, int depth) {
  for (const auto& node : graph.node()) read_by_node(node, names, depth);
  for (const auto& output : graph.output()) names.insert(output.name());
}

bool defines_any(const onnx::NodeProto& node, const std::set<std::string>& names) {
  for (const std::string& output : node.output())
    if (!output.empty() && names.contains(output)) return true;
  return false;
}

class Needed {
 public:
  explicit Needed(const OnnxFile& file) : file_(file) {}

  // Names go from results to operands, so a walk from the last node to the first sees each at its time.
  void walk(const Nodes& nodes, std::set<std::string>& needed, int depth) {
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) look_at(*node, needed, depth);
  }

 private:
  void look_at(const onnx::NodeProto& node, std::set<std::string>& needed, int depth) {
    if (depth == kMostGraphDepth) return;
    require(++steps_ <= kMostSteps, "the functions of the file expand to more than {} nodes", kMostSteps);
    const bool is_needed = defines_any(node, needed);
    for (const auto& attribute : node.attribute())
      if (attribute.has_g()) look_inside(attribute.g(), is_needed, needed, depth + 1);
    if (const onnx::FunctionProto* function = file_.function_of(node))
      return look_inside(*function, node, needed, depth + 1);
    const OnnxRule* rule = find_onnx_rule(node.domain(), node.op_type());
    const bool is_of_shapes = node.op_type() == "Shape" || node.op_type() == "Size";
    for (int i = 0; i < node.input_size(); ++i) {
      const bool must_be_known = rule != nullptr && i < 32 && (rule->known >> i & 1) != 0;
      if (!node.input(i).empty() && (must_be_known || (is_needed && !is_of_shapes))) needed.insert(node.input(i));
    }
  }

  void look_inside(const onnx::GraphProto& graph, bool is_needed, std::set<std::string>& needed, int depth) {
    if (is_needed)
      for (const auto& output : graph.output()) needed.insert(output.name());
    walk(graph.node(), needed, depth);
  }

  void look_inside(const onnx::FunctionProto& function, const onnx::NodeProto& node, std::set<std::string>& needed,
                   int depth) {
    std::set<std::string> inside;
    for (int i = 0; i < std::min(node.output_size(), function.output_size()); ++i)
      if (needed.contains(node.output(i))) inside.insert(function.output(i));
    walk(function.node(), inside, depth);
    for (int i = 0; i < std::min(node.input_size(), function.input_size()); ++i)
      if (inside.contains(function.input(i))) needed.insert(node.input(i));
  }

  const OnnxFile& file_;
  int64_t steps_ = 0;
};

}  // namespace

std::set<std::string> names_behind(const onnx::GraphProto& graph, const std::vector<std::string>& outputs) {
  std::set<std::string> wanted(outputs.begin(), outputs.end());
  for (auto node = graph.node().rbegin(); node != graph.node().rend(); ++node)
    if (defines_any(*node, wanted)) read_by_node(*node, wanted, 0);
  return wanted;
}

std::set<std::string> needed_names(const OnnxFile& file) {
  std::set<std::string> needed;
  Needed(file).walk(file.graph().node(), needed, 0);
  return needed;
}

}  // namespace minnow
