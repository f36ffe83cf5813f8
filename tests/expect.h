// What a test needs, and cannot go on without.
#pragma once

#include <utility>

#include "ir/error.h"

namespace minnow {

template <typename T>
T expect(Result<T> result) {
  MINNOW_CHECK(result.has_value(), "{}", result.error().to_string());
  return *std::move(result);
}

}  // namespace minnow
