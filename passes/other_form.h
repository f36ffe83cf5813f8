// A tensor in another shape of as many bytes, or with its dimensions in another order, in which it is computed with:
// what follows element by element, or is a sum, takes it in that form, so that it can share a kernel with what made it,
// and only what does otherwise sees the reshape or the transpose.
#pragma once

#include <optional>
#include <vector>

#include "ir/builder.h"

namespace minnow {

struct Form {
  using Dims = std::vector<int64_t>;
  bool (*exists)(const Shape& shape);  // for a tensor of this shape
  Shape (*shape)(const Shape& shape);
  // Where these dimensions are, in order; nullopt: some are a part of one.
  std::optional<Dims> (*dims)(const Dims& dims);
  Dims added;       // of one place each
  Dims order = {};  // of the dimensions, where a transpose makes the form; empty: a reshape does
};

// What becomes `value` from the form, or nullptr.
Value* known_in(const Form& form, const Value* value);
Value* in_form(const Form& form, Value* value, Builder& b);
// Of a value in the form, that of this shape.
Value* from_form(const Form& form, Value* value, const Shape& shape, Builder& b);

// Rules for rewrite(), of an elementwise op and of a reduction.
Value* compute_in(const Form& form, const Op& op, Builder& b);
Value* reduce_in(const Form& form, const Op& op, Builder& b);

}  // namespace minnow
