// Text and bytes made fit to stand in SVG and HTML.
#pragma once

#include <string>
#include <string_view>

namespace minnow {

// Any text, as XML shows it: control characters made visible, <, >, & and " as entities.
std::string markup_escaped(std::string_view text);

// Bytes in 64 letters (RFC 4648).
std::string base64(std::string_view bytes);
// "data:image/png;base64,...", for an image's address.
std::string png_address(std::string_view png);

}  // namespace minnow
