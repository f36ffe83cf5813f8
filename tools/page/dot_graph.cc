#include "tools/page/dot_graph.h"

#include <map>
#include <unordered_map>

#include "ir/text.h"

namespace minnow {
namespace {

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string_view colour_of(Phase phase) {
  constexpr std::array<std::string_view, 3> kColours = {"#cfe8fc", "#fde2c4", "#d5f0d8"};
  return kColours[static_cast<size_t>(phase)];
}

using Names = std::unordered_map<const Value*, std::string>;

std::string node_of(const Names& names, const Op& op) {
  std::string label(mnemonic(op.kind));
  if (op.body) {
    label += ":";
    for (const auto& inner : op.body->ops()) label += fmt::format("\n{}", mnemonic(inner->kind));
  }
  for (const auto& result : op.results) label += "\n" + result->type.to_string();
  std::string escaped;
  for (const char c : label) escaped += c == '\n' ? std::string("\\n") : std::string(1, c);
  return fmt::format("    {} [label=\"{}\", fillcolor=\"{}\"];\n", quoted(names.at(op.result())), escaped,
                     colour_of(op.location.phase));
}

}  // namespace

std::string dot_graph(const Function& function) {
  const Names names = value_names(function);
  std::string text =
      fmt::format("digraph {} {{\n  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\"];\n",
                  quoted(function.name()));
  for (const auto& parameter : function.parameters())
    text += fmt::format("  {} [label={}, shape=ellipse, fillcolor=\"#eeeeee\"];\n", quoted(names.at(parameter.get())),
                        quoted(parameter->name + " " + parameter->type.to_string()));
  std::map<std::string, std::string> clusters;
  for (const auto& op : function.ops()) clusters[op->location.layer] += node_of(names, *op);
  int index = 0;
  for (const auto& [layer, nodes] : clusters)
    text += fmt::format("  subgraph cluster_{} {{\n    label={}; color=\"#999999\";\n{}  }}\n", index++, quoted(layer),
                        nodes);
  for (const auto& op : function.ops())
    for (const Value* operand : op->operands) {
      const Value* source = operand->op ? operand->op->result() : operand;
      text += fmt::format("  {} -> {};\n", quoted(names.at(source)), quoted(names.at(op->result())));
    }
  return text + "}\n";
}

}  // namespace minnow
