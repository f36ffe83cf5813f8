// What people are shown: names that come from files, since a terminal obeys control characters and XML forbids them,
// and numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "ir/type.h"

namespace minnow {

// The code point of UTF-8 (RFC 3629) that a text begins with, which is not empty; of no bytes if it begins with none:
// overlong, a surrogate, beyond Unicode, cut off.
struct CodePoint {
  uint32_t value = 0;
  size_t bytes = 0;
};
CodePoint first_code_point(std::string_view text);

// The text with every control character, and every byte that is not part of valid UTF-8, as "\x1b". Line breaks stay
// if `keeps_lines`.
std::string printable(std::string_view text, bool keeps_lines = false);

// How many code points valid UTF-8 has: about the columns it takes.
size_t letter_count(std::string_view text);
// At most `letters` code points; a longer text ends in "…".
std::string shortened(std::string_view text, size_t letters);

// An element of a tensor, with all the digits that tell it from others of its type: whole numbers in full. The sign of
// a NaN says nothing and is left out.
std::string element_text(double element, DType dtype);

// A name made fit to be that of a file or folder of its own, which leads out of none.
std::string fit_for_files(std::string name);
// The name, or one with a number behind it that is not taken yet; taken from now on.
std::string name_apart(const std::string& name, std::set<std::string>& taken);

}  // namespace minnow
