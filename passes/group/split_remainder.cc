#include "passes/group/split_remainder.h"

#include <algorithm>

#include "ir/builder.h"
#include "ir/loop.h"

namespace minnow {
namespace {

void resize_examples(Op& op, int64_t examples) {
  op.result()->type.shape[0] = examples;
  if (auto* conv = std::get_if<ConvAttributes>(&op.attributes); conv && !conv->shape.empty()) conv->shape[0] = examples;
  if (auto* window = std::get_if<WindowAttributes>(&op.attributes); window && !window->shape.empty())
    window->shape[0] = examples;
  if (auto* slice = std::get_if<SliceAttributes>(&op.attributes)) slice->limit[0] = examples;
}

}  // namespace

void resize_examples(Function& body, int64_t examples, const std::unordered_set<const Value*>& sums) {
  for (const auto& op : body.ops())
    if (!sums.contains(op->result())) resize_examples(*op, examples);
}

namespace {

// One use of split_remainder().
class RemainderSplit {
 public:
  RemainderSplit(Function& function, OpGraph& graph, Op& loop, DividedValues& divided)
      : function_(function), graph_(graph), loop_(loop), place_(editable(graph.iterator(&loop))),
        behind_(std::next(place_)), divided_(divided) {}

  std::vector<Op*> run(int64_t whole, const std::unordered_set<const Value*>& sums) {
    const int64_t examples = loop_.operands[static_cast<size_t>(attributes().split[0])]->type.dim(0);
    graph_.uses().remove(&loop_);
    for (size_t i = 0; i < loop_.operands.size(); ++i) split_operand(i, whole);
    graph_.uses().add(&loop_);
    for (const auto& op : loop_.body->ops()) copy(*op, sums.contains(op->result()) ? 0 : examples - whole);
    for (size_t i = 0; i < loop_.results.size(); ++i) join_result(i, whole);
    return std::move(made_);
  }

 private:
  const LoopAttributes& attributes() const { return loop_.attr<LoopAttributes>(); }
  Function::OpList::iterator editable(Function::OpList::const_iterator it) { return function_.ops().erase(it, it); }

  // It stands in front of `before`.
  Value* known(Value* value, Function::OpList::const_iterator before) {
    graph_.add(value->op, std::prev(before));
    made_.push_back(value->op);
    return value;
  }

  void split_operand(size_t i, int64_t whole) {
    Value*& operand = loop_.operands[i];
    Value*& outside = rest_[loop_.body->parameters()[i].get()];
    outside = operand;
    if (!is_split(attributes(), i)) return;
    if (!divided_.contains(operand)) divide(operand, whole);
    const DividedExamples parts = divided_.at(operand);
    outside = parts.rest;
    operand = parts.whole_blocks;
  }

  void divide(Value* value, int64_t whole) {
    Builder builder(function_, place_);
    Value* rest = known(builder.slice(value, 0, whole, value->type.dim(0)), place_);
    divided_[value] = {known(builder.slice(value, 0, 0, whole), place_), rest};
  }

  // `examples`: 0 for an op whose result has none.
  void copy(const Op& op, int64_t examples) {
    std::vector<Value*> operands;
    for (const Value* operand : op.operands) operands.push_back(rest_.at(operand));
    auto copy = make_op(op.kind, std::move(operands), op.attributes, {op.type()}, op.location);
    rest_[op.result()] = copy->result();
    if (examples > 0) resize_examples(*copy, examples);
    known(function_.insert(behind_, std::move(copy))->result(), behind_);
  }

  void join_result(size_t i, int64_t whole) {
    Value* result = loop_.result(i);
    const Value* inner = loop_.body->results()[i].value;
    const bool is_sum = is_summed(attributes(), i);
    if (!is_sum) result->type.shape[0] = whole;
    Builder after(function_, behind_);
    after.set_location(inner->op->location);
    Value* rest = rest_.at(inner);
    Value* joined = is_sum ? after.add(result, rest) : after.concat({result, rest}, 0);
    if (!is_sum) divided_[joined] = {result, rest};
    graph_.replace(function_, result, joined);  // the join is not among the users yet
    known(joined, behind_);
  }

  Function& function_;
  OpGraph& graph_;
  Op& loop_;
  const Function::OpList::iterator place_, behind_;
  DividedValues& divided_;
  std::unordered_map<const Value*, Value*> rest_;  // of the body's values
  std::vector<Op*> made_;
};

}  // namespace

std::vector<Op*> split_remainder(Function& function, OpGraph& graph, Op& loop, int64_t whole,
                                 const std::unordered_set<const Value*>& sums, DividedValues& divided) {
  return RemainderSplit(function, graph, loop, divided).run(whole, sums);
}

}  // namespace minnow
