#include "codegen/c_source/c_source.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "codegen/c_source/c_body.h"
#include "codegen/c_source/c_rules.h"
#include "ir/text.h"

namespace minnow {

std::string c_offset(const std::string& place, int64_t bytes) {
  return bytes == 0 ? place : fmt::format("{} + {}", place, bytes);
}

// Where a result of the function goes.
std::string CBody::result_place(size_t index) const {
  const Value* parameter = depth_ == 0 ? function_.replaced_parameter(function_.results()[index]) : nullptr;
  return parameter != nullptr ? places_.at(parameter) : memory_.results[index];
}

std::string CBody::home(const Value* value) const {
  if (const auto found = plan_.in_place.find(value); found != plan_.in_place.end()) return places_.at(found->second);
  if (const auto found = plan_.views.find(value); found != plan_.views.end()) return places_.at(found->second);
  if (const auto found = plan_.outputs.find(value); found != plan_.outputs.end()) return result_place(found->second);
  return c_offset(memory_.arena, plan_.slots.at(value).offset);
}

// "%4 = dot(%x, %fc.weight): f32[3,10]; fc, forward"
std::string CBody::heading(const Op& op) const {
  std::vector<std::string> operands;
  for (const Value* operand : op.operands) operands.push_back(names_.at(operand));
  std::string text = fmt::format("{} = {}({}): {}", names_.at(op.result()), mnemonic(op.kind),
                                 fmt::join(operands, ", "), op.type().to_string());
  if (!op.location.layer.empty()) text += fmt::format("; {}, {}", op.location.layer, phase_name(op.location.phase));
  return in_comment(text);
}

void CBody::call(const Op& op) {
  std::vector<std::string> parameters, arguments;
  for (size_t i = 0; i < op.operands.size(); ++i) {
    const std::string_view type = c_type(op.operands[i]->type.dtype);
    const std::string letter(1, static_cast<char>('a' + i));
    parameters.push_back(
        fmt::format("const {} *{}", type, op.kind == OpKind::kConcat ? fmt::format("x{}", i) : letter));
    arguments.push_back(fmt::format("(const {} *)({})", type, place(op.operands[i])));
  }
  const std::string_view type = c_type(op.type().dtype);
  // Only an element may lie over what it is computed from.
  parameters.push_back(fmt::format("{} *{}y", type, has_trait(op.kind, kElementwise) ? "" : "restrict "));
  arguments.push_back(fmt::format("({} *)({})", type, place(op.result())));
  CWriter body(1);
  if (CRuleFn* rule = c_rule(op.kind)) rule(body, op);
  else body.count("i", op.type().elements(), [&] { body.line("y[i] = {};", expression(op)); });
  c_.line("{}({});", functions_.find(mnemonic(op.kind), fmt::format("{}", fmt::join(parameters, ", ")), body.take()),
          fmt::join(arguments, ", "));
}

// Of a splat one element is enough where only elementwise ops read it.
bool CBody::is_one_number(const Value* value) const {
  if (value->op == nullptr || value->op->kind != OpKind::kConstant || uses_.is_result(value)) return false;
  return value->op->attr<ConstantAttributes>().is_splat() &&
         std::ranges::all_of(uses_.users(value), [](const Op* user) { return has_trait(user->kind, kElementwise); });
}

void CBody::write_constant(const Op& op) {
  const auto& [values] = op.attr<ConstantAttributes>();
  const int64_t elements = is_one_number(op.result()) ? 1 : op.type().elements();
  std::vector<double> numbers = values;
  if (values.size() == 1 || elements == 0)
    numbers.assign(static_cast<size_t>(std::max<int64_t>(elements, 1)), elements == 0 ? 0 : values[0]);
  const std::string name = fmt::format("constant{}_{}", depth_, places_.size());
  c_.line("/* {} */", heading(op));
  // What is not finite is computed, which nothing static may be.
  const bool is_static = std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
  c_.line("{}const {} {}[{}] = {{{}}};", is_static ? "static " : "", c_type(op.type().dtype), name, numbers.size(),
          c_numbers(numbers, op.type().dtype));
  places_[op.result()] = name;
}

// c_expression() with the only element of what has one.
std::string CBody::expression(const Op& op) const {
  std::string text = c_expression(op);
  for (size_t i = 0; i < op.operands.size(); ++i) {
    const std::string element = fmt::format("{}[i]", static_cast<char>('a' + i));
    for (size_t at = 0; is_one_number(op.operands[i]) && (at = text.find(element, at)) != text.npos; ++at)
      text.replace(at, element.size(), fmt::format("{}[0]", static_cast<char>('a' + i)));
  }
  return text;
}

void CBody::write(const Op& op) {
  if (op.kind == OpKind::kConstant) return write_constant(op);
  for (const auto& result : op.results) places_[result.get()] = home(result.get());
  c_.line("/* {} */", heading(op));
  if (op.kind == OpKind::kLoop) return write_loop(op);
  if (moves_nothing(plan_, op)) return;
  call(op);
}

// Results that are not computed where they belong.
void CBody::write_copies() {
  for (const std::vector<size_t>& together : plan_.needs_copy) {
    if (together.size() == 1) {
      const Value* value = function_.results()[together[0]].value;
      const std::string to = result_place(together[0]);
      if (to != place(value)) c_.line("memcpy({}, {}, {});", to, place(value), value->type.bytes());
      continue;
    }
    // Each is read before any is written.
    c_.block("", [&] {
      const int64_t bytes = function_.results()[together[0]].value->type.bytes();
      c_.line("unsigned char moved[{}];", together.size());
      c_.count("i", bytes, [&] {
        for (size_t i = 0; i < together.size(); ++i)
          c_.line("moved[{}] = ((const unsigned char *)({}))[i];", i, place(function_.results()[together[i]].value));
        for (size_t i = 0; i < together.size(); ++i)
          c_.line("((unsigned char *)({}))[i] = moved[{}];", result_place(together[i]), i);
      });
    });
  }
}

const std::string& COpFunctions::find(std::string_view mnemonic, const std::string& parameters,
                                      const std::string& statements) {
  const auto [found, is_new] = names_.try_emplace(fmt::format("({}) {{\n{}}}\n", parameters, statements));
  if (is_new) {
    found->second = fmt::format("minnow_{}_{}", mnemonic, names_.size());
    text_ += fmt::format("static MINNOW_APART void {}{}\n", found->second, found->first);
  }
  return found->second;
}

std::string COpFunctions::text() const {
  if (text_.empty()) return "";
  return "#ifdef __GNUC__\n#define MINNOW_APART __attribute__((noinline))\n#else\n#define MINNOW_APART\n#endif\n\n" +
         text_;
}

std::string c_statements(const Function& function, const MemoryPlan& plan, const CMemory& memory,
                         COpFunctions& functions) {
  CWriter c(1);
  const ValueTexts names = value_names(function);
  ValueTexts places;
  for (size_t i = 0; i < memory.parameters.size(); ++i) places[function.parameters()[i].get()] = memory.parameters[i];
  CBody(c, functions, function, plan, memory, names, std::move(places), 0).write();
  return c.take();
}

std::string_view c_passes() {
  return "canonicalize,fold-constants,cse,hoist-from-loops,stabilize-softmax,canonicalize,fold-constants,cse,dce";
}

}  // namespace minnow
