// The gradient of a maximum of few images, window_pick, with vectors along pixels: of each window is found which of its
// elements is the first largest, then each element adds up what its windows give it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codegen/schedule/pixel_vectors.h"
#include "codegen/target/target.h"
#include "ir/function.h"

namespace minnow {

struct PickingSchedule {
  PixelVectors windows;   // whose places are elements
  PixelVectors elements;  // whose places are windows

  PickingSchedule(const Op& pick, int64_t lanes);

  int64_t planes() const { return windows.planes; }  // of a unit of work: one

  // A vector that is read, and of each lane the number of the element in its window; below 0: there
  // is none.
  struct Reading {
    Places places;
    std::vector<int64_t> numbers;
  };
  // The elements of these windows, in order; in place of those on padding the first of the window.
  std::vector<Reading> elements_of(int64_t vector) const;
  // The windows of these elements, in order: of places in a stride each element is at one.
  std::vector<Reading> windows_of(int64_t vector) const;
  std::string text() const;

 private:
  Reading windows_at(int64_t vector, int64_t first_row, int64_t first_column) const;
};

// Outside of blocks of examples. nullopt: it is none of images whose windows overlap, or is not faster so than with
// vectors along lines.
std::optional<PickingSchedule> choose_picking(const Op& op, const Target& target);

}  // namespace minnow
