// ZIP archives (PKWARE's APPNOTE.TXT 6.3), as .npz files are: members stored or deflated, ZIP64 among them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ir/error.h"
#include "runtime/data/file_bytes.h"

namespace minnow {

struct ZipMember {
  std::string name;
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t checksum = 0;
  int64_t packed_bytes = 0;
  int64_t bytes = 0;
  int64_t header = 0;  // where its own header lies
};

// Whether the bytes begin as those of an archive do.
Result<bool> is_zip(const FileBytes& file);
// The members, as the directory at the end of the file has them.
Result<std::vector<ZipMember>> list_zip(const FileBytes& file);
// The bytes of a member. Reading its last one compares the checksum. What is encrypted, or packed in another way, is an
// error.
Result<std::unique_ptr<ByteStream>> open_member(std::shared_ptr<const FileBytes> file, const ZipMember& member);

}  // namespace minnow
