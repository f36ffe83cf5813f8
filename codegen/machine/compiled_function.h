// What compilation gives: kernels to be run in order, the buffers they read and write, and the machine code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codegen/machine/unit_grid.h"
#include "ir/function.h"

namespace minnow {

// Does work units [begin, end) of one kernel. buffers[i] is the address of the kernel's i-th buffer. Units may run
// in any order and at the same time; what a unit computes does not depend on how the units were divided.
using KernelEntry = void (*)(std::byte* const* buffers, int64_t begin, int64_t end);

// How a tensor's elements follow each other: row-major, or in blocks of kBlockExamples examples, of which each has
// dimension 0 innermost: [N/16][C][H][W][16].
enum class Layout : uint8_t { kRowMajor, kExamplesInner };

// One row of the buffer table. Every buffer must be aligned to kBufferAlignment.
struct Buffer {
  enum class Kind : uint8_t {
    kParameter,  // the caller's, number `index`
    kResult,     // the caller's, number `index`
    kArena,      // at `offset` of the arena
    kConstant,   // holds `data`
    // Inside a sequential loop:
    kPart,     // of buffer `index`, the part that the iteration is at
    kCarried,  // where the loop says
    // Inside a block loop:
    kBlock,    // block b of buffer `index`: at b * bytes
    kLocal,    // at `offset` of the running thread's arena
    kPartial,  // at `offset` of the running partition's sums
  };
  Kind kind = Kind::kArena;
  int index = 0;
  int64_t offset = 0;  // in bytes
  int64_t bytes = 0;
  std::vector<std::byte> data;
  Layout layout = Layout::kRowMajor;
};
inline constexpr int64_t kBufferAlignment = 64;

// Kernels [first, last) of a function run one after the other, `count` times. Loops lie within one another, the outer
// ones first in the list.
struct SequentialLoop {
  // What an iteration reads of the one before: buffer `before`, which it writes to `after`. The first reads `initial`.
  // The last writes `last`, and in between that and `other` take turns; or `after` is a part of a result, which the
  // next iteration reads, and the last is copied to `last`, unless that is -1.
  struct Carry {
    int initial = -1, before = -1, after = -1, last = -1, other = -1;
    bool is_part = false;
  };
  size_t first = 0, last = 0;
  size_t inner = 0;  // so many of the loops that follow in the list lie within
  int64_t count = 0;
  bool reverse = false;
  std::vector<int> parts;  // buffers of kind kPart
  std::vector<Carry> carries;
  std::vector<int> sums;  // buffers that are zero when the loop begins
};

// Kernels [first, last) of a function run one after the other for each block of examples, then for the next. Blocks
// are divided into partitions, which threads may run at the same time; every partition adds up sums of its own, so that
// results do not depend on the number of threads.
struct BlockLoop {
  size_t first = 0, last = 0;
  int64_t blocks = 0;
  int64_t partitions = 0;
  int64_t local_bytes = 0;  // arena of a thread
  int sums = -1;            // buffer with the sums of all partitions, zeroed when the loop begins; -1: none
  int64_t sums_bytes = 0;   // of one partition
  bool parallel = true;     // partitions may run at the same time; false if dividing them does not pay
};

// What the arena of a thread holds for any of the loops.
int64_t local_bytes(std::span<const BlockLoop> loops);

// What a kernel does with one of its buffers.
struct BufferUse {
  bool is_read = false;
  bool is_written = false;
  bool is_scratch = false;  // holds nothing before the kernel or after it
  // Written: how many of the first dimensions of the kernel's grid the tensor has. 0: not known.
  size_t grid_dims = 0;
  // Read: it is seen as so many rows, and a unit that writes elements of row i of an output that is seen so reads
  // nothing but row i. 1: a unit may read all of it. There are `parts` such tensors of `bytes`, one every `stride`
  // bytes from `offset` on.
  int64_t rows = 1;
  int64_t parts = 1, offset = 0, stride = 0, bytes = 0;
  bool operator==(const BufferUse&) const = default;
};

struct Kernel {
  std::string name;  // symbol: "conv1.conv", "fc.gradient.dot_2"
  KernelEntry entry = nullptr;
  int64_t units = 1;
  int64_t parallel_units = 1;   // units that may run at the same time: `units`, or 1 if splitting does not pay
  std::vector<int> buffers;     // indices into CompiledFunction::buffers
  std::vector<BufferUse> uses;  // of each of them
  UnitGrid grid;                // where the outputs of the units lie
  std::string layer;
  Phase phase = Phase::kForward;
  std::string op;        // the ops inside, for profiles: "dot+broadcast+add+max"
  std::string schedule;  // of a contraction: how it is divided, and what tuning gained
  std::string value;     // the first that it computes, "%4" or, in a block loop, "%4/%b2"; empty for a copy
  double flops = 0;
  double bytes = 0;      // read and written at least once
  int loop = -1;         // the block loop that runs it; flops and bytes are then of one block
  int64_t repeats = 1;   // iterations of the sequential loops around it, for one of which flops and bytes are
  bool is_kept = false;  // what it computes, of weights alone, no other kernel overwrites: it is there in the next run
};

// What runs of a function should be divided among. Its work alone does not always tell: where it says kOneOrAll, it
// depends on the machine, and on what else that does.
enum class Threads : uint8_t { kOne, kOneOrAll, kAll };

class JitCode;  // owns the machine code

struct CompiledFunction {
  CompiledFunction();
  ~CompiledFunction();

  std::string name;
  std::vector<Kernel> kernels;
  std::vector<Buffer> buffers;
  std::vector<BlockLoop> loops;
  std::vector<SequentialLoop> sequences;
  int64_t arena_bytes = 0;  // the plan's, plus scratch of kernels
  Threads threads = Threads::kOne;
  std::string llvm_ir;   // before LLVM's passes; with CompileOptions::keep_llvm_ir
  std::string assembly;  // with CompileOptions::keep_assembly
  double compile_milliseconds = 0;
  bool is_cached = false;  // the machine code was there already
  std::unique_ptr<JitCode> code;
};

}  // namespace minnow
