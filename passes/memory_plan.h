// Where every value of a function lives while it runs: one arena, laid out once, so that a step allocates
// nothing.
//
// Values whose live ranges overlap get bytes that do not (arena_layout.h). A standalone reshape has its operand's
// bytes, and the result of an elementwise op or of a fused loop those of an operand that dies there, if it reads that
// operand only at the index it writes. The emitter of such a kernel must load everything it needs of an index before it
// stores there; `shares_operand` tells where.
//
// The parts of a concatenation may lie in its bytes (joined_parts.h).
//
// What an iteration of a sequential loop needs is planned as a buffer that lives as long as the loop's op runs.
//
// A value has one home: `in_place`, `outputs`, `views` or `slots`. Constants and parameters have none of these.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "ir/function.h"
#include "passes/joined_parts.h"

namespace minnow {

inline constexpr int64_t kArenaAlignment = 64;
// Up to where the next buffer may begin.
inline int64_t aligned(int64_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

struct MemoryPlan {
  struct Slot {
    int64_t offset = 0;  // from the arena's beginning, a multiple of kArenaAlignment
    int64_t bytes = 0;
    int first = 0,
        last = 0;  // positions of the op that first writes to it and of the last that reads it, in Function::ops()
  };

  // Of a sequential loop: first the buffers of loop_buffers(), each aligned, then the arena of the body's plan.
  struct LoopSlot {
    Slot slot;
    std::shared_ptr<const MemoryPlan> body;
  };

  int64_t arena_bytes = 0;
  std::unordered_map<const Value*, Slot> slots;
  std::unordered_map<const Op*, LoopSlot> loops;
  // A new weight or state → the parameter whose buffer it is written to directly. No op reads the old value
  // later; the op itself may read it, element by element at the index it writes (loop, elementwise op,
  // epilogue of a contraction: a contraction must therefore not keep partial sums in a result that is in
  // place).
  std::unordered_map<const Value*, const Value*> in_place;
  // Another result of the function → its index in Function::results(), whose buffer the op writes directly.
  std::unordered_map<const Value*, size_t> outputs;
  // A reshape of a parameter → that parameter, which nothing overwrites as long as the reshape is read.
  std::unordered_map<const Value*, const Value*> views;
  // Results of the function to be copied from their value's home to their buffer when all ops have run, in
  // this order: parameters and constants returned as they are, a value returned a second time, and new
  // weights that could not be written in place because an op still needs the old. Those of one list, which have one
  // type, are copied at once: parameters that become each other's new values.
  std::vector<std::vector<size_t>> needs_copy;
  // The results of ops that share an operand's bytes → that operand.
  std::unordered_map<const Value*, const Value*> shares_operand;
  // What lies in the bytes of a concatenation, which has nothing to do then.
  std::unordered_map<const Value*, JoinedPart> parts;

  // Whether its bytes are part of another value's.
  bool is_within(const Value* value) const;
};

// What a sequential loop needs besides what its body's plan has: results that one iteration gives until they are added
// up, and a second buffer for each carried value that has no place in a stacked result.
std::vector<size_t> loop_buffers(const Op& loop);

// Whether nothing is to be done for `op`: the bytes of what it reshapes or puts together are its own.
bool moves_nothing(const MemoryPlan& plan, const Op& op);

// The largest sum, over the function's ops, of the bytes that are live there under `plan`: no arena can be
// smaller.
int64_t peak_live_bytes(const MemoryPlan& plan);

// Whether `op` reads `operand` only elementwise, at the index at which it writes its results.
bool reads_at_written_index(const Op& op, const Value* operand);

}  // namespace minnow
