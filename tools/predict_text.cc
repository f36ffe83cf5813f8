#include "tools/predict_text.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "frontend/load/text_data.h"
#include "ir/printable.h"
#include "runtime/data/text.h"
#include "tools/command.h"

namespace minnow {
namespace {

// The tokens of the text that was given, as the network knows them.
Result<std::vector<int32_t>> given_tokens(const std::string& given, const TrainedModel& trained) {
  const spec::Data& data = trained.session->model().model.data();
  if (!is_text(data)) return fail("--text", "is for networks that were trained on a text");
  const spec::Data::Text spec = text_of(data);
  MINNOW_ASSIGN(const std::string text, prepare_text(given, spec, "--text"));
  const std::vector<std::string>& names = trained.class_names;
  MINNOW_ASSIGN(const Tensor tokens, encode_text(text, spec, {names, names.at(0) == "<unk>"}, "--text"));
  const auto values = tokens.as<int32_t>();
  if (values.empty()) return fail("--text", "has no token in it");
  return std::vector<int32_t>(values.begin(), values.end());
}

// What is told of a sequence: at each position the likeliest token.
struct SequenceTold {
  std::vector<std::string> given, predicted, right;  // right of labels that are there
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
  for (const int32_t label : of_example(question.data.labels))
    told.right.push_back(label < 0 ? "·" : class_name(question.class_names, label));
  return told;
}

// Characters end to end, longer tokens with blanks between.
std::string joined(const std::vector<std::string>& tokens, bool keeps_lines = false) {
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
    fmt::print("  predicted  {}\n  right      {}\n", joined(told.predicted), joined(told.right));
  }
}

nlohmann::ordered_json sequences_to_json(const Question& question, const PredictionRows& rows) {
  auto predictions = nlohmann::ordered_json::array();
  for (size_t i = 0; i < rows.size(); ++i) {
    const SequenceTold told = tell_sequence(question, rows[i], i);
    predictions.push_back(
        {{"example", question.titles[i]}, {"given", told.given}, {"predicted", told.predicted}, {"right", told.right}});
  }
  return {{"predictions", std::move(predictions)}};
}

void TextFlags::add(CLI::App& app) {
  auto* given = app.add_option("--text", text, "a text to go on with")->type_name("TEXT");
  app.add_option("--tokens", more.count, "how many tokens to add to it")
      ->check(CLI::Range(1, 1000000))
      ->needs(given)
      ->capture_default_str();
  app.add_option("--temperature", more.temperature, "0 takes the likeliest, 1 draws as the network believes")
      ->check(CLI::Range(0.0, 100.0))
      ->needs(given)
      ->capture_default_str();
}

Result<ExitCode> continue_text(const TextFlags& flags, const TrainedModel& trained, bool json) {
  MINNOW_ASSIGN(std::vector<int32_t> given, given_tokens(*flags.text, trained));
  const auto known = static_cast<int64_t>(given.size());
  ContinueOptions options = flags.more;
  options.seed = static_cast<uint32_t>(trained.session->model().model.training().seed());
  MINNOW_ASSIGN(const std::vector<int32_t> tokens, continue_tokens(*trained.session, std::move(given), options));
  std::vector<std::string> told;
  for (const int32_t token : tokens) told.push_back(class_name(trained.class_names, token));
  if (json) {
    print_json({{"given", std::vector<std::string>(told.begin(), told.begin() + known)},
                {"continued", std::vector<std::string>(told.begin() + known, told.end())}});
  } else {
    fmt::print("{}\n", joined(told, true));
  }
  return ExitCode::kDone;
}

}  // namespace minnow
