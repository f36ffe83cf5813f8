#include "codegen/c_source/c_source.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "codegen/c_source/c_rules.h"
#include "ir/loop.h"
#include "ir/text.h"

namespace minnow {
namespace {

using Names = std::unordered_map<const Value*, std::string>;

std::string offset(const std::string& place, int64_t bytes) {
  return bytes == 0 ? place : fmt::format("{} + {}", place, bytes);
}

// The statements of a function or of a loop's body.
class Body {
 public:
  Body(CWriter& c, const Function& function, const MemoryPlan& plan, const CMemory& memory, const Names& names,
       Names places, int depth)
      : c_(c), function_(function), uses_(function), plan_(plan), memory_(memory), names_(names),
        places_(std::move(places)), depth_(depth) {}

  void write() {
    for (const auto& op : function_.ops()) write(*op);
    write_copies();
  }
  std::string place(const Value* value) const { return places_.at(value); }

 private:
  void write(const Op& op);
  void write_loop(const Op& loop);
  void write_constant(const Op& op);
  void write_copies();
  bool is_one_number(const Value* value) const;
  std::string expression(const Op& op) const;
  void declare(const Op& op);
  void declare(std::string_view name, const Value* value, bool is_written);
  std::string home(const Value* value) const;
  std::string result_place(size_t index) const;
  std::string heading(const Op& op) const;

  CWriter& c_;
  const Function& function_;
  const UseMap uses_;
  const MemoryPlan& plan_;
  const CMemory& memory_;
  const Names& names_;
  Names places_;  // of values so far
  int depth_;     // loops around
};

// Where a result of the function goes.
std::string Body::result_place(size_t index) const {
  const Value* parameter = depth_ == 0 ? function_.replaced_parameter(function_.results()[index]) : nullptr;
  return parameter != nullptr ? places_.at(parameter) : memory_.results[index];
}

std::string Body::home(const Value* value) const {
  if (const auto found = plan_.in_place.find(value); found != plan_.in_place.end()) return places_.at(found->second);
  if (const auto found = plan_.outputs.find(value); found != plan_.outputs.end()) return result_place(found->second);
  return offset(memory_.arena, plan_.slots.at(value).offset);
}

// "%4 = dot(%x, %fc.weight): f32[3,10]; fc, forward"
std::string Body::heading(const Op& op) const {
  std::vector<std::string> operands;
  for (const Value* operand : op.operands) operands.push_back(names_.at(operand));
  std::string text = fmt::format("{} = {}({}): {}", names_.at(op.result()), mnemonic(op.kind),
                                 fmt::join(operands, ", "), op.type().to_string());
  if (!op.location.layer.empty()) text += fmt::format("; {}, {}", op.location.layer, phase_name(op.location.phase));
  return in_comment(text);
}

void Body::declare(std::string_view name, const Value* value, bool is_written) {
  const char* is_const = is_written ? "" : "const ";
  const std::string_view type = c_type(value->type.dtype);
  c_.line("{}{} *{} = ({}{} *)({});", is_const, type, name, is_const, type, place(value));
}

void Body::declare(const Op& op) {
  for (size_t i = 0; i < op.operands.size(); ++i) {
    const bool is_list = op.kind == OpKind::kConcat;
    declare(is_list ? fmt::format("x{}", i) : std::string(1, static_cast<char>('a' + i)), op.operands[i], false);
  }
  declare("y", op.result(), true);
}

// Of a splat one element is enough where only elementwise ops read it.
bool Body::is_one_number(const Value* value) const {
  if (value->op == nullptr || value->op->kind != OpKind::kConstant || uses_.is_result(value)) return false;
  return value->op->attr<ConstantAttributes>().is_splat() &&
         std::ranges::all_of(uses_.users(value), [](const Op* user) { return has_trait(user->kind, kElementwise); });
}

void Body::write_constant(const Op& op) {
  const auto& [values] = op.attr<ConstantAttributes>();
  const int64_t elements = is_one_number(op.result()) ? 1 : op.type().elements();
  std::vector<std::string> numbers;
  for (int64_t i = 0; i < elements; ++i)
    numbers.push_back(c_number(op.type().dtype, values[values.size() == 1 ? 0 : static_cast<size_t>(i)]));
  const std::string name = fmt::format("constant{}_{}", depth_, places_.size());
  c_.line("/* {} */", heading(op));
  // What is not finite is computed, which nothing static may be.
  const bool is_static = std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
  c_.line("{}const {} {}[{}] = {{{}}};", is_static ? "static " : "", c_type(op.type().dtype), name,
          std::max<int64_t>(elements, 1), elements == 0 ? "0" : fmt::format("{}", fmt::join(numbers, ", ")));
  places_[op.result()] = name;
}

// c_expression() with the only element of what has one.
std::string Body::expression(const Op& op) const {
  std::string text = c_expression(op);
  for (size_t i = 0; i < op.operands.size(); ++i) {
    const std::string element = fmt::format("{}[i]", static_cast<char>('a' + i));
    for (size_t at = 0; is_one_number(op.operands[i]) && (at = text.find(element, at)) != text.npos; ++at)
      text.replace(at, element.size(), fmt::format("{}[0]", static_cast<char>('a' + i)));
  }
  return text;
}

void Body::write(const Op& op) {
  if (op.kind == OpKind::kConstant) return write_constant(op);
  for (const auto& result : op.results) places_[result.get()] = home(result.get());
  c_.line("/* {} */", heading(op));
  if (op.kind == OpKind::kLoop) return write_loop(op);
  if (op.kind == OpKind::kReshape && plan_.shares_operand.contains(op.result())) return;
  c_.block("", [&] {
    declare(op);
    if (CRuleFn* rule = c_rule(op.kind)) return rule(c_, op);
    c_.count("i", op.type().elements(), [&] { c_.line("y[i] = {};", expression(op)); });
  });
}

// Results that are not computed where they belong.
void Body::write_copies() {
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

// A loop's iterations: what is split moves on, what is carried is read where the iteration before wrote it.
class LoopText {
 public:
  LoopText(CWriter& c, const Op& loop, const MemoryPlan::LoopSlot& planned, const std::string& arena, int depth)
      : c_(c), loop_(loop), attributes_(loop.attr<LoopAttributes>()), planned_(planned), depth_(depth) {
    int64_t top = planned.slot.offset;
    for (const size_t i : loop_buffers(loop)) {
      own_[i] = offset(arena, top);
      top += aligned(loop.result(i)->type.bytes());
    }
    memory_.arena = offset(arena, top);
    memory_.results.resize(loop.results.size());
  }

  void write(const std::function<std::string(const Value*)>& place, const Names& names, Names places) {
    c_.block("", [&] {
      declare_sums(place);
      declare_carries(place);
      const std::string t = fmt::format("t{}", depth_);
      c_.count(t, attributes_.count, [&] {
        declare_parts(place, t);
        move_carries(place, t);
        for (size_t i = 0; i < loop_.operands.size(); ++i)
          places[loop_.body->parameters()[i].get()] = parameter_place(i, place);
        Body body(c_, *loop_.body, *planned_.body, memory_, names, std::move(places), depth_ + 1);
        body.write();
        add_sums(place, body);
        for (size_t i = 0; i < attributes_.carry.size(); ++i) c_.line("{} = {};", name("from", i), name("to", i));
      });
      finish(place);
    });
  }

 private:
  using Place = std::function<std::string(const Value*)>;

  std::string name(std::string_view what, size_t i) const { return fmt::format("{}{}_{}", what, depth_, i); }

  void declare_sums(const Place& place) {
    for (size_t i = 0; i < loop_.results.size(); ++i) {
      if (!is_summed(attributes_, i)) continue;
      memory_.results[i] = own_.at(i);
      c_.line("memset({}, 0, {});", place(loop_.result(i)), loop_.result(i)->type.bytes());
    }
  }

  void declare_carries(const Place& place) {
    for (size_t i = 0; i < attributes_.carry.size(); ++i) {
      c_.line("const unsigned char *{} = {};", name("from", i),
              bytes(place(loop_.operands[carried_operand(attributes_, i)]), true));
      c_.line("unsigned char *{};", name("to", i));
    }
  }

  static std::string bytes(const std::string& place, bool is_const) {
    return fmt::format("({}unsigned char *)({})", is_const ? "const " : "", place);
  }

  // What this iteration has of operands that are split, and writes of results that are put together.
  void declare_parts(const Place& place, const std::string& t) {
    const std::string at = attributes_.reverse ? fmt::format("({} - {})", attributes_.count - 1, t) : t;
    for (size_t i = 0; i < loop_.operands.size(); ++i)
      if (is_split(attributes_, i))
        c_.line("const unsigned char *{} = {} + {} * {};", name("part", i), bytes(place(loop_.operands[i]), true), at,
                loop_.body->parameters()[i]->type.bytes());
    for (size_t i = attributes_.carry.size(); i < loop_.results.size(); ++i) {
      if (is_summed(attributes_, i)) continue;
      memory_.results[i] = name("out", i);
      c_.line("unsigned char *{} = {} + {} * {};", name("out", i), bytes(place(loop_.result(i)), false), at,
              loop_.body->results()[i].value->type.bytes());
    }
  }

  // The last iteration is to write the result's own place.
  void move_carries(const Place& place, const std::string& t) {
    for (size_t i = 0; i < attributes_.carry.size(); ++i) {
      memory_.results[i] = name("to", i);
      const std::string last = bytes(place(loop_.result(i)), false);
      if (const auto stacked = stacked_with(loop_, i)) c_.line("{} = {};", name("to", i), name("out", *stacked));
      else if (!own_.contains(i)) c_.line("{} = {};", name("to", i), last);
      else
        c_.line("{} = ({} - {}) % 2 == 1 ? {} : {};", name("to", i), attributes_.count, t, last,
                bytes(own_.at(i), false));
    }
  }

  std::string parameter_place(size_t i, const Place& place) const {
    if (is_whole(attributes_, i)) return place(loop_.operands[i]);
    return is_split(attributes_, i) ? name("part", i) : name("from", last_result(attributes_, i));
  }

  void add_sums(const Place& place, const Body& body) {
    for (size_t i = 0; i < loop_.results.size(); ++i) {
      if (!is_summed(attributes_, i)) continue;
      const Value* part = loop_.body->results()[i].value;
      const std::string_view type = c_type(part->type.dtype);
      c_.block("", [&] {
        c_.line("const {} *a = (const {} *)({});", type, type, body.place(part));
        c_.line("{} *y = ({} *)({});", type, type, place(loop_.result(i)));
        c_.count("i", part->type.elements(), [&] { c_.line("y[i] = ({})(y[i] + a[i]);", type); });
      });
    }
  }

  void finish(const Place& place) {
    for (size_t i = 0; i < attributes_.carry.size(); ++i)
      if (stacked_with(loop_, i))
        c_.line("memcpy({}, {}, {});", place(loop_.result(i)), name("from", i), loop_.result(i)->type.bytes());
  }

  CWriter& c_;
  const Op& loop_;
  const LoopAttributes& attributes_;
  const MemoryPlan::LoopSlot& planned_;
  int depth_;
  std::unordered_map<size_t, std::string> own_;  // buffers of the loop, by result
  CMemory memory_;                               // of the body
};

void Body::write_loop(const Op& loop) {
  LoopText text(c_, loop, plan_.loops.at(&loop), memory_.arena, depth_);
  text.write([this](const Value* value) { return place(value); }, names_, places_);
}

bool has_f64(const Op& op) {
  const auto is_f64 = [](const Value* value) { return value->type.dtype == DType::kF64; };
  return std::ranges::any_of(op.operands, is_f64) || is_f64(op.result());
}

// Doubles are for sums that floats cannot hold; all else is of floats.
bool is_written(const Op& op) {
  if (has_trait(op.kind, kElementwise)) return !c_expression(op).empty();
  const bool adds_or_moves = has_trait(op.kind, kIndexMap | kLeaf) || op.kind == OpKind::kReduceSum ||
                             op.kind == OpKind::kDot || op.kind == OpKind::kLoop;
  return !has_f64(op) || (adds_or_moves && op.kind != OpKind::kRandom);
}

Status check_ops(const Function& function) {
  for (const auto& op : function.ops()) {
    if (op->kind == OpKind::kFused || is_block_loop(*op))
      return fail(function.name(), "has {}, which is for compiled code",
                  op->kind == OpKind::kFused ? "a fused op" : "a loop over blocks");
    if (!is_written(*op)) return fail(function.name(), "has {} of f64, which is not written in C", mnemonic(op->kind));
    if (op->body) MINNOW_TRY(check_ops(*op->body));
  }
  return {};
}

}  // namespace

Status check_c_source(const Function& function) { return check_ops(function); }

std::string c_statements(const Function& function, const MemoryPlan& plan, const CMemory& memory) {
  CWriter c(1);
  const Names names = value_names(function);
  Names places;
  for (size_t i = 0; i < memory.parameters.size(); ++i) places[function.parameters()[i].get()] = memory.parameters[i];
  Body(c, function, plan, memory, names, std::move(places), 0).write();
  return c.take();
}

namespace {

constexpr std::string_view kScalarFunctions =
#include "codegen/c_source/scalar_functions.c.inc"
    ;

// Cut behind each function: they are apart by an empty line.
std::vector<std::string_view> scalar_functions() {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at < kScalarFunctions.size();) {
    const size_t end = std::min(kScalarFunctions.find("\n\n", at), kScalarFunctions.size());
    parts.push_back(kScalarFunctions.substr(at, end - at));
    at = end + 2;
  }
  return parts;
}

// "minnow_exp("
std::string_view call_of(std::string_view function) {
  const size_t begin = function.find("minnow_", function.find("static "));
  return function.substr(begin, function.find('(', begin) + 1 - begin);
}

}  // namespace

// From the last to the first, since each calls earlier ones only.
std::string c_scalar_functions(const std::string& statements) {
  std::string made;
  const std::vector<std::string_view> functions = scalar_functions();
  for (auto function = functions.rbegin(); function != functions.rend(); ++function) {
    const std::string_view call = call_of(*function);
    if (statements.find(call) == statements.npos && made.find(call) == made.npos) continue;
    made = std::string(*function) + (function->ends_with('\n') ? "\n" : "\n\n") + made;
  }
  return made;
}

std::string_view c_passes() {
  return "canonicalize,fold-constants,cse,hoist-from-loops,stabilize-softmax,canonicalize,fold-constants,cse,dce";
}

}  // namespace minnow
