// Part of a file as it was before it was packed, checked against its CRC-32.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/data/file_bytes.h"

namespace minnow {

// Bytes of a file, which it has; `where` names them in errors.
struct FileRange {
  std::shared_ptr<const FileBytes> file;
  std::string where;
  int64_t offset = 0;
  int64_t bytes = 0;
};

// The bytes as they lie there. Reading the last one compares the checksum.
std::unique_ptr<ByteStream> stored_stream(FileRange range, uint32_t checksum);
// Of deflated ones (RFC 1951), of which `bytes` are made. That there are as many is seen as they are read.
std::unique_ptr<ByteStream> inflated_stream(FileRange packed, int64_t bytes, uint32_t checksum);

// The most bytes that can come out of so many: deflate cannot shrink anything further (zlib.net/zlib_tech.html).
int64_t most_inflated(int64_t packed_bytes);

}  // namespace minnow
