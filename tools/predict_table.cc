#include "tools/predict_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ir/printable.h"

namespace minnow {
namespace {

constexpr std::string_view kRight = "right";

// A column of texts under its heading.
class Column {
 public:
  Column(std::string_view heading, const std::vector<std::string>& texts) : heading_(heading) {
    for (const std::string& text : texts) texts_.push_back(printable(text));
    width_ = heading.size();
    for (const std::string& text : texts_) width_ = std::max(width_, letter_count(text));
  }

  // fmt counts the letters of UTF-8 as a terminal does.
  std::string heading() const { return fmt::format("{:{}}", heading_, width_); }
  std::string line(size_t i) const { return fmt::format("{:{}}", texts_[i], width_); }

 private:
  std::string heading_;
  std::vector<std::string> texts_;
  size_t width_ = 0;
};

std::vector<std::string> likeliest(const Question& question, const PredictionRows& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(question.class_names[ranking(row, 1)[0]]);
  return names;
}

std::vector<std::string> right_answers(const Question& question, size_t count) {
  if (!question.labels.empty()) return question.labels;
  std::vector<std::string> answers;
  for (size_t i = 0; i < count; ++i)
    if (const auto target = question.target(i); !target.empty())
      answers.push_back(fmt::format("{:.6g}", fmt::join(target, "  ")));
  return answers;
}

}  // namespace

void print_table(const Question& question, const PredictionRows& rows, const std::string& heading) {
  const bool has_classes = !question.class_names.empty();
  std::vector<Column> columns = {{heading, question.titles}};
  std::vector<std::string> numbers;
  for (const auto& row : rows)
    numbers.push_back(has_classes ? fmt::format("{:>9.2f} %", 100 * row[ranking(row, 1)[0]])
                                  : fmt::format("{:.6g}", fmt::join(row, "  ")));
  if (has_classes) columns.emplace_back("class", likeliest(question, rows));
  columns.emplace_back(has_classes ? "probability" : "outputs", numbers);
  if (const auto answers = right_answers(question, rows.size()); !answers.empty())
    columns.emplace_back(kRight, answers);
  const auto print_line = [&](auto text) {
    std::string line;
    for (const Column& column : columns) line += (line.empty() ? "" : "  ") + text(column);
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  };
  print_line([](const Column& column) { return column.heading(); });
  for (size_t i = 0; i < rows.size(); ++i) print_line([i](const Column& column) { return column.line(i); });
}

}  // namespace minnow
