#include "tools/predict_sequences.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "ir/printable.h"

namespace minnow {
namespace {

// What is told of a sequence: at each position the likeliest token.
struct SequenceTold {
  std::vector<std::string> given, predicted, right;  // right is empty where nobody knows
};

SequenceTold tell_sequence(const Question& question, const std::vector<float>& row, size_t i) {
  const size_t classes = question.class_names.size();
  SequenceTold told;
  const auto of_example = [&](const Tensor& tensor) {
    const auto values = tensor.as<int32_t>();
    const size_t length = values.size() / static_cast<size_t>(question.data.size());
    return values.subspan(i * length, length);
  };
  if (question.data.examples.type().dtype == DType::kI32)
    for (const int32_t token : of_example(question.data.examples))
      told.given.push_back(class_name(question.class_names, token));
  for (size_t at = 0; at < row.size(); at += classes) {
    const auto begin = row.begin() + static_cast<int64_t>(at);
    const auto best = std::max_element(begin, begin + static_cast<int64_t>(classes)) - begin;
    told.predicted.push_back(question.class_names[static_cast<size_t>(best)]);
  }
  if (question.data.has_labels())
    for (const int32_t label : of_example(question.data.labels))
      told.right.push_back(label < 0 ? "·" : class_name(question.class_names, label));
  return told;
}

// Characters end to end, longer tokens with blanks between.
std::string joined(const std::vector<std::string>& tokens) {
  const bool are_characters =
      std::ranges::all_of(tokens, [](const std::string& token) { return letter_count(token) <= 1 || token[0] == '<'; });
  return printable(fmt::format("{}", fmt::join(tokens, are_characters ? "" : " ")));
}

}  // namespace

void print_sequences(const Question& question, const PredictionRows& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const SequenceTold told = tell_sequence(question, rows[i], i);
    fmt::print("{}\n", printable(question.titles[i]));
    if (!told.given.empty()) fmt::print("  given      {}\n", joined(told.given));
    fmt::print("  predicted  {}\n", joined(told.predicted));
    if (!told.right.empty()) fmt::print("  right      {}\n", joined(told.right));
  }
}

nlohmann::ordered_json sequences_to_json(const Question& question, const PredictionRows& rows) {
  auto predictions = nlohmann::ordered_json::array();
  for (size_t i = 0; i < rows.size(); ++i) {
    const SequenceTold told = tell_sequence(question, rows[i], i);
    predictions.push_back({{"example", question.titles[i]}, {"given", told.given}, {"predicted", told.predicted}});
    if (!told.right.empty()) predictions.back()["right"] = told.right;
  }
  return {{"predictions", std::move(predictions)}};
}

}  // namespace minnow
