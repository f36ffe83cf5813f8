// What an op knows besides its operands: a small struct per kind of op, printed as `{name = value, ...}`.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "ir/type.h"

namespace minnow {

// A NaN is itself, and 0 is not -0.
inline bool same_bits(double a, double b) { return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b); }

struct NoAttributes {
  bool operator==(const NoAttributes&) const = default;
};

// A splat (one value) or one value per element, row-major. Kept in double, which holds every dtype exactly.
struct ConstantAttributes {
  std::vector<double> values;
  bool is_splat() const { return values.size() == 1; }
  bool operator==(const ConstantAttributes& other) const { return std::ranges::equal(values, other.values, same_bits); }
};

struct DimAttributes {
  int64_t dim = 0;
  bool operator==(const DimAttributes&) const = default;
};

struct DimsAttributes {
  std::vector<int64_t> dims;
  bool operator==(const DimsAttributes&) const = default;
};

struct SortAttributes {
  int64_t dim = 0;
  bool descending = false;
  bool operator==(const SortAttributes&) const = default;
};

// The transpose of a gather along `dim` from a table that has `size` elements there.
struct ScatterAttributes {
  int64_t dim = 0;
  int64_t size = 0;
  bool operator==(const ScatterAttributes&) const = default;
};

// Which sequence of uniform numbers; the operands are i32[] seed and i32[] step.
struct RandomAttributes {
  int64_t stream = 0;
  bool operator==(const RandomAttributes&) const = default;
};

// Elements start, start + stride, ... below limit, per dimension.
struct SliceAttributes {
  std::vector<int64_t> start, limit, stride;
  bool operator==(const SliceAttributes&) const = default;
};

// `low` elements before, `high` after, `interior` between neighbours, all of `value`; low and high may not be negative.
struct PadAttributes {
  std::vector<int64_t> low, high, interior;
  double value = 0;
  bool operator==(const PadAttributes& other) const {
    return low == other.low && high == other.high && interior == other.interior && same_bits(value, other.value);
  }
};

// Dimension contract[0] of the first operand and contract[1] of the second are summed over; the first `batch`
// dimensions of both stay apart.
struct DotAttributes {
  std::array<int64_t, 2> contract = {1, 0};
  int64_t batch = 0;
  bool operator==(const DotAttributes&) const = default;
};

// Of an op over d dimensions of space, d in [1, 3]: a number for each, and in `pad` two, {before, after}: in an image
// {top, bottom, left, right}. A list left empty has its default for all of them, 1 or no padding; an op has its lists
// in full. `shape` is the result of conv_input and conv_filter, empty for conv.
struct ConvAttributes {
  std::vector<int64_t> stride = {};
  std::vector<int64_t> pad = {};
  std::vector<int64_t> dilation = {};
  int64_t groups = 1;
  Shape shape = {};
  bool operator==(const ConvAttributes&) const = default;
};

// Lists as in ConvAttributes. `shape` is the result of window_spread, empty for the others.
struct WindowAttributes {
  std::vector<int64_t> window = {};
  std::vector<int64_t> stride = {};
  std::vector<int64_t> pad = {};
  Shape shape = {};
  bool operator==(const WindowAttributes&) const = default;
};

// How a fused kernel's loop nest is shaped: kLoop, one loop over the result's elements; kRow, a pass per row with
// reductions inside the row; kContraction, a dot, a convolution or the gradient of a pooling with what follows it.
enum class FusionKind : uint8_t { kLoop, kRow, kContraction };
std::string_view fusion_kind_name(FusionKind kind);  // "loop", "row", "contraction"

struct FusedAttributes {
  FusionKind kind = FusionKind::kLoop;
  bool operator==(const FusedAttributes&) const = default;
};

// What a loop's operands are to its iterations: positions of those that are cut into `count` parts and of those that
// are carried from one to the next; positions of the results that are added up. See ops.def.
struct LoopAttributes {
  int64_t count = 0;
  std::vector<int64_t> split, carry, sum;
  bool reverse = false;
  bool recompute = false;
  int64_t block = 0;  // examples of each part, 0 if the loop is not one over blocks of examples
  bool operator==(const LoopAttributes&) const = default;
};

using Attributes = std::variant<NoAttributes, ConstantAttributes, DimAttributes, DimsAttributes, SortAttributes,
                                ScatterAttributes, RandomAttributes, SliceAttributes, PadAttributes, DotAttributes,
                                ConvAttributes, WindowAttributes, FusedAttributes, LoopAttributes>;

// Fills the empty lists of ConvAttributes and WindowAttributes with their defaults for `dims` dimensions of space;
// leaves other attributes as they are.
void fill_in_defaults(Attributes& attributes, size_t dims);

}  // namespace minnow
