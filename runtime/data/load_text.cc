#include "runtime/data/load_text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "frontend/load/text_data.h"
#include "runtime/data/data_roots.h"
#include "runtime/data/file_bytes.h"
#include "runtime/data/text.h"
#include "runtime/file.h"

namespace minnow {
namespace {

using Text = spec::Data::Text;
using SharedTokens = std::shared_ptr<const TokenSequence>;

// Tokens [begin, end) of a sequence, of which windows are cut.
struct Part {
  std::string name;
  SharedTokens tokens;
  MappedFiles files;  // in which they lie
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
      fmt::format("{} {}, {} of them different", part.tokens->size(), unit_of(text.level()), vocabulary.tokens.size());
  dataset.files = part.files;
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

// A text as it lies in its file, or read from it.
struct TextBytes {
  std::string_view bytes() const {
    if (!mapped) return read;
    return {reinterpret_cast<const char*>(mapped->bytes().data()), mapped->bytes().size()};
  }
  std::shared_ptr<const MappedFile> mapped;
  std::string read;
};

Result<TextBytes> open_text(const std::string& path) {
  MINNOW_ASSIGN(const FileBytes file, FileBytes::open(path));
  if (file.size() > kMaxFileBytes) return fail(path, "is {} bytes long; the limit is {}", file.size(), kMaxFileBytes);
  TextBytes text{file.map(), {}};
  if (text.mapped) return text;
  text.read.resize(static_cast<size_t>(file.size()));
  MINNOW_TRY(file.read(0, std::as_writable_bytes(std::span(text.read))));
  return text;
}

struct Encoded {
  SharedTokens tokens;
  MappedFiles files;
  Vocabulary vocabulary;

  // All of them, as a part of that name.
  Part all(std::string name) const { return {std::move(name), tokens, files, 0, tokens->size()}; }
};

// Of a text whose bytes stay as they are.
Result<Encoded> encode_bytes(const TextBytes& source, const ByteCounts& counts, const Text& text,
                             const Vocabulary* known, const std::string& path) {
  const auto count = std::ssize(source.bytes());
  if (count > kMaxElements) return fail(path, "has {} tokens, more than the {} allowed", count, kMaxElements);
  Encoded encoded{{}, {}, known ? *known : make_vocabulary(counts, text)};
  TokenSequence tokens;
  MINNOW_ASSIGN(tokens.numbers, tokens_of_bytes(source.bytes(), counts, text, encoded.vocabulary, path));
  const TensorType type{DType::kU8, {count}};
  if (source.mapped) {
    encoded.files.push_back(source.mapped);
    tokens.values = tensor_in(source.mapped, 0, type);
  } else {
    tokens.values = Tensor::uninitialized(type);
    std::ranges::copy(std::as_bytes(std::span(source.read)), tokens.values.data());
  }
  encoded.tokens = std::make_shared<const TokenSequence>(std::move(tokens));
  return encoded;
}

// By a vocabulary, if there is one already, else by that of the text itself.
Result<Encoded> encode(const std::string& path, const Text& text, const Vocabulary* known = nullptr) {
  MINNOW_ASSIGN(TextBytes source, open_text(path));
  const ByteCounts counts = count_bytes(source.bytes());
  if (!source.bytes().empty() && has_bytes_as_tokens(counts, text))
    return encode_bytes(source, counts, text, known, path);
  if (source.mapped) source.read = source.bytes();
  MINNOW_ASSIGN(const std::string characters, prepare_text(std::move(source.read), text, path));
  Encoded encoded{{}, {}, known ? *known : make_vocabulary(characters, text)};
  MINNOW_ASSIGN(Tensor tokens, encode_text(characters, text, encoded.vocabulary, path));
  encoded.tokens = std::make_shared<const TokenSequence>(TokenSequence{std::move(tokens)});
  return encoded;
}

Result<Encoded> encode_training_text(const Text& text, const DataPlaces& places) {
  MINNOW_ASSIGN(const std::string path, find_file(text, places));
  return encode(path, text);
}

struct TextParts {
  Part train, validation;
};

// A text of its own validates, or the end of the one that there is.
Result<TextParts> split(const Text& text, const Encoded& encoded, const DataPlaces& places) {
  TextParts parts{encoded.all(name_of(text)), encoded.all(name_of(text))};
  if (!text.validation_file().empty()) {
    MINNOW_ASSIGN(const std::string path, find_data_file(text.validation_file(), places));
    MINNOW_ASSIGN(const Encoded other, encode(path, text, &encoded.vocabulary));
    parts.validation = other.all(text.validation_file());
  } else if (text.has_validation_share()) {
    parts.train.end = static_cast<int64_t>(static_cast<double>(parts.train.end) * (1 - text.validation_share()));
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
  MINNOW_ASSIGN(const Encoded encoded, encode_training_text(text, places));
  const int64_t most = std::clamp<int64_t>(encoded.tokens->size() - 1, 1, length);
  return cut(encoded.all(name_of(text)), text, most, encoded.vocabulary, "show");
}

Result<DataSplits> load_text(const spec::Data& data, int64_t length, const DataPlaces& places) {
  const Text text = text_of(data);
  MINNOW_ASSIGN(const Encoded encoded, encode_training_text(text, places));
  const Vocabulary& vocabulary = encoded.vocabulary;
  MINNOW_ASSIGN(TextParts parts, split(text, encoded, places));

  DataSplits splits;
  MINNOW_ASSIGN(splits.train, cut(parts.train, text, length, vocabulary, "train"));
  TokenWindows& windows = *splits.train.windows;
  if (text.random_windows()) {
    windows.draws = data.has_train_examples() ? data.train_examples() : windows.count;
  } else if (data.has_train_examples()) {
    MINNOW_TRY(keep_windows(splits.train, data.train_examples(), "data.train_examples"));
  }
  const bool follows = parts.validation.tokens == encoded.tokens && !text.has_validation_share();
  if (follows) parts.validation.begin = std::min(windows.count * windows.stride, parts.validation.end);
  MINNOW_ASSIGN(splits.validation, cut(parts.validation, text, length, vocabulary, "validate"));
  if (data.has_validation_examples())
    MINNOW_TRY(keep_windows(splits.validation, data.validation_examples(), "data.validation_examples"));
  return splits;
}

}  // namespace minnow
