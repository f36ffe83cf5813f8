// The machine that kernels are emitted for: its processor, how kernels are divided on it, and LLVM's TargetMachine.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "codegen/target/processor.h"
#include "ir/error.h"

namespace llvm {
class TargetMachine;
}

namespace minnow {

// Accumulators of a microkernel: `rows` broadcast operands times `vectors` vector operands, all in registers.
struct TileShape {
  int rows = 1;
  int vectors = 1;

  bool operator==(const TileShape&) const = default;
};

struct RegisterTiles {
  int accumulators = 8;           // vector registers for sums, that leave room for their operands
  TileShape dot = {1, 1};         // MR rows × NR vectors of the right operand
  TileShape dot_narrow = {1, 1};  // the same where one vector spans all columns
  // Output channels × pixels, in blocks of examples; 0 × 0: by the shape, see RowLanesSchedule.
  TileShape conv = {0, 0};

  bool operator==(const RegisterTiles&) const = default;
};

// How kernels use the vector registers and the caches. What they compute does not depend on it, to the bit.
struct ScheduleOptions {
  RegisterTiles tiles;

  // That blocks of operands and of sums are cut for.
  int64_t cache_bytes = 256 << 10;

  // Whether a contraction is divided in another way that sums in the same order, where there is one; see
  // choose_contraction.
  int alternative = 0;

  bool operator==(const ScheduleOptions&) const = default;
};

struct Target {
  std::string triple;    // empty: the host
  std::string cpu;       // as LLVM names it
  std::string features;  // "+avx512f,..."
  Processor processor;
  int lanes = 4;         // f32 elements in one vector
  int accumulators = 4;  // of its own tiles, whatever those tried are: orders of sums depend on it
  bool has_fma = true;   // of f32; else a product is rounded before it is added
  ScheduleOptions schedule;
  int index_bits = 64;  // of addresses, and of what counts loops
  // A kernel's scratch beyond this lies in the arena, though its stack would have room.
  int64_t stack_bytes = std::numeric_limits<int64_t>::max();
  // Whether what makes machine code in the end orders it for the registers. An engine of WebAssembly takes it as it is.
  bool orders_code = true;
  bool has_far_offsets = false;  // an instruction's address may be a sum of two registers and any constant
  bool has_threads = true;       // units of a kernel may run at the same time, each with scratch of its own
};

// The machine we run on, with the caches that it has; or `cpu` of its architecture (empty: its own), with those that
// the table gives that one. It runs here: features that this machine lacks are off, and a cpu of wider vectors is
// refused.
Result<Target> host_target(const std::string& cpu = {});
// Another machine, for object files; an empty triple is that of this one. Without a cpu it is one of what is common:
// RISC-V of 64 bits has multiplication, floats and short instructions (RV64GC), WebAssembly vectors.
Result<Target> named_target(const std::string& triple, const std::string& cpu);

// Tiles that a kernel of some shape may run faster with than with the target's own.
std::vector<RegisterTiles> other_tiles(const Target& target);

Result<std::unique_ptr<llvm::TargetMachine>> make_target_machine(const Target& target, int opt_level);

}  // namespace minnow
