// Stages as the data that the page's script reads.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "tools/page/stages.h"

namespace minnow {

// {"layers": names, in order of first appearance, "layer_spellings": the same as they stand in the text,
//  "lines": every line of text that occurs, once,
//  "stages": [{"number", "pass", "summary",
//              "lines": [3 * index of the line + (0 the same as before, 1 removed, 2 added)],
//              "width", "height",
//              "boxes": [{"x", "y", "w", "h", "lines": [indices], "hint": index,
//                         "layer": index or -1, "phase": "forward", ... or "", "blocks": whether in a loop over blocks,
//                         "values": [names]}],
//              "edges": [[from, to, x, y, x, y, ...]]}]}
nlohmann::ordered_json stages_json(const std::vector<Stage>& stages);

}  // namespace minnow
