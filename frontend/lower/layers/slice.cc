#include <algorithm>

#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/axis.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

Result<Value*> lower_slice(LayerScope& scope) {
  const spec::Slice& slice = scope.layer().slice();
  MINNOW_ASSIGN(const int64_t dim, input_axis(scope, "axis", slice.axis()));
  const int64_t size = scope.input()->type.dim(dim);
  const auto from_start = [&](int64_t index) { return index < 0 ? index + size : index; };
  const int64_t start = from_start(slice.start());
  const int64_t limit = slice.has_limit() ? from_start(slice.limit()) : size;
  const bool is_start_inside = start >= 0 && start < size;
  if (!is_start_inside || limit > size)
    return scope.complain(is_start_inside ? "limit" : "start",
                          "{} {} lies outside of the {} elements of axis {} of {}{}",
                          is_start_inside ? "limit" : "start", is_start_inside ? slice.limit() : slice.start(), size,
                          slice.axis(), scope.example_shape(), scope.from());
  if (limit <= start)
    return scope.complain("limit", "no element is left of {}{}: it starts at {} and ends before {}",
                          scope.example_shape(), scope.from(), start, limit);
  Value* result = scope.builder().slice(scope.input(), dim, start, limit, std::min(slice.stride(), size));
  MINNOW_TRY(scope.admit_output(result->type.shape));
  return result;
}

Status check_slice_generation(const LayerScope& scope) {
  return goes_along(scope, "axis", scope.layer().slice().axis());
}

}  // namespace

const LayerRule kSliceRule = {.lower = lower_slice, .takes_tokens = true, .check_generation = check_slice_generation};

}  // namespace minnow
