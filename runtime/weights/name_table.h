// What other frameworks call a weight, and how its elements lie there: a table for each.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "runtime/weights/arrangement.h"
#include "runtime/weights/layer_view.h"

namespace minnow {

// Whose names and layouts a file has.
enum class Naming : uint8_t { kMinnow, kPyTorch, kKeras };

enum class WeightLayout : uint8_t {
  kSame,
  kTransposed,              // [I,O] as [O,I]
  kNotSquare,               // the same, unless it is square, where nobody could tell it from its transpose
  kChannelsLast,            // filters [O,I,K...] as [K...,I,O]
  kDepthwise,               // filters [C*M,1,K...] of C groups as [K...,C,M]
  kFlattened,               // whose first dimension is a flattened image [C,H,W], as of an image [H,W,C]
  kHeads,                   // [D,heads*width] as [D,heads,width], [heads*width] as [heads,width]
  kHeadsFirst,              // [heads*width,D] as [heads,width,D]
  kGatesSwapped,            // along the last dimension, gates 0 and 1 of 3 in the other order
  kGatesSwappedTransposed,  // so, and transposed
};

// The first row for a weight whose tensors are there counts.
struct NameRow {
  std::string_view kinds;  // of layers, as kind_of says
  std::string_view ours;   // behind the layer's name: "weight"
  // The same in the other framework, the spelling that is written and then others: "kernel vars.0". `{}` is the cell of
  // a recurrent layer, a star any characters; empty if the layer's name is all of it.
  std::string_view theirs;
  WeightLayout layout = WeightLayout::kSame;
  int64_t part = 0, parts = 1;  // of the tensor along dimension 0
  std::string_view added = {};  // another tensor like it, the sum with which is the weight
  bool only_written = false;    // read as zero, and added to the tensor that is written
};

std::span<const NameRow> pytorch_rows();
std::span<const NameRow> keras_rows();

// nullopt where the weight does not have the shape that the layout is for.
std::optional<Arrangement> arrange(WeightLayout layout, const LayerWeight& weight);

}  // namespace minnow
