// The body of a Loop or a Scan as that of one loop of the IR, which is compiled once however often it goes round.
#pragma once

#include <optional>

#include "frontend/onnx/node_scope.h"

namespace minnow::onnx_ops {

// Of each iteration a part, or from each a part.
struct Parts {
  int64_t axis = 0;
  bool in_reverse = false;
};

struct Iterations {
  int64_t count;
  bool is_counted = false;            // the graph's first inputs are the iteration and whether it goes on: a Loop's
  std::vector<Operand> carried = {};  // before the first
  std::vector<Operand> scanned = {};  // each split along its axis
  std::vector<Parts> scanned_parts = {};
  std::vector<Parts> stacked_parts = {};  // of the results behind those that are carried
};

struct IterationResults {
  std::vector<Operand> carried;
  std::vector<Operand> stacked;
};

// nullopt where the iterations differ in more than numbers: shapes, conditions, what must be known before anything is
// computed, or what is worked out from constants alone. `why` then says what was refused, if anything was.
std::optional<IterationResults> iterate(NodeScope& n, const onnx::GraphProto& graph, Iterations iterations,
                                        std::string* why);

}  // namespace minnow::onnx_ops
