// Which axis the vectors of a convolution run along where its examples are in no block.
#pragma once

#include "codegen/schedule/choose_contraction.h"

namespace minnow {

ContractionSchedule choose_conv(const Op& op, const Target& target);

}  // namespace minnow
