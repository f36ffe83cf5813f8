// The files of tools/page/ that make the page of stage_page.h, as they are built into the program.
#pragma once

#include <string_view>

namespace minnow {

extern const std::string_view kPageBody, kPageStyle, kPageScript;

}  // namespace minnow
