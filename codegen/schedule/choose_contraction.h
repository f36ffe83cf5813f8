// Which axis the vectors of a contraction run along.
#pragma once

#include "codegen/target/target.h"
#include "ir/function.h"

namespace minnow {

enum class ContractionWay : uint8_t {
  kElements,  // none of its own: the elements of the result, each summed by itself
  kPanel,     // columns; see PanelSchedule
  kRowLanes,
  kDepthLanes,
};

// In a block of examples, if it is in one, these are innermost in memory.
ContractionWay choose_contraction(const Op& op, const Target& target, bool is_in_block);

}  // namespace minnow
