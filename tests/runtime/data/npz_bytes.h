// Files of arrays as NumPy writes them, written without it.
#pragma once

#include <fmt/format.h>
#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace minnow {

struct NpyFile {
  std::string descr = "<f4";
  std::string shape = "(1,)";
  std::string data = {};
  bool is_fortran = false;
  int version = 1;
};

inline std::string little_endian_bytes(uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i, value >>= 8) bytes += static_cast<char>(value);
  return bytes;
}

inline std::string npy_bytes(const NpyFile& file) {
  const std::string header = fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}\n", file.descr,
                                         file.is_fortran ? "True" : "False", file.shape);
  return "\x93NUMPY" + std::string(1, static_cast<char>(file.version)) + '\0' +
         little_endian_bytes(header.size(), file.version == 1 ? 2 : 4) + header + file.data;
}

struct ZipFile {
  std::string name;
  std::string bytes;
  bool is_deflated = false;
  bool has_wide_sizes = false;  // in ZIP64 fields, as those of large files
};

inline std::string deflated(const std::string& bytes) {
  z_stream zlib{};
  deflateInit2(&zlib, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&zlib, bytes.size()) + 16, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  zlib.avail_in = static_cast<uInt>(bytes.size());
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<uInt>(packed.size());
  deflate(&zlib, Z_FINISH);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

// An archive with its directory, of ZIP64 if any member has wide sizes.
inline std::string zip_bytes(const std::vector<ZipFile>& files) {
  std::string archive, directory;
  bool is_wide = false;
  for (const ZipFile& file : files) {
    const std::string packed = file.is_deflated ? deflated(file.bytes) : file.bytes;
    const uLong checksum = crc32_z(0, reinterpret_cast<const Bytef*>(file.bytes.data()), file.bytes.size());
    const std::string kind = little_endian_bytes(0, 2) + little_endian_bytes(file.is_deflated ? 8 : 0, 2) +
                             little_endian_bytes(0, 4) + little_endian_bytes(checksum, 4);
    const auto narrow = [&](uint64_t size) { return little_endian_bytes(file.has_wide_sizes ? ~0ULL : size, 4); };
    const std::string sizes = narrow(packed.size()) + narrow(file.bytes.size());
    std::string wide;
    if (file.has_wide_sizes)
      wide = little_endian_bytes(1, 2) + little_endian_bytes(24, 2) + little_endian_bytes(file.bytes.size(), 8) +
             little_endian_bytes(packed.size(), 8) + little_endian_bytes(archive.size(), 8);
    is_wide |= file.has_wide_sizes;
    directory += "PK\1\2" + little_endian_bytes(20, 2) + little_endian_bytes(20, 2) + kind + sizes +
                 little_endian_bytes(file.name.size(), 2) + little_endian_bytes(wide.size(), 2) +
                 little_endian_bytes(0, 10) + narrow(archive.size()) + file.name + wide;
    archive += "PK\3\4" + little_endian_bytes(20, 2) + kind + sizes + little_endian_bytes(file.name.size(), 2) +
               little_endian_bytes(wide.size(), 2) + file.name + wide + packed;
  }
  const uint64_t begin = archive.size(), count = files.size(), end = begin + directory.size();
  archive += directory;
  if (is_wide)
    archive += "PK\6\6" + little_endian_bytes(44, 8) + little_endian_bytes(45, 2) + little_endian_bytes(45, 2) +
               little_endian_bytes(0, 8) + little_endian_bytes(count, 8) + little_endian_bytes(count, 8) +
               little_endian_bytes(directory.size(), 8) + little_endian_bytes(begin, 8) + "PK\6\7" +
               little_endian_bytes(0, 4) + little_endian_bytes(end, 8) + little_endian_bytes(1, 4);
  const uint64_t told = is_wide ? ~0ULL : count;
  return archive + "PK\5\6" + little_endian_bytes(0, 4) + little_endian_bytes(told, 2) + little_endian_bytes(told, 2) +
         little_endian_bytes(is_wide ? ~0ULL : directory.size(), 4) + little_endian_bytes(is_wide ? ~0ULL : begin, 4) +
         little_endian_bytes(0, 2);
}

}  // namespace minnow
