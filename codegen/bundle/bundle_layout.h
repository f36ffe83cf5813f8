// What a bundle's functions take, and where everything lies in the memory that the caller lends them: a header, the
// tensors that stay from call to call, and behind them a room that every call uses anew.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ir/error.h"
#include "ir/function.h"

namespace minnow {

// The version of all that docs/embedding.md says of calls and memory. It is another when an old caller would fail.
inline constexpr uint32_t kBundleAbi = 1;
inline constexpr uint32_t kBundleMagic = 0x574E4E4D;  // "MNNW"
inline constexpr int64_t kBundleAlignment = 64;

// Bytes at the beginning of the memory, by their offsets. All are numbers of 32 bits.
struct BundleHeader {
  static constexpr int64_t kMagic = 0, kAbi = 4, kModel = 8;  // kModel: of 64 bits, in two
  static constexpr int64_t kSeed = 16, kStep = 20, kPosition = 24, kLearningRate = 28;
  static constexpr int64_t kIsLoaded = 32;  // whether there are weights
  static constexpr int64_t kBytes = 64;
};

// An argument of an entry behind `memory`, in order.
struct EntryArgument {
  // kLoss is where a result, an f32, goes unless that is NULL; kLearningRate comes by value.
  enum class Kind : uint8_t { kInput, kOutput, kLearningRate, kLoss };
  Kind kind = Kind::kInput;
  int index = 0;     // of the function's parameter or result
  std::string name;  // in C
  TensorType type;
};

struct BundleEntry {
  std::string name;  // "infer": NAME_infer; unlike all others of the bundle
  const Function* function = nullptr;
  std::vector<EntryArgument> arguments;
  bool counts_steps = false;      // a call is a step of training
  bool counts_positions = false;  // a call goes one position on
  // Of this function alone, from kernels' calls to the next: bytes behind the tensors.
  int64_t work_bytes = 0;
  std::vector<int64_t> results;  // by result: where in these bytes, for those that no argument takes; else -1
};

// A weight or state.
struct BundleTensor {
  std::string name;
  TensorType type;
  Role role = Role::kWeight;
  int64_t offset = 0;         // in the memory; -1: it is only read, and a constant of the object
  bool is_optimizer = false;  // state that only training has
  bool is_memory = false;     // state that only a text has that is being generated
};

struct BundleLayout {
  std::vector<BundleEntry> entries;
  std::vector<BundleTensor> tensors;
  int64_t work_offset = 0;
  int64_t memory_bytes = 0;

  const BundleTensor* find(std::string_view name) const;
  // Whether there is anything to save: tensors in the memory, those of a text apart.
  bool can_save() const;
  std::vector<const BundleTensor*> saved() const;
};

// Entries and tensors of functions, which have distinct names; offsets still to be found. With `in_code`, weights
// that no function changes are constants. Two functions that take one tensor in different types are an error.
Result<BundleLayout> bundle_layout(std::span<const Function* const> functions, bool in_code);

// Places everything: entry i needs `arena_bytes[i]` for its kernels.
void place_memory(BundleLayout& layout, std::span<const int64_t> arena_bytes);

// Where in the header a function's parameter lies that is no tensor and no argument: the seed, the step, the position
// or the learning rate.
int64_t header_offset(const Value& parameter);

// Memory and files have sizes of 31 bits.
Status check_size(int64_t bytes);

// Whether C takes it as a name of ours.
bool is_c_identifier(std::string_view name);
// "conv1.weight" → "conv1_weight".
std::string c_identifier(std::string_view text);
// Of letters that C's names have.
std::string upper(std::string text);

}  // namespace minnow
