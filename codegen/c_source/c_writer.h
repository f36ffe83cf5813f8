// Text of C, indented, with loops.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "ir/type.h"

namespace minnow {

class CWriter {
 public:
  explicit CWriter(int depth) : depth_(depth) {}

  template <typename... Args>
  void line(fmt::format_string<Args...> text, Args&&... args) {
    text_ += std::string(static_cast<size_t>(2 * depth_), ' ') + fmt::format(text, std::forward<Args>(args)...) + "\n";
  }
  // What follows is within braces behind the text, until body() has run.
  void block(std::string_view head, const std::function<void()>& body) {
    line("{}{{", head.empty() ? "" : std::string(head) + " ");
    ++depth_;
    body();
    --depth_;
    line("}}");
  }
  // for (int32_t i = 0; i < count; ++i)
  void count(const std::string& i, int64_t count, const std::function<void()>& body) {
    block(fmt::format("for (int32_t {0} = 0; {0} < {1}; ++{0})", i, count), body);
  }
  // A loop for each dimension, of the names.
  void nest(std::span<const std::string> names, std::span<const int64_t> extents, const std::function<void()>& body) {
    if (names.empty()) return body();
    count(names.front(), extents.front(), [&] { nest(names.subspan(1), extents.subspan(1), body); });
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  int depth_;
};

// "i0", "i1", ... for the dimensions of a shape.
std::vector<std::string> index_names(std::string_view letter, size_t count);
// "4 + 28 * i0 - i1", the sum of offset and the names times their factors; "0" for none.
std::string affine(std::span<const std::string> names, std::span<const int64_t> factors, int64_t offset = 0);
std::string_view c_type(DType dtype);  // "float", "int32_t"
// For a comment: without what would end it or its line.
std::string in_comment(std::string_view text);
// Numbers of the type with commas, several to a line of its own.
std::string c_numbers(const std::vector<double>& values, DType dtype);
// As a number of the type: "0.5f", "-3"; of what is not finite, a call.
std::string c_number(DType dtype, double value);

}  // namespace minnow
