// What compilation gives: kernels to be run in order, the buffers they read and write, and the machine code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ir/function.h"

namespace minnow {

// Does work units [begin, end) of one kernel. buffers[i] is the address of the kernel's i-th buffer. Units may run
// in any order and at the same time; what a unit computes does not depend on how the units were divided.
using KernelEntry = void (*)(std::byte* const* buffers, int64_t begin, int64_t end);

// One row of the buffer table. Every buffer must be aligned to kBufferAlignment.
struct Buffer {
  enum class Kind : uint8_t { kParameter, kResult, kArena, kConstant };
  Kind kind = Kind::kArena;
  int index = 0;                 // of the parameter or result
  int64_t offset = 0;            // into the arena, in bytes
  int64_t bytes = 0;
  std::vector<std::byte> data;   // kConstant: what it holds
};
inline constexpr int64_t kBufferAlignment = 64;

struct Kernel {
  std::string name;            // symbol: "conv1.conv", "fc.gradient.dot_2"
  KernelEntry entry = nullptr;
  int64_t units = 1;
  int64_t parallel_units = 1;  // units that may run at the same time: `units`, or 1 if splitting does not pay
  std::vector<int> buffers;    // indices into CompiledFunction::buffers
  std::string layer;
  Phase phase = Phase::kForward;
  std::string op;              // the ops inside, for profiles: "dot+broadcast+add+max"
  double flops = 0;
  double bytes = 0;            // read and written at least once
};

class JitCode;  // owns the machine code

struct CompiledFunction {
  CompiledFunction();
  ~CompiledFunction();

  std::string name;
  std::vector<Kernel> kernels;
  std::vector<Buffer> buffers;
  int64_t arena_bytes = 0;     // the plan's, plus scratch of kernels
  std::string llvm_ir;         // before LLVM's passes; with CompileOptions::keep_llvm_ir
  std::string assembly;        // with CompileOptions::keep_assembly
  double compile_milliseconds = 0;
  std::unique_ptr<JitCode> code;
};

}  // namespace minnow
