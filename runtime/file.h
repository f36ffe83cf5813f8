// Whole files, in and out. Every failing system call is reported with the path and the reason the system
// gives.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ir/error.h"
#include "runtime/descriptor.h"

namespace minnow {

inline constexpr int64_t kMaxFileBytes = int64_t{1} << 32;

// The bytes of a file, of a pipe, or, as "-", of the standard input. A missing file, a folder, a device, a pipe that
// nobody writes to, or more than `max_bytes` is an error.
Result<std::string> read_file(const std::string& path, int64_t max_bytes = kMaxFileBytes);

// A descriptor to read what read_file takes by, which the caller closes.
Result<int> open_file_or_pipe(const std::string& path);
// What comes out of it to its end, which is an error behind `max_bytes`.
Result<std::string> read_pipe(const Descriptor& pipe, const std::string& path, int64_t max_bytes);

// A descriptor to read a regular file by, which the caller closes. A pipe, which may have no end, or never a writer, is
// an error at once; so are a missing file and a folder.
Result<int> open_regular_file(const std::string& path);

// Replaces `path` by the joined `pieces`, all or nothing: writes a temporary file in the same folder, fsyncs
// it, renames it over `path`, fsyncs the folder. After a kill at any moment `path` is the old file or the new
// one. A device, a pipe or, as "-", the standard output is no file to replace: it is written to, as long as somebody
// reads the pipe.
Status write_file_atomically(const std::string& path, std::span<const std::string_view> pieces);
Status write_file_atomically(const std::string& path, std::string_view bytes);

// A file that grows at its end. Each piece is handed to the system at once, so that a reader, or a kill, finds the file
// cut within the last piece at worst.
class GrowingFile {
 public:
  // A file that is there already is an error.
  static Result<GrowingFile> create(const std::string& path);
  Status append(std::string_view bytes);

 private:
  struct Open;
  explicit GrowingFile(std::shared_ptr<const Open> open) : open_(std::move(open)) {}
  std::shared_ptr<const Open> open_;
};

// Removes the temporary files of writers that were killed; those of other processes that live stay.
void remove_abandoned_files(const std::string& folder);

// Whether there is a folder with something in it. One that cannot be listed is an error.
Result<bool> holds_something(const std::string& folder);

// Makes the folder and those above it, unless it is there.
Status make_folder(const std::string& path);

}  // namespace minnow
