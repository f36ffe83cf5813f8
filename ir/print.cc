#include <fmt/format.h>

#include <unordered_map>

#include "ir/attribute_text.h"
#include "ir/text.h"

namespace minnow {
namespace {

// What each value of a function is called: its parameters by name, the results of its ops %0, %1, ... The
// parameters of an op's body are %a0, %a1, ..., the results of the body's ops %b0, %b1, ...; one level further in
// %c0, %c1, ... and %d0, %d1, ...
class Names {
 public:
  explicit Names(const Function& function) {
    for (const auto& parameter : function.parameters()) names_[parameter.get()] = "%" + spell_name(parameter->name);
    number_results(function, "%");
  }

  // `depth` is 1 for the body of a function's op.
  void add_body(const Function& body, int depth) {
    for (size_t i = 0; i < body.parameters().size(); ++i)
      names_[body.parameters()[i].get()] = fmt::format("%{}{}", parameter_prefix(depth), i);
    number_results(body, "%" + result_prefix(depth));
  }

  // "%?" for a value that is none of the function's, so that broken IR can still be read.
  std::string operator()(const Value* value) const {
    const auto it = names_.find(value);
    return it == names_.end() ? "%?" : it->second;
  }

 private:
  void number_results(const Function& function, std::string_view prefix) {
    size_t next = 0;
    for (const auto& op : function.ops())
      for (const auto& result : op->results) names_[result.get()] = fmt::format("{}{}", prefix, next++);
  }

  std::unordered_map<const Value*, std::string> names_;
};

template <typename Items, typename Spell>
std::string comma_separated(const Items& items, Spell&& spell) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ", ";
    text += spell(item);
  }
  return text;
}

std::string location_text(const Location& location) {
  if (location == Location{}) return "";
  const std::string layer = spell_string(location.layer);
  if (location.phase == Phase::kForward) return fmt::format("  loc({})", layer);
  return fmt::format("  loc({}, {})", layer, phase_name(location.phase));
}

// "(%x, %y)"; for an op with a body, "(%a0 = %x, %a1 = %y)".
std::string operands_text(const Op& op, const Names& names, int depth) {
  if (op.operands.empty()) return "";
  size_t i = 0;
  const auto spell = [&](const Value* operand) {
    return op.body ? fmt::format("%{}{} = {}", parameter_prefix(depth), i++, names(operand)) : names(operand);
  };
  return "(" + comma_separated(op.operands, spell) + ")";
}

void print_ops(const Function& function, Names& names, int depth, std::string& text);

// `depth` counts the functions and bodies around the op.
void print_op(const Op& op, Names& names, int depth, std::string& text) {
  const std::string indent(static_cast<size_t>(2 * depth), ' ');
  const std::string attributes = attributes_to_string(op.attributes);
  text += indent + comma_separated(op.results, [&](const auto& result) { return names(result.get()); });
  text += fmt::format(" = {}{}{}{} : ", mnemonic(op.kind), operands_text(op, names, depth),
                      attributes.empty() ? "" : " ", attributes);
  text += comma_separated(op.results, [](const auto& result) { return result->type.to_string(); });
  text += location_text(op.location);
  if (op.body) {
    names.add_body(*op.body, depth);
    text += " {\n";
    print_ops(*op.body, names, depth + 1, text);
    text += indent + "}";
  }
  text += "\n";
}

void print_ops(const Function& function, Names& names, int depth, std::string& text) {
  for (const auto& op : function.ops()) print_op(*op, names, depth, text);
  text += std::string(static_cast<size_t>(2 * depth), ' ') + "return";
  if (!function.results().empty()) text += " ";
  text += comma_separated(function.results(), [&](const FunctionResult& result) { return names(result.value); });
  text += "\n";
}

std::string parameter_text(const Value& parameter) {
  const std::string type = parameter.type.to_string();
  if (parameter.role == Role::kInput) return fmt::format("%{}: {}", spell_name(parameter.name), type);
  return fmt::format("%{}: {} {}", spell_name(parameter.name), type, role_name(parameter.role));
}

std::string result_text(const FunctionResult& result) {
  const std::string type = result.value ? result.value->type.to_string() : "?";
  return result.name.empty() ? type : fmt::format("{}: {}", spell_name(result.name), type);
}

}  // namespace

std::string parameter_prefix(int depth) {
  return depth == 0 ? "" : std::string(1, static_cast<char>('a' + 2 * (depth - 1)));
}
std::string result_prefix(int depth) {
  return depth == 0 ? "" : std::string(1, static_cast<char>('b' + 2 * (depth - 1)));
}

std::string print(const Function& function) {
  Names names(function);
  std::string text = fmt::format(
      "func @{}({}) -> ({}) {{\n", spell_name(function.name()),
      comma_separated(function.parameters(), [](const auto& parameter) { return parameter_text(*parameter); }),
      comma_separated(function.results(), result_text));
  print_ops(function, names, 1, text);
  return text + "}\n";
}

std::string print(const Module& module) {
  std::string text;
  for (const auto& function : module.functions) {
    if (!text.empty()) text += "\n";
    text += print(*function);
  }
  return text;
}

namespace {

void add_bodies(const Function& function, int depth, Names& names) {
  for (const auto& op : function.ops()) {
    if (!op->body) continue;
    names.add_body(*op->body, depth);
    add_bodies(*op->body, depth + 1, names);
  }
}

}  // namespace

std::string value_name(const Function& function, const Value* value) {
  Names names(function);
  add_bodies(function, 1, names);
  return names(value);
}

std::unordered_map<const Value*, std::string> value_names(const Function& function) {
  Names names(function);
  add_bodies(function, 1, names);
  std::unordered_map<const Value*, std::string> found;
  const auto add_all = [&](const auto& self, const Function& body, const std::string& around) -> void {
    for (const auto& parameter : body.parameters()) found[parameter.get()] = around + names(parameter.get());
    for (const auto& op : body.ops()) {
      for (const auto& result : op->results) found[result.get()] = around + names(result.get());
      if (op->body) self(self, *op->body, found[op->result()] + "/");
    }
  };
  add_all(add_all, function, "");
  return found;
}

}  // namespace minnow
