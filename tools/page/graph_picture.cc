#include "tools/page/graph_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "ir/loop.h"
#include "ir/printable.h"
#include "ir/text.h"

namespace minnow {
namespace {

constexpr double kCharWidth = 6.7;  // of the font, if it is monospaced
constexpr double kPadding = 8;
constexpr size_t kWrap = 34;         // letters
constexpr size_t kLongestLine = 60;  // letters: names from files may be of any length

// "dot + broadcast + add", over several lines if it is long.
void add_ops(const Function& body, std::vector<std::string>& lines) {
  std::string line;
  for (const auto& op : body.ops()) {
    if (op->kind == OpKind::kConstant) continue;
    const std::string next = (line.empty() && lines.size() == 1 ? "" : "+ ") + std::string(mnemonic(op->kind));
    if (!line.empty() && line.size() + next.size() > kWrap) {
      lines.push_back(line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + next;
  }
  lines.push_back(line);
}

std::string head_of(const Op& op) {
  if (op.kind == OpKind::kFused) return fmt::format("fused {}", fusion_kind_name(op.attr<FusedAttributes>().kind));
  std::string head(mnemonic(op.kind));
  for (const Value* operand : op.operands) {
    const bool is_constant = operand->op && operand->op->kind == OpKind::kConstant;
    if (!is_constant || !operand->op->attr<ConstantAttributes>().is_splat()) continue;
    const double value = operand->op->attr<ConstantAttributes>().values[0];
    const DType dtype = operand->type.dtype;
    head += " " + (is_float(dtype) ? fmt::format("{:.6g}", value) : element_text(value, dtype));
  }
  return head;
}

bool is_drawn(const Op& op, const UseMap& uses) {
  const bool is_splat = op.kind == OpKind::kConstant && op.attr<ConstantAttributes>().is_splat();
  return !is_splat || uses.is_result(op.result());
}

class Picture {
 public:
  explicit Picture(const Function& function) : names_(value_names(function)) {
    add_body(function, "");
    for (const FunctionResult& result : function.results()) add_result(result);
    for (const auto& parameter : function.parameters())
      if (!read_.contains(parameter.get())) add_parameter(*parameter);
    name_boxes();
    picture_.size = lay_out(picture_.nodes, picture_.edges);
  }

  GraphPicture take() { return std::move(picture_); }

 private:
  size_t add_box(GraphBox box, std::vector<const Value*> values) {
    size_t longest = 0;
    for (std::string& line : box.lines) {
      line = shortened(printable(line), kLongestLine);
      longest = std::max(longest, letter_count(line));
    }
    picture_.nodes.push_back({static_cast<double>(longest) * kCharWidth + 2 * kPadding,
                              static_cast<double>(box.lines.size()) * kGraphLineHeight + kPadding});
    picture_.boxes.push_back(std::move(box));
    values_.push_back(std::move(values));
    return picture_.boxes.size() - 1;
  }

  size_t add_parameter(const Value& parameter) {
    const std::string type = parameter.type.to_string();
    return add_box({.lines = {parameter.name, type},
                    .hint = fmt::format("{} {} {}", role_name(parameter.role), parameter.name, type)},
                   {&parameter});
  }

  // `repeated` says how often the body runs, "for each of 4 blocks"; it is empty outside of any loop.
  void add_body(const Function& body, const std::string& repeated) {
    const UseMap uses(body);
    for (const auto& op : body.ops()) {
      if (op->kind == OpKind::kLoop) add_loop(*op);
      else if (is_drawn(*op, uses)) add_op(*op, repeated);
    }
  }

  // What the body knows its operands by, and what the loop's results come from, are only names.
  void add_loop(const Op& loop) {
    for (size_t i = 0; i < loop.operands.size(); ++i) add_name(loop.body->parameters()[i].get(), loop.operands[i]);
    const int64_t count = loop.attr<LoopAttributes>().count;
    add_body(*loop.body, is_block_loop(loop) ? fmt::format("for each of {} blocks", count)
                                             : fmt::format("in each of {} iterations", count));
    for (size_t i = 0; i < loop.results.size(); ++i) add_name(loop.result(i), loop.body->results()[i].value);
  }

  void add_name(const Value* name, const Value* value) {
    meant_by_[name] = meant_by(value);
    other_names_[meant_by(value)].push_back(names_.at(name));
  }

  const Value* meant_by(const Value* value) const {
    const auto known = meant_by_.find(value);
    return known == meant_by_.end() ? value : known->second;
  }

  void add_op(const Op& op, const std::string& repeated) {
    const std::vector<size_t> sources = sources_of(op.operands);
    std::vector<const Value*> values;
    std::string results;
    for (const auto& result : op.results) {
      values.push_back(result.get());
      results += (results.empty() ? "" : ", ") + names_.at(result.get());
    }
    GraphBox box;
    box.lines = {fmt::format("{} {}", names_.at(op.result()), head_of(op))};
    if (op.body) add_ops(*op.body, box.lines);
    for (const auto& result : op.results) box.lines.push_back(result->type.to_string());
    if (!op.location.layer.empty()) box.lines.push_back(op.location.layer);
    box.hint = fmt::format("{} = {}, {}", results, mnemonic(op.kind), phase_name(op.location.phase));
    if (!repeated.empty()) box.hint += ", " + repeated;
    box.layer = op.location.layer;
    box.phase = op.location.phase;
    box.is_in_loop = !repeated.empty();
    const size_t node = add_box(std::move(box), std::move(values));
    for (const auto& result : op.results) node_of_[result.get()] = node;
    for (const size_t source : sources) picture_.edges.push_back({source, node});
  }

  void add_result(const FunctionResult& result) {
    const std::vector<size_t> sources = sources_of(std::span(&result.value, 1));
    const std::string name = result.name.empty() ? "result" : result.name;
    const size_t node = add_box({.lines = {name}, .hint = "result " + name}, {});
    for (const size_t source : sources) picture_.edges.push_back({source, node});
  }

  // The boxes that the operands come from, each once. Those of parameters are made here: below nothing and above their
  // reader, which comes next.
  std::vector<size_t> sources_of(std::span<Value* const> operands) {
    std::vector<const Value*> seen;
    std::vector<size_t> sources;
    for (const Value* operand : operands) {
      const Value* value = meant_by(operand);
      if (std::ranges::find(seen, value) != seen.end()) continue;
      seen.push_back(value);
      const auto known = node_of_.find(value);
      if (value->is_parameter()) {
        read_.insert(value);
        sources.push_back(add_parameter(*value));
      } else if (known != node_of_.end() && std::ranges::find(sources, known->second) == sources.end()) {
        sources.push_back(known->second);
      }
    }
    return sources;
  }

  void name_boxes() {
    for (size_t i = 0; i < values_.size(); ++i) {
      std::vector<std::string>& names = picture_.boxes[i].values;
      for (const Value* value : values_[i]) names.push_back(names_.at(value));
      for (const Value* value : values_[i])
        if (const auto others = other_names_.find(value); others != other_names_.end())
          names.insert(names.end(), others->second.begin(), others->second.end());
    }
  }

  const std::unordered_map<const Value*, std::string> names_;
  GraphPicture picture_;
  std::vector<std::vector<const Value*>> values_;            // of each box
  std::unordered_map<const Value*, size_t> node_of_;         // of what ops make
  std::unordered_map<const Value*, const Value*> meant_by_;  // by what is only a name
  std::unordered_map<const Value*, std::vector<std::string>> other_names_;
  std::unordered_set<const Value*> read_;  // parameters
};

}  // namespace

GraphPicture draw_graph(const Function& function) { return Picture(function).take(); }

}  // namespace minnow
