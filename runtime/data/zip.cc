#include "runtime/data/zip.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "runtime/data/inflate.h"

namespace minnow {
namespace {

constexpr uint32_t kMemberSignature = 0x04034b50;
constexpr uint32_t kEntrySignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr int64_t kMemberHeader = 30, kEntry = 46, kEnd = 22, kEnd64 = 56, kLocator64 = 20;
constexpr int64_t kMostDirectoryBytes = int64_t{64} << 20;
constexpr uint16_t kStored = 0, kDeflated = 8;
constexpr uint16_t kEncrypted = 1;
constexpr uint16_t kZip64Extra = 1;

template <typename T>
T number_at(std::string_view bytes, size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);  // little-endian, as the machine is
  return value;
}

Result<std::string> bytes_at(const FileBytes& file, int64_t offset, int64_t count) {
  if (offset < 0 || count < 0 || offset > file.size() || count > file.size() - offset)
    return fail(file.path(), "is a damaged archive: it names places behind its end");
  std::string bytes(static_cast<size_t>(count), '\0');
  MINNOW_TRY(file.read(offset, std::as_writable_bytes(std::span(bytes))));
  return bytes;
}

struct Directory {
  int64_t offset = 0, bytes = 0;
  uint64_t entries = 0;
};

// The record that takes the place of the other where numbers are beyond 32 bits.
Result<Directory> directory64(const FileBytes& file, int64_t end) {
  MINNOW_ASSIGN(const std::string locator, bytes_at(file, end - kLocator64, kLocator64));
  if (number_at<uint32_t>(locator, 0) != kLocator64Signature)
    return fail(file.path(), "is a damaged archive: its ZIP64 directory is missing");
  MINNOW_ASSIGN(const std::string record, bytes_at(file, number_at<int64_t>(locator, 8), kEnd64));
  if (number_at<uint32_t>(record, 0) != kEnd64Signature)
    return fail(file.path(), "is a damaged archive: its ZIP64 directory is missing");
  return Directory{number_at<int64_t>(record, 48), number_at<int64_t>(record, 40), number_at<uint64_t>(record, 32)};
}

// The last record of the file, behind which only a comment may stand.
Result<Directory> find_directory(const FileBytes& file) {
  constexpr int64_t kMostComment = 65535;
  const int64_t count = std::min(file.size(), kEnd + kMostComment);
  const int64_t offset = file.size() - count;
  MINNOW_ASSIGN(const std::string tail, bytes_at(file, offset, count));
  for (int64_t at = count - kEnd; at >= 0; --at) {
    const auto place = static_cast<size_t>(at);
    if (number_at<uint32_t>(tail, place) != kEndSignature) continue;
    if (at + kEnd + number_at<uint16_t>(tail, place + 20) != count) continue;
    const Directory found{number_at<uint32_t>(tail, place + 16), number_at<uint32_t>(tail, place + 12),
                          number_at<uint16_t>(tail, place + 10)};
    const bool is_small = found.offset != UINT32_MAX && found.bytes != UINT32_MAX && found.entries != UINT16_MAX;
    return is_small ? Result<Directory>(found) : directory64(file, offset + at);
  }
  return fail(file.path(), "is a truncated archive: the directory at its end is missing");
}

// What does not fit into 32 bits stands in a field of its own, in this order.
Status take_wide_numbers(std::string_view extra, ZipMember& member, const FileBytes& file) {
  constexpr size_t kHead = 4;
  while (extra.size() >= kHead) {
    const auto id = number_at<uint16_t>(extra, 0);
    const size_t size = number_at<uint16_t>(extra, 2);
    if (size > extra.size() - kHead) break;
    std::string_view numbers = extra.substr(kHead, size);
    extra.remove_prefix(kHead + size);
    if (id != kZip64Extra) continue;
    for (int64_t* number : {&member.bytes, &member.packed_bytes, &member.header}) {
      if (*number != UINT32_MAX) continue;
      if (numbers.size() < sizeof *number) return fail(file.path(), "is a damaged archive: a size is missing");
      *number = number_at<int64_t>(numbers, 0);
      numbers.remove_prefix(sizeof *number);
    }
    break;
  }
  return {};
}

Status check_size(const ZipMember& member, const FileBytes& file) {
  const int64_t most = member.method == kStored ? member.packed_bytes : most_inflated(member.packed_bytes);
  const bool lies_within = member.packed_bytes >= 0 && member.packed_bytes <= file.size();
  if (lies_within && member.bytes >= 0 && member.bytes <= most) return {};
  return fail(file.path() + ":" + member.name, "claims {} bytes, more than its {} packed ones can hold", member.bytes,
              member.packed_bytes);
}

// Takes one entry off the front of the directory.
Result<ZipMember> take_entry(std::string_view& entries, const FileBytes& file) {
  if (std::ssize(entries) < kEntry || number_at<uint32_t>(entries, 0) != kEntrySignature)
    return fail(file.path(), "is a damaged archive: its directory ends early");
  ZipMember member{.name = {},
                   .flags = number_at<uint16_t>(entries, 8),
                   .method = number_at<uint16_t>(entries, 10),
                   .checksum = number_at<uint32_t>(entries, 16),
                   .packed_bytes = number_at<uint32_t>(entries, 20),
                   .bytes = number_at<uint32_t>(entries, 24),
                   .header = number_at<uint32_t>(entries, 42)};
  const size_t name = number_at<uint16_t>(entries, 28);
  const size_t extra = number_at<uint16_t>(entries, 30), comment = number_at<uint16_t>(entries, 32);
  entries.remove_prefix(kEntry);
  if (entries.size() < name + extra + comment)
    return fail(file.path(), "is a damaged archive: its directory ends early");
  member.name = entries.substr(0, name);
  MINNOW_TRY(take_wide_numbers(entries.substr(name, extra), member, file));
  MINNOW_TRY(check_size(member, file));
  entries.remove_prefix(name + extra + comment);
  return member;
}

}  // namespace

Result<bool> is_zip(const FileBytes& file) {
  std::array<char, 4> bytes{};
  if (file.size() < std::ssize(bytes)) return false;
  MINNOW_TRY(file.read(0, std::as_writable_bytes(std::span(bytes))));
  const auto signature = number_at<uint32_t>({bytes.data(), bytes.size()}, 0);
  return signature == kMemberSignature || signature == kEndSignature;
}

Result<std::vector<ZipMember>> list_zip(const FileBytes& file) {
  MINNOW_ASSIGN(const Directory directory, find_directory(file));
  if (directory.bytes > kMostDirectoryBytes)
    return fail(file.path(), "has a directory of {} bytes; the limit is {}", directory.bytes, kMostDirectoryBytes);
  MINNOW_ASSIGN(const std::string bytes, bytes_at(file, directory.offset, directory.bytes));
  std::vector<ZipMember> members;
  std::string_view entries = bytes;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    MINNOW_ASSIGN(ZipMember member, take_entry(entries, file));
    members.push_back(std::move(member));
  }
  return members;
}

Result<std::unique_ptr<ByteStream>> open_member(std::shared_ptr<const FileBytes> file, const ZipMember& member) {
  const std::string where = file->path() + ":" + member.name;
  if ((member.flags & kEncrypted) != 0) return fail(where, "is encrypted");
  if (member.method != kStored && member.method != kDeflated)
    return fail(where, "is packed by method {}; read are stored (0) and deflated (8)", member.method);
  MINNOW_ASSIGN(const std::string header, bytes_at(*file, member.header, kMemberHeader));
  if (number_at<uint32_t>(header, 0) != kMemberSignature)
    return fail(file->path(), "is a damaged archive: {} does not lie where its directory says", member.name);
  const int64_t offset =
      member.header + kMemberHeader + number_at<uint16_t>(header, 26) + number_at<uint16_t>(header, 28);
  if (offset > file->size() || member.packed_bytes > file->size() - offset)
    return fail(where, "is truncated: the archive ends before it does");
  const FileRange packed{std::move(file), where, offset, member.packed_bytes};
  return member.method == kStored ? stored_stream(packed, member.checksum)
                                  : inflated_stream(packed, member.bytes, member.checksum);
}

}  // namespace minnow
