// What is fuzzed: everything that reads bytes from outside. A target takes any bytes and must come back; a broken
// invariant, a sanitizer's complaint or an exception is a bug of ours.
#pragma once

#include <ostream>
#include <span>
#include <string_view>

namespace minnow::testing {

struct FuzzTarget {
  std::string_view name;  // its corpus is tests/fuzz/corpus/NAME/
  void (*run)(std::string_view bytes);

  friend void PrintTo(const FuzzTarget& target, std::ostream* out) { *out << target.name; }
};

// In the order of their names.
std::span<const FuzzTarget> fuzz_targets();
// nullptr if there is none of this name.
const FuzzTarget* find_fuzz_target(std::string_view name);

void fuzz_binary_model(std::string_view bytes);
void fuzz_cache(std::string_view bytes);
void fuzz_checkpoint(std::string_view bytes);
void fuzz_csv(std::string_view bytes);
void fuzz_experiment(std::string_view bytes);
void fuzz_idx(std::string_view bytes);
void fuzz_ir(std::string_view bytes);
void fuzz_npy(std::string_view bytes);
void fuzz_onnx(std::string_view bytes);
void fuzz_png(std::string_view bytes);
void fuzz_text(std::string_view bytes);
void fuzz_text_model(std::string_view bytes);

}  // namespace minnow::testing
