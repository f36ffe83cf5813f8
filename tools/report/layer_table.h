// A network as a table, for text and for HTML.
#pragma once

#include <string>
#include <vector>

#include "frontend/lower/lower_model.h"

namespace minnow {

// 61706 → "61,706"
std::string grouped(int64_t number);

// Layer, kind, output, weights and MFLOP of one example's forward pass: the names of the columns, a row for each layer,
// and the total; of that, what is trained, if some weights are frozen.
std::vector<std::vector<std::string>> layer_table(const LoweredModel& lowered);

}  // namespace minnow
