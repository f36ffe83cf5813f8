// Files that people write, or programs for them: models, experiments, IR.
#pragma once

#include <string>
#include <string_view>

#include "ir/error.h"

namespace minnow {

inline constexpr int64_t kMaxModelBytes = int64_t{64} << 20;

// "-" stands for the standard input wherever a file is read, and for the standard output wherever one is written.
inline bool is_stdin(std::string_view path) { return path == "-"; }
// The file as messages name it: "<stdin>".
std::string shown_path(const std::string& path);

// The bytes of a file, a pipe or the standard input; `kind` is what it should hold, such as "model". What can be read
// but once is kept, so that it may be asked for again. Refused, with the place: no such file, a folder, an empty file,
// more than kMaxModelBytes.
Result<std::string> read_bytes(const std::string& path, std::string_view kind);

}  // namespace minnow
