#include "tools/report/memory_plan_text.h"

#include <fmt/format.h>

#include <unordered_map>

#include "ir/loop.h"
#include "ir/text.h"
#include "passes/plan_memory.h"

namespace minnow {
namespace {

using Names = std::unordered_map<const Value*, std::string>;

std::string home_text(const Function& function, const MemoryPlan& plan, const Names& names, const Value* value) {
  if (const auto found = plan.in_place.find(value); found != plan.in_place.end())
    return "over " + names.at(found->second);
  if (const auto found = plan.outputs.find(value); found != plan.outputs.end()) {
    const std::string& name = function.results()[found->second].name;
    return fmt::format("result {}{}{}", found->second, name.empty() ? "" : " ", name);
  }
  if (const auto found = plan.views.find(value); found != plan.views.end())
    return "bytes of " + names.at(found->second);
  const auto found = plan.slots.find(value);
  if (found == plan.slots.end()) return "a constant";
  const auto& [offset, bytes, first, last] = found->second;
  const auto shared = plan.shares_operand.find(value);
  const auto part = plan.parts.find(value);
  return fmt::format("arena {} to {}, live in ops {} to {}{}{}", offset, offset + bytes, first, last,
                     shared == plan.shares_operand.end() ? "" : ", bytes of " + names.at(shared->second),
                     part == plan.parts.end() ? "" : ", part of " + names.at(part->second.whole));
}

void add_plan(const Function& function, const MemoryPlan& plan, const Names& names, std::string_view title,
              std::string& text) {
  text += fmt::format("{}: arena of {} bytes\n", title, plan.arena_bytes);
  int position = 0;
  for (const auto& op : function.ops()) {
    for (const auto& result : op->results)
      text += fmt::format("  {:3} {} {}: {}\n", position, names.at(result.get()), result->type.to_string(),
                          home_text(function, plan, names, result.get()));
    ++position;
  }
  for (const auto& together : plan.needs_copy)
    for (const size_t index : together)
      text += fmt::format("  copied in the end{}: {} to result {} {}\n", together.size() > 1 ? ", at once" : "",
                          names.at(function.results()[index].value), index, function.results()[index].name);
  for (const auto& op : function.ops())
    if (op->kind == OpKind::kLoop)
      add_plan(*op->body, plan_body(*op), names,
               fmt::format("{} of {}", is_block_loop(*op) ? "a block" : "an iteration", names.at(op->result())), text);
}

}  // namespace

std::string memory_plan_text(const Function& function) {
  std::string text;
  add_plan(function, plan_memory(function), value_names(function), "@" + function.name(), text);
  return text;
}

}  // namespace minnow
