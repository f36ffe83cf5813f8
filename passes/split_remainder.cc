#include "passes/split_remainder.h"

#include <algorithm>

#include "ir/builder.h"
#include "ir/map.h"

namespace minnow {
namespace {

void resize_examples(Op& op, int64_t examples) {
  op.result()->type.shape[0] = examples;
  if (auto* conv = std::get_if<ConvAttributes>(&op.attributes); conv && !conv->shape.empty()) conv->shape[0] = examples;
  if (auto* window = std::get_if<WindowAttributes>(&op.attributes); window && !window->shape.empty())
    window->shape[0] = examples;
  if (auto* slice = std::get_if<SliceAttributes>(&op.attributes)) slice->limit[0] = examples;
}

Value* slice_examples(Builder& builder, Value* value, int64_t from, int64_t to) {
  SliceAttributes slice;
  slice.start.assign(value->type.shape.size(), 0);
  slice.limit = value->type.shape;
  slice.stride.assign(value->type.shape.size(), 1);
  slice.start[0] = from;
  slice.limit[0] = to;
  return builder.create(OpKind::kSlice, {value}, std::move(slice));
}

}  // namespace

void resize_examples(Function& body, int64_t examples, const std::unordered_set<const Value*>& sums) {
  for (const auto& op : body.ops())
    if (!sums.contains(op->result())) resize_examples(*op, examples);
}

void split_remainder(Function& function, Op& map, int64_t whole, const std::unordered_set<const Value*>& sums) {
  const auto& attributes = map.attr<MapAttributes>();
  const auto place = std::ranges::find_if(function.ops(), [&](const auto& op) { return op.get() == &map; });
  const auto behind = std::next(place);
  Builder before(function, place);
  Builder after(function, behind);
  std::unordered_map<const Value*, Value*> rest;  // of the body's values
  for (size_t i = 0; i < map.operands.size(); ++i) {
    Value*& operand = map.operands[i];
    Value*& outside = rest[map.body->parameters()[i].get()];
    outside = operand;
    if (!is_split(attributes, i)) continue;
    outside = slice_examples(before, operand, whole, operand->type.dim(0));
    operand = slice_examples(before, operand, 0, whole);
  }
  const int64_t examples = map.operands[static_cast<size_t>(attributes.split[0])]->type.dim(0);
  for (const auto& op : map.body->ops()) {
    std::vector<Value*> operands;
    for (const Value* operand : op->operands) operands.push_back(rest.at(operand));
    auto copy = make_op(op->kind, std::move(operands), op->attributes, {op->type()}, op->location);
    rest[op->result()] = copy->result();
    if (!sums.contains(op->result())) resize_examples(*copy, op->type().dim(0) - examples);
    function.insert(behind, std::move(copy));
  }
  for (size_t i = 0; i < map.results.size(); ++i) {
    Value* result = map.result(i);
    const Value* inner = map.body->results()[i].value;
    after.set_location(inner->op->location);
    const bool is_sum = is_summed(attributes, i);
    if (!is_sum) result->type.shape[0] = whole;
    Value* joined = is_sum ? after.add(result, rest.at(inner)) : after.concat({result, rest.at(inner)}, 0);
    Op* join = joined->op;
    function.replace_uses(result, joined);
    join->operands[0] = result;
  }
}

}  // namespace minnow
