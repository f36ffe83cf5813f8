// A bundle's object for WebAssembly as a module that a browser or Node runs: what a linker does where there is one
// object that needs nothing. It imports its memory and its stack pointer and exports the functions for C.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/error.h"

namespace minnow {

struct WasmModule {
  std::string bytes;
  // At the beginning of the memory: the stack, which grows down to 0, where an overflow traps, and the constants. The
  // rest is the caller's. The memory is the import env.__linear_memory, the number `stack_bytes` goes into the global
  // env.__stack_pointer, a mutable i32.
  int64_t stack_bytes = 0, used_bytes = 0;
};

// An object of wasm32. Formats: the WebAssembly core specification, 5.5; the tool conventions' Linking.md.
Result<WasmModule> link_wasm(std::string_view object);

}  // namespace minnow
