#include "codegen/c_source/c_writer.h"

#include <cmath>
#include <limits>
#include <utility>

#include "ir/printable.h"

namespace minnow {

std::vector<std::string> index_names(std::string_view letter, size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back(fmt::format("{}{}", letter, i));
  return names;
}

std::string affine(std::span<const std::string> names, std::span<const int64_t> factors, int64_t offset) {
  std::string text = offset == 0 ? "" : std::to_string(offset);
  for (size_t i = 0; i < names.size(); ++i) {
    if (factors[i] == 0) continue;
    const bool is_negative = factors[i] < 0;
    if (!text.empty()) text += is_negative ? " - " : " + ";
    else if (is_negative) text += "-";
    const int64_t size = std::abs(factors[i]);
    text += size == 1 ? names[i] : fmt::format("{} * {}", size, names[i]);
  }
  return text.empty() ? "0" : text;
}

std::string_view c_type(DType dtype) {
  switch (dtype) {
    case DType::kF32: return "float";
    case DType::kF64: return "double";
    case DType::kI32: return "int32_t";
    case DType::kU8:
    case DType::kPred: return "uint8_t";
  }
  return "";
}

std::string in_comment(std::string_view text) {
  std::string safe = printable(text);
  for (const auto& [mark, apart] : {std::pair("*/", "* /"), std::pair("/*", "/ *")})
    for (size_t at = 0; (at = safe.find(mark, at)) != safe.npos;) safe.replace(at, 2, apart);
  return safe;
}

std::string c_number(DType dtype, double value) {
  if (!is_float(dtype)) {
    if (value == static_cast<double>(std::numeric_limits<int32_t>::min())) return "(-2147483647 - 1)";
    return std::to_string(static_cast<int64_t>(value));
  }
  if (std::isnan(value)) return "minnow_from_bits(0x7fc00000)";
  if (std::isinf(value)) return value > 0 ? "minnow_from_bits(0x7f800000)" : "-minnow_from_bits(0x7f800000)";
  if (dtype == DType::kF64) return fmt::format("{:.17e}", value);
  std::string text = fmt::format("{}", static_cast<float>(value));
  if (text.find_first_of(".e") == text.npos) text += ".0";
  return text + "f";
}

std::string c_numbers(const std::vector<double>& values, DType dtype) {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    text += i % 12 == 0 ? "\n  " : " ";
    text += c_number(dtype, values[i]) + ",";
  }
  return text;
}

}  // namespace minnow
