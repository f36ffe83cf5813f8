#include "tools/predict_pictures.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/printable.h"

namespace minnow {
namespace {

size_t widest(size_t least, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) least = std::max(least, letter_count(printable(text)));
  return least;
}

// fmt counts the letters of UTF-8 as a terminal does.
void print_classes(const Question& question, const PredictionRows& rows, size_t width) {
  const size_t class_width = widest(std::size("class") - 1, question.class_names);
  fmt::print("{:{}}  {:{}}  probability\n", "picture", width, "class", class_width);
  for (size_t i = 0; i < rows.size(); ++i) {
    const size_t best = ranking(rows[i], 1)[0];
    fmt::print("{:{}}  {:{}}  {:>9.2f} %\n", printable(question.titles[i]), width,
               printable(question.class_names[best]), class_width, 100 * rows[i][best]);
  }
}

}  // namespace

void print_picture_table(const Question& question, const PredictionRows& rows) {
  const size_t width = widest(std::size("picture") - 1, question.titles);
  if (!question.class_names.empty()) return print_classes(question, rows, width);
  fmt::print("{:{}}  outputs\n", "picture", width);
  for (size_t i = 0; i < rows.size(); ++i) {
    fmt::print("{:{}}", printable(question.titles[i]), width);
    for (const float value : rows[i]) fmt::print("  {:.6g}", value);
    fmt::print("\n");
  }
}

}  // namespace minnow
