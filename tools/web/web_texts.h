// The files of tools/web/ that make the page of web_page.h, as they are built into the program.
#pragma once

#include <string_view>

namespace minnow {

extern const std::string_view kWebBody, kWebStyle, kWebScript;

}  // namespace minnow
