// The bytes of small data files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace minnow {

inline std::string big_endian(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

// An IDX file of bytes.
inline std::string idx(const std::vector<uint32_t>& shape, const std::string& bytes) {
  std::string text = {0, 0, 8, static_cast<char>(shape.size())};
  for (const uint32_t dim : shape) text += big_endian(dim);
  return text + bytes;
}

// A .npy file of version 1; `shape` as Python writes it inside the brackets: "2, 3".
inline std::string npy(const std::string& descr, const std::string& shape, const std::string& bytes) {
  const std::string dictionary = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }\n";
  const std::string length = {static_cast<char>(dictionary.size()), 0};
  return std::string("\x93NUMPY\1\0", 8) + length + dictionary + bytes;
}

}  // namespace minnow
