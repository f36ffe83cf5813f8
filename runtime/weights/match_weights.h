// Tensors of a file held against the weights and states of a model: by the names of layers, or, where the file has
// numbers for names as a torch.nn.Sequential has, by order and shape.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/safetensors.h"
#include "runtime/weights/name_table.h"

namespace minnow {

// A tensor as the file has it.
struct FoundTensor {
  std::string name;
  std::string type;  // "bf16[10,84]"
};

struct MatchedWeight {
  std::string name;    // ours
  std::string source;  // the file's, "fc.weight", "in_proj_weight (part 1 of 3)"
  std::string how;     // "f16, transposed"; empty if it is read as it is
  Tensor tensor;       // f32, of the weight's shape
};

struct MissingWeight {
  std::string name;
  Shape shape;
  std::optional<FoundTensor> instead;  // what the file has for it, of another shape
};

struct WeightMatch {
  Naming names = Naming::kMinnow;
  bool by_order = false;
  std::vector<MatchedWeight> matched;
  std::vector<MissingWeight> missing;
  std::vector<FoundTensor> left_over;  // of no use here, nor instead of one that is missing
  std::vector<FoundTensor> ignored;    // counters, and the state of an optimiser
};

// Matches by these names, or by those that the file seems to have. Errors: names that are not told by the file where it
// matters, as of a square matrix that would be transposed; a number that f32 cannot hold, or that is not finite.
Result<WeightMatch> match_weights(const TensorFile& file, const std::string& path, const LoadedModel& loaded,
                                  const LoweredModel& lowered, std::optional<Naming> names);

// An error unless everything matched; `hint` goes with it.
Status check_whole(const WeightMatch& match, const std::string& path, std::string_view hint);

// What became of each tensor, a line for each.
std::string match_table(const WeightMatch& match, const std::string& path);

}  // namespace minnow
