// What a page learns from, as JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "tools/web/web_page.h"

namespace minnow {

// tools/web/data.js reads it; null where people bring their own.
nlohmann::ordered_json data_json(const WebPage& page);
// Of a text, in bytes, what the page has of it.
int64_t text_bytes(const Dataset& data);
// For sliders: least and greatest value of each element of the first input, which the data of the page have; else null.
nlohmann::ordered_json ranges_json(const WebPage& page);

}  // namespace minnow
