#include "tools/predict_examples.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "ir/printable.h"
#include "runtime/data/csv_table.h"
#include "runtime/data/npy.h"
#include "runtime/file.h"

namespace minnow {
namespace {

constexpr size_t kNumbersOfALine = 10;
constexpr size_t kMostTargets = 8;  // that are told with the name

std::string bar(float probability) {
  constexpr int kCells = 30;
  std::string text;
  for (int i = 0; i < static_cast<int>(std::lround(probability * kCells)); ++i) text += "█";
  return text;
}

std::string right_answer(const Question& question, size_t i) {
  if (!question.labels.empty()) return printable(question.labels[i]);
  const std::vector<float> target = question.target(i);
  return target.size() > kMostTargets ? "" : fmt::format("{:.6g}", fmt::join(target, ", "));
}

// One number a line, but many of them several.
void print_numbers(const std::vector<float>& numbers) {
  const size_t width = numbers.size() > kNumbersOfALine ? kNumbersOfALine : 1;
  for (size_t begin = 0; begin < numbers.size(); begin += width) {
    const auto line = std::span(numbers).subspan(begin, std::min(width, numbers.size() - begin));
    fmt::print("  {:.6g}\n", fmt::join(line, " "));
  }
}

void print_classes(const Question& question, const std::vector<float>& row, const ExampleText& text, size_t width) {
  for (const size_t at : ranking(row, text.top))
    fmt::print("  {:6.2f} %  {:{}}{}\n", 100 * row[at], printable(question.class_names[at]),
               text.has_bars ? width + 2 : 0, text.has_bars ? bar(row[at]) : "");
}

// A line of cells for the outputs of an example.
std::string csv_heading(const Question& question, size_t outputs) {
  std::string line = "example";
  for (size_t at = 0; at < outputs; ++at)
    line += "," + (question.class_names.empty() ? fmt::format("output {}", at) : csv_cell(question.class_names[at]));
  return line + "\n";
}

}  // namespace

void print_examples(const Question& question, const PredictionRows& rows, const ExampleText& text) {
  size_t width = 0;
  for (const std::string& name : question.class_names) width = std::max(width, letter_count(printable(name)));
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string right = right_answer(question, i);
    fmt::print("{}{}\n", printable(question.titles[i]), right.empty() ? "" : fmt::format(" (is {})", right));
    if (question.class_names.empty()) print_numbers(rows[i]);
    else print_classes(question, rows[i], text, width);
  }
}

nlohmann::ordered_json examples_to_json(const Question& question, const PredictionRows& rows, int64_t top) {
  auto predictions = nlohmann::ordered_json::array();
  for (size_t i = 0; i < rows.size(); ++i) {
    nlohmann::ordered_json object = {{"example", question.titles[i]}};
    if (!question.labels.empty()) object["label"] = question.labels[i];
    if (const std::vector<float> target = question.target(i); !target.empty()) object["target"] = target;
    if (question.class_names.empty()) {
      object["outputs"] = rows[i];
    } else {
      for (const size_t at : ranking(rows[i], top))
        object["classes"].push_back({{"class", question.class_names[at]}, {"probability", rows[i][at]}});
    }
    predictions.push_back(std::move(object));
  }
  return {{"predictions", std::move(predictions)}};
}

bool is_prediction_file(const std::string& path) { return path.ends_with(".csv") || path.ends_with(".npy"); }

Status write_predictions(const std::string& path, const Question& question, const PredictionRows& rows) {
  const size_t outputs = rows.empty() ? 0 : rows[0].size();
  if (path.ends_with(".npy")) {
    Tensor all = Tensor::uninitialized({DType::kF32, {std::ssize(rows), static_cast<int64_t>(outputs)}});
    auto to = all.as<float>().begin();
    for (const std::vector<float>& row : rows) to = std::ranges::copy(row, to).out;
    return write_npy(path, all);
  }
  std::string text = csv_heading(question, outputs);
  for (size_t i = 0; i < rows.size(); ++i)
    text += fmt::format("{},{}\n", csv_cell(question.titles[i]), fmt::join(rows[i], ","));
  return write_file_atomically(path, text);
}

}  // namespace minnow
