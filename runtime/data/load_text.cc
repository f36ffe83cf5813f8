#include "runtime/data/load_text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "frontend/load/text_data.h"
#include "runtime/data/data_roots.h"
#include "runtime/data/text.h"

namespace minnow {
namespace {

using Text = spec::Data::Text;
using SharedTokens = std::shared_ptr<const Tensor>;

// Tokens [begin, end) of a sequence, of which windows are cut.
struct Part {
  std::string name;
  SharedTokens tokens;
  int64_t begin = 0;
  int64_t end = 0;
};

std::string unit_of(Text::Level level) {
  return level == Text::CHAR ? "characters" : level == Text::BYTE ? "bytes" : "words";
}

// Windows in a row, each of which has a next token for its last.
Result<Dataset> cut(const Part& part, const Text& text, int64_t length, const Vocabulary& vocabulary,
                    std::string_view what) {
  const int64_t places = part.end - part.begin - length;
  if (places < 1)
    return fail(part.name, "has {} {} to {} with, but a window of {} and the next one need {}", part.end - part.begin,
                unit_of(text.level()), what, length, length + 1);
  const int64_t stride = text.has_stride() ? text.stride() : length;
  Dataset dataset{part.name, Tensor::zeros({DType::kI32, {0, length}}), Tensor::zeros({DType::kI32, {0, length}}),
                  vocabulary.tokens};
  dataset.read_as =
      fmt::format("{} {}, {} of them different", part.tokens->dim(0), unit_of(text.level()), vocabulary.tokens.size());
  dataset.windows = TokenWindows{part.tokens, part.begin, length, stride, (places - 1) / stride + 1, places, 0};
  return dataset;
}

Status keep_windows(Dataset& dataset, int64_t count, const char* field) {
  if (count > dataset.windows->count)
    return fail_with_hint(
        field, fmt::format("asks for {} examples, but {} has {} windows", count, dataset.name, dataset.windows->count),
        "with data.text.stride=1 one begins at every token");
  dataset.windows->count = count;
  return {};
}

Result<std::string> find_file(const Text& text, const DataPlaces& places) {
  return text.has_named() ? find_named_text_file(text.named(), places) : find_data_file(text.file(), places);
}

std::string name_of(const Text& text) { return text.has_named() ? text.named() : text.file(); }

struct Encoded {
  SharedTokens tokens;
  Vocabulary vocabulary;
};

Result<Encoded> encode(const Text& text, const DataPlaces& places) {
  MINNOW_ASSIGN(const std::string path, find_file(text, places));
  MINNOW_ASSIGN(const std::string characters, read_text(path, text));
  Vocabulary vocabulary = make_vocabulary(characters, text);
  MINNOW_ASSIGN(Tensor tokens, encode_text(characters, text, vocabulary, path));
  return Encoded{std::make_shared<const Tensor>(std::move(tokens)), std::move(vocabulary)};
}

struct TextParts {
  Part train, validation;
};

// A text of its own validates, or the end of the one that there is.
Result<TextParts> split(const Text& text, const SharedTokens& tokens, const Vocabulary& vocabulary,
                        const DataPlaces& places) {
  const std::string name = name_of(text);
  const int64_t count = tokens->dim(0);
  TextParts parts{{name, tokens, 0, count}, {name, tokens, 0, count}};
  if (!text.validation_file().empty()) {
    MINNOW_ASSIGN(const std::string path, find_data_file(text.validation_file(), places));
    MINNOW_ASSIGN(const std::string characters, read_text(path, text));
    MINNOW_ASSIGN(Tensor other, encode_text(characters, text, vocabulary, path));
    const int64_t others = other.dim(0);
    parts.validation = {text.validation_file(), std::make_shared<const Tensor>(std::move(other)), 0, others};
  } else if (text.has_validation_share()) {
    parts.train.end = static_cast<int64_t>(static_cast<double>(count) * (1 - text.validation_share()));
    parts.validation.begin = parts.train.end;
  }
  return parts;
}

}  // namespace

Result<std::string> find_named_text_file(const std::string& name, const DataPlaces& places) {
  const NamedText& text = *find_named_text(name);
  std::vector<std::string> looked_at;
  for (const std::string& root : data_roots(places)) {
    for (const std::string& folder : {root + "/" + name, root + "/text", root}) {
      std::string path = fmt::format("{}/{}", folder, text.file);
      std::error_code error;
      if (std::filesystem::is_regular_file(path, error)) return path;
      looked_at.push_back(std::move(path));
    }
  }
  return fail_with_hint(
      "", fmt::format("text \"{}\" was not found; looked for\n    {}", name, fmt::join(looked_at, "\n    ")),
      fmt::format("`minnow data fetch {}` downloads it; or name the folder that has {} by --data-dir "
                  "or MINNOW_DATA",
                  name, text.file));
}

Result<Dataset> load_whole_text(const spec::Data& data, int64_t length, const DataPlaces& places) {
  const Text text = text_of(data);
  MINNOW_ASSIGN(const Encoded encoded, encode(text, places));
  const int64_t count = encoded.tokens->dim(0);
  const Part all{name_of(text), encoded.tokens, 0, count};
  return cut(all, text, std::clamp<int64_t>(count - 1, 1, length), encoded.vocabulary, "show");
}

Result<DataSplits> load_text(const spec::Data& data, int64_t length, const DataPlaces& places) {
  const Text text = text_of(data);
  MINNOW_ASSIGN(const Encoded encoded, encode(text, places));
  const auto& [tokens, vocabulary] = encoded;
  MINNOW_ASSIGN(TextParts parts, split(text, tokens, vocabulary, places));

  DataSplits splits;
  MINNOW_ASSIGN(splits.train, cut(parts.train, text, length, vocabulary, "train"));
  TokenWindows& windows = *splits.train.windows;
  if (text.random_windows()) {
    windows.draws = data.has_train_examples() ? data.train_examples() : windows.count;
  } else if (data.has_train_examples()) {
    MINNOW_TRY(keep_windows(splits.train, data.train_examples(), "data.train_examples"));
  }
  const bool follows = parts.validation.tokens == tokens && !text.has_validation_share();
  if (follows) parts.validation.begin = windows.count * windows.stride;
  MINNOW_ASSIGN(splits.validation, cut(parts.validation, text, length, vocabulary, "validate"));
  if (data.has_validation_examples())
    MINNOW_TRY(keep_windows(splits.validation, data.validation_examples(), "data.validation_examples"));
  return splits;
}

}  // namespace minnow
