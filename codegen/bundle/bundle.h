// Several functions of one network as an object for C: no heap, no threads, no global state, no library but memcpy and
// memset. docs/embedding.md is the contract with those who call it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codegen/bundle/bundle_layout.h"
#include "ir/error.h"
#include "ir/function.h"

namespace minnow {

// What a bundle's functions return; 0 is success. Told in the header and in docs/embedding.md.
enum class BundleError : uint8_t {
  kNull = 1,
  kMisaligned = 2,
  kNotInitialized = 3,
  kOtherBundle = 4,
  kNoWeights = 5,
  kTooSmall = 6,
  kNoSafetensors = 7,
  kTensor = 8,
  kPosition = 9,
};

struct BundleOptions {
  std::string name = {};              // of the files and, as a C identifier, of the functions
  std::string triple = {}, cpu = {};  // empty: this machine
  bool is_small = false;              // rather than fast
  bool has_weights = true;            // in the object; else they are loaded
  // Values of weights and state; what is missing is zero.
  std::map<std::string, std::span<const std::byte>> tensors = {};
  int32_t seed = 0, step = 0;
  int64_t positions = 0;  // of a text that is generated; 0: any number
  // For people.
  std::string model = {};
  std::vector<std::string> class_names = {};
};

struct Bundle {
  std::vector<std::pair<std::string, std::string>> files;  // name, bytes
  std::vector<std::string> needs;                          // symbols that a linker must find elsewhere
  int64_t code_bytes = 0, constant_bytes = 0;
  int64_t checkpoint_bytes = 0;  // that NAME_save writes
  BundleLayout layout;
};

// Functions have been through the passes. Errors: what the target cannot do, names that C cannot use, kernels that only
// the interpreter runs.
Result<Bundle> make_bundle(std::span<const Function* const> functions, const BundleOptions& options);

// The same as one file of C99, NAME.c, for any machine. Functions have been through c_passes(). Errors also: types that
// are not written in C, see check_c_source().
Result<Bundle> make_c_bundle(std::span<const Function* const> functions, const BundleOptions& options);

// A tensor's values where they stand in the object; nullopt of what begins as zero or is loaded.
std::optional<std::string> values_in_object(const BundleTensor& tensor, const BundleOptions& options);

// Names the functions and their weights' shapes.
uint64_t model_hash(std::span<const Function* const> functions);

}  // namespace minnow
