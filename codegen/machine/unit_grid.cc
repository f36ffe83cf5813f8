#include "codegen/machine/unit_grid.h"

#include <algorithm>

#include "ir/type.h"

namespace minnow {
namespace {

// Boxes as products of ranges, one range for each dimension.
class BoxWalk {
 public:
  BoxWalk(const UnitGrid& grid, size_t dims) : grid_(grid), dims_(dims) {
    for (const int64_t extent : grid.shape) box_.push_back({0, extent});
  }

  std::vector<ByteRange> walk(int64_t begin, int64_t end) {
    visit(0, begin, end);
    return std::move(ranges_);
  }

 private:
  // Boxes [begin, end) of those that the digits from `digit` on count. What lies between a first and a last number that
  // are cut is one product of ranges.
  void visit(size_t digit, int64_t begin, int64_t end) {
    if (begin >= end) return;
    if (digit == grid_.digits.size()) return add(0, 0);
    const auto [dim, chunk] = grid_.digits[digit];
    int64_t below = 1;
    for (size_t i = digit + 1; i < grid_.digits.size(); ++i) below *= count(i);
    int64_t first = begin / below, last = end / below;
    const int64_t head = begin - first * below, tail = end - last * below;
    const auto at = [&](int64_t from, int64_t to, int64_t inner_begin, int64_t inner_end) {
      ByteRange& range = box_[static_cast<size_t>(dim)];
      const ByteRange whole = range;
      range = {from * chunk, std::min(to * chunk, grid_.shape[static_cast<size_t>(dim)])};
      if (inner_end - inner_begin == below) add(0, 0);
      else visit(digit + 1, inner_begin, inner_end);
      range = whole;
    };
    if (first == last) return at(first, first + 1, head, tail);
    if (head > 0) at(first, first + 1, head, below), ++first;
    if (first < last) at(first, last, 0, below);
    if (tail > 0) at(last, last + 1, 0, tail);
  }

  int64_t count(size_t digit) const {
    const auto [dim, chunk] = grid_.digits[digit];
    return ceil_div(grid_.shape[static_cast<size_t>(dim)], chunk);
  }

  // The ranges of the box, whose places in the dimensions before `dim` come to `start`.
  void add(size_t dim, int64_t start) {
    const auto [from, to] = box_[dim];
    const bool is_last = std::all_of(box_.begin() + static_cast<ptrdiff_t>(dim) + 1,
                                     box_.begin() + static_cast<ptrdiff_t>(dims_), [&](const ByteRange& range) {
                                       const auto d = static_cast<size_t>(&range - box_.data());
                                       return range == ByteRange{0, grid_.shape[d]};
                                     });
    int64_t inner = 1;
    for (size_t d = dim + 1; d < dims_; ++d) inner *= grid_.shape[d];
    start = start * grid_.shape[dim];
    if (is_last) return ranges_.push_back({(start + from) * inner, (start + to) * inner});
    for (int64_t i = from; i < to; ++i) add(dim + 1, start + i);
  }

  const UnitGrid& grid_;
  size_t dims_;
  std::vector<ByteRange> box_;
  std::vector<ByteRange> ranges_;
};

}  // namespace

ByteRanges joined(std::vector<ByteRange> ranges) {
  std::ranges::sort(ranges, {}, &ByteRange::begin);
  ByteRanges made;
  for (const ByteRange& range : ranges) {
    if (range.end <= range.begin) continue;
    if (made.empty() || range.begin > made.back().end) made.push_back(range);
    else made.back().end = std::max(made.back().end, range.end);
  }
  return made;
}

int64_t total_bytes(std::span<const ByteRange> ranges) {
  int64_t total = 0;
  for (const ByteRange& range : ranges) total += range.bytes();
  return total;
}

bool UnitGrid::is_sound() const {
  constexpr int64_t kMost = int64_t{1} << 40;
  int64_t total = 1;
  for (const int64_t extent : shape) {
    if (extent < 1 || extent > kMost / total) return false;
    total *= extent;
  }
  std::vector<bool> has_digit(shape.size());
  for (const auto& [dim, chunk] : digits) {
    if (dim < 0 || static_cast<size_t>(dim) >= shape.size() || chunk < 1 || chunk > kMost) return false;
    if (has_digit[static_cast<size_t>(dim)]) return false;
    has_digit[static_cast<size_t>(dim)] = true;
  }
  if (splits < 1 || splits > boxes_together || boxes_together > kMost) return false;
  return shape.empty() ? digits.empty() : boxes() % boxes_together == 0;
}

int64_t UnitGrid::elements() const {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

int64_t UnitGrid::boxes() const {
  int64_t count = 1;
  for (const auto& [dim, chunk] : digits) count *= ceil_div(shape[static_cast<size_t>(dim)], chunk);
  return count;
}

int64_t UnitGrid::first_box(int64_t unit, int64_t units) const {
  const int64_t piece = unit * pieces() / units;
  return piece / splits * boxes_together + piece % splits * boxes_together / splits;
}

UnitGrid grid_of_rows(int64_t extent, int64_t chunk, int64_t inner) { return {{extent, inner}, {{0, chunk}}}; }

ByteRanges elements_of_boxes(const UnitGrid& grid, int64_t begin, int64_t end, size_t dims) {
  return joined(BoxWalk(grid, dims).walk(begin, end));
}

}  // namespace minnow
