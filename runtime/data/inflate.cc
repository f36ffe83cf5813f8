#include "runtime/data/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace minnow {
namespace {

constexpr int64_t kMaxDeflateRatio = 1032;
constexpr int64_t kPiece = int64_t{1} << 18;

// What both kinds have in common: how many bytes there are, and that they agree with the checksum.
class CheckedStream : public ByteStream {
 public:
  CheckedStream(std::string where, int64_t bytes, uint32_t checksum)
      : where_(std::move(where)), bytes_(bytes), wanted_checksum_(checksum) {}

  Result<int64_t> read(std::span<std::byte> to) override {
    const int64_t count = std::min(std::ssize(to), bytes_ - at_);
    const std::span<std::byte> wanted = to.first(static_cast<size_t>(count));
    MINNOW_TRY(fill(wanted));
    checksum_ = crc32_z(checksum_, reinterpret_cast<const Bytef*>(wanted.data()), wanted.size());
    at_ += count;
    if (at_ == bytes_ && checksum_ != wanted_checksum_)
      return fail(where_, "is damaged: its checksum is {:08x}, but {:08x} was written", checksum_, wanted_checksum_);
    return count;
  }
  int64_t size() const override { return bytes_; }

 protected:
  virtual Status fill(std::span<std::byte> to) = 0;

  const std::string where_;
  const int64_t bytes_;
  int64_t at_ = 0;

 private:
  const uint32_t wanted_checksum_;
  uLong checksum_ = 0;
};

class Stored : public CheckedStream {
 public:
  Stored(FileRange range, uint32_t checksum)
      : CheckedStream(range.where, range.bytes, checksum), range_(std::move(range)) {}

 protected:
  Status fill(std::span<std::byte> to) override { return range_.file->read(range_.offset + at_, to); }

 private:
  const FileRange range_;
};

class Inflated : public CheckedStream {
 public:
  Inflated(FileRange packed, int64_t bytes, uint32_t checksum)
      : CheckedStream(packed.where, bytes, checksum), packed_(std::move(packed)) {
    constexpr int kWithoutHeader = -MAX_WBITS;
    MINNOW_CHECK(inflateInit2(&zlib_, kWithoutHeader) == Z_OK, "zlib cannot begin");
  }
  ~Inflated() override { inflateEnd(&zlib_); }
  Inflated(const Inflated&) = delete;
  Inflated& operator=(const Inflated&) = delete;

 protected:
  Status fill(std::span<std::byte> to) override {
    while (!to.empty()) {
      if (zlib_.avail_in == 0) MINNOW_TRY(read_piece());
      const size_t room = std::min<size_t>(to.size(), kPiece);
      zlib_.next_out = reinterpret_cast<Bytef*>(to.data());
      zlib_.avail_out = static_cast<uInt>(room);
      const int code = inflate(&zlib_, Z_NO_FLUSH);
      to = to.subspan(room - zlib_.avail_out);
      if (code == Z_STREAM_END && !to.empty())
        return fail(where_, "is damaged: fewer than the {} bytes that it claims are packed in it", bytes_);
      if (code != Z_OK && code != Z_STREAM_END)
        return fail(where_, "cannot decompress: {}", zlib_.msg == nullptr ? "it ends early" : zlib_.msg);
    }
    return {};
  }

 private:
  Status read_piece() {
    const int64_t count = std::min(kPiece, packed_.bytes - taken_);
    piece_.resize(static_cast<size_t>(count));
    MINNOW_TRY(packed_.file->read(packed_.offset + taken_, piece_));
    taken_ += count;
    zlib_.next_in = reinterpret_cast<Bytef*>(piece_.data());
    zlib_.avail_in = static_cast<uInt>(count);
    return {};
  }

  const FileRange packed_;
  z_stream zlib_{};
  std::vector<std::byte> piece_;
  int64_t taken_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> stored_stream(FileRange range, uint32_t checksum) {
  return std::make_unique<Stored>(std::move(range), checksum);
}

std::unique_ptr<ByteStream> inflated_stream(FileRange packed, int64_t bytes, uint32_t checksum) {
  return std::make_unique<Inflated>(std::move(packed), bytes, checksum);
}

int64_t most_inflated(int64_t packed_bytes) {
  if (packed_bytes < 0 || packed_bytes > std::numeric_limits<int64_t>::max() / kMaxDeflateRatio)
    return std::numeric_limits<int64_t>::max();
  return packed_bytes * kMaxDeflateRatio;
}

}  // namespace minnow
