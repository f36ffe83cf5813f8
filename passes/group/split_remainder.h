// The examples of a batch that make no whole block.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "ir/function.h"
#include "passes/group/outline.h"

namespace minnow {

// Makes a body that works on as many examples work on `examples`. `sums`: its values without examples.
void resize_examples(Function& body, int64_t examples, const std::unordered_set<const Value*>& sums);

// Values of all examples that earlier loops have divided or put together. The next loop takes the parts as they are, so
// that only what is read outside of loops is ever copied into one tensor.
struct DividedExamples {
  Value* whole_blocks;
  Value* rest;
};
using DividedValues = std::unordered_map<const Value*, DividedExamples>;

// A loop whose operands and body still have all examples of the batch is left those before `whole`; the others are done
// by copies of the body's ops behind it, and the results put together or added up. `loop` names what is split and
// summed, `divided` learns of its operands and results. Answers the ops made, which stand right before and behind the
// loop; the graph learns of them.
std::vector<Op*> split_remainder(Function& function, OpGraph& graph, Op& loop, int64_t whole,
                                 const std::unordered_set<const Value*>& sums, DividedValues& divided);

}  // namespace minnow
