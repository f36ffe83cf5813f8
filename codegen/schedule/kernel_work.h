// What one kernel is to do, before any LLVM.
#pragma once

#include <optional>
#include <unordered_set>
#include <vector>

#include "codegen/element/storage.h"
#include "codegen/schedule/choose_contraction.h"
#include "codegen/schedule/choose_window.h"
#include "ir/function.h"
#include "passes/group/kernel_form.h"

namespace minnow {

struct KernelOutput {
  const Value* value;  // a result of one of the kernel's ops, or a value to be copied
  int buffer;
};

// A sum over examples before it is one: a part per partition, at `buffer` + `offset` and every `stride` bytes from
// there, and, if it is `per_lane`, kBlockExamples parts of each element.
struct PartialSums {
  int buffer = -1;
  int64_t offset = 0, stride = 0, partitions = 0;
  bool per_lane = false;
};

// Whether partial sums over examples are kept in a number for each lane. Products of matrices add up whole elements,
// and so do large filters, whose sums would not stay in the cache.
bool sums_lanes_apart(const Op& op);

// One loop nest to be: computes the outputs from values in memory through the ops inside.
struct KernelWork {
  const Op* origin = nullptr;        // the top-level op, nullptr for a copy
  const Op* main = nullptr;          // the reduction, contraction, ... that shapes the nest, if one does
  std::optional<RowShape> row = {};  // of several reductions over the same rows
  std::optional<ContractionSchedule> contraction = {};  // of `main`, if that is one
  std::optional<WindowSchedule> window = {};            // the same of a pooling or its gradient, along pixels
  int scratch = -1;                                     // buffer; -1: what the kernel needs is on the stack
  int64_t scratch_bytes = 0;                            // of one work unit
  int64_t scratch_units = 0;                            // for so many
  int panels = -1;                                      // buffer of `main`'s right operand, packed ahead
  bool packs_panels = false;                            // whether that is all that the kernel does, into its output
  int loop = -1;                                        // block loop that the kernel runs in: its vectors are examples
  int64_t repeats = 1;                                  // iterations of the sequential loops around it
  bool is_kept = false;                  // computes of weights alone what stays in memory for the runs to come
  bool adds = false;                     // outputs, which are in memory, are added to what their buffers hold
  PartialSums sums;                      // what a kernel after a block loop adds up
  std::unordered_set<const Op*> inside;  // ops computed inside
  std::vector<KernelOutput> outputs;     // all of one shape, except in a row kernel
  std::string ops;                       // "dot+add+max"

  // The op whose layer and phase the kernel goes by: that which most of its time goes to. nullptr for a copy.
  const Op* attributed_op() const { return main != nullptr ? main : origin; }
  // How it is divided; empty: as all are.
  std::string schedule_text() const;
};

}  // namespace minnow
