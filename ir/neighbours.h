// An axis made a whole number of times as long: results are weighted sums of elements near by, the same ones for each.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "ir/builder.h"

namespace minnow {

// Of an element at a distance from element i, what it counts in the results i factor to i factor + factor - 1.
struct Neighbour {
  int64_t distance = 0;
  std::vector<double> weights;  // as many as the factor
};

// Element i + distance in the place of element i; beyond the ends the outermost. `b` is a Builder, or appends as one
// does.
template <typename B>
Value* shifted(B& b, Value* x, int64_t dim, int64_t distance) {
  const int64_t size = x->type.dim(dim);
  const int64_t steps = std::min(std::abs(distance), size - 1);
  if (steps == 0) return x;
  const bool is_back = distance < 0;
  Value* edge = b.slice(x, dim, is_back ? 0 : size - 1, is_back ? 1 : size);
  if (steps > 1) {
    Shape kept = edge->type.shape, beyond = kept;
    kept.erase(kept.begin() + dim);
    beyond[static_cast<size_t>(dim)] = steps;
    std::vector<int64_t> dims;
    for (int64_t i = 0; i < std::ssize(beyond); ++i)
      if (i != dim) dims.push_back(i);
    edge = b.broadcast(b.reshape(edge, kept), dims, beyond);
  }
  Value* others = b.slice(x, dim, is_back ? 0 : steps, is_back ? size - steps : size);
  return is_back ? b.concat({edge, others}, dim) : b.concat({others, edge}, dim);
}

// x [..., I, ...] → [..., I, factor, ...] → [..., I factor, ...], f32 unless all weights are 1.
template <typename B>
Value* sum_of_neighbours(B& b, Value* x, int64_t dim, const std::vector<Neighbour>& neighbours) {
  const int64_t factor = std::ssize(neighbours[0].weights);
  Shape result = x->type.shape, copies = result;
  result[static_cast<size_t>(dim)] *= factor;
  copies.insert(copies.begin() + dim + 1, factor);
  std::vector<int64_t> dims;
  for (int64_t i = 0; i < std::ssize(copies); ++i)
    if (i != dim + 1) dims.push_back(i);
  Value* sum = nullptr;
  for (const auto& [distance, weights] : neighbours) {
    Value* term = b.broadcast(shifted(b, x, dim, distance), dims, copies);
    if (std::ranges::any_of(weights, [](double weight) { return weight != 1; })) {
      Value* of_copy = b.constant({DType::kF32, {factor}}, weights);
      term = b.mul(term, b.broadcast(of_copy, {dim + 1}, copies));
    }
    sum = sum == nullptr ? term : b.add(sum, term);
  }
  return b.reshape(sum, result);
}

}  // namespace minnow
