// The machine that kernels are emitted for: vector width, register tiles, and LLVM's TargetMachine.
#pragma once

#include <memory>
#include <string>
#include <vector>

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

// How kernels use the vector registers. What they compute does not depend on it, to the bit.
struct RegisterTiles {
  int accumulators = 8;           // vector registers for sums, that leave room for their operands
  TileShape dot = {1, 1};         // MR rows × NR vectors of the right operand
  TileShape dot_narrow = {1, 1};  // the same where one vector spans all columns
  TileShape conv = {0,
                    0};  // output channels × pixels, in blocks of examples; 0 × 0: by the shape, see RowLanesSchedule

  // Whether a contraction is divided in another way that sums in the same order, where there is one; see
  // choose_contraction.
  int alternative = 0;

  bool operator==(const RegisterTiles&) const = default;
};

struct Target {
  std::string triple;    // empty: the host
  std::string cpu;       // as LLVM names it
  std::string features;  // "+avx512f,..."
  int lanes = 4;         // f32 elements in one vector
  int accumulators = 8;  // of its own tiles
  RegisterTiles tiles;
};

// The machine we run on, or `cpu` of the host's architecture (empty: the host's own).
Result<Target> host_target(const std::string& cpu = {});
// Another machine, for object files.
Result<Target> named_target(const std::string& triple, const std::string& cpu);

// The target's own tiles first, then others that a kernel of some shape may run faster with.
std::vector<RegisterTiles> tile_candidates(const Target& target);

Result<std::unique_ptr<llvm::TargetMachine>> make_target_machine(const Target& target, int opt_level);

}  // namespace minnow
