// How much memory there is to be had.
#pragma once

#include <cstdint>
#include <string_view>

namespace minnow {

// Bytes that the system can still give: what is available of the machine's memory, or what the control group, such as
// that of a container, may have.
int64_t available_memory();

// The bytes of a line "MemAvailable:    1234 kB" in the text of /proc/meminfo; -1 if there is none.
int64_t meminfo_bytes(std::string_view text, std::string_view name);

}  // namespace minnow
