#include "runtime/data/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "ir/printable.h"
#include "runtime/data/gzip_file.h"
#include "runtime/file.h"

namespace minnow {
namespace {

using Text = spec::Data::Text;

constexpr std::string_view kUnknown = "<unk>";
constexpr int kBytes = 256;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int64_t line_at(std::string_view text, size_t offset) { return 1 + std::ranges::count(text.substr(0, offset), '\n'); }

Status check_utf8(std::string_view text, const std::string& path) {
  constexpr std::string_view kHint = "`level: BYTE` takes any file";
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '\0')
      return fail_with_hint(path, fmt::format("is no text: byte {} is zero", at), std::string(kHint));
    const size_t count = first_code_point(text.substr(at)).bytes;
    if (count == 0)
      return fail_with_hint(fmt::format("{}:{}", path, line_at(text, at)),
                            fmt::format("is not UTF-8: byte {} is 0x{:02x}", at, static_cast<unsigned char>(text[at])),
                            std::string(kHint));
    at += count;
  }
  return {};
}

// Whatever lies between letters becomes one blank.
std::string letters_of(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (is_letter(c)) kept += c;
    else if (kept.empty() || kept.back() != ' ') kept += ' ';
  }
  return kept;
}

// Calls `take` with each token and where it begins.
template <typename Take>
void for_each_token(std::string_view text, Text::Level level, const Take& take) {
  for (size_t at = 0; at < text.size();) {
    if (level == Text::WORD && is_blank(text[at])) {
      ++at;
      continue;
    }
    size_t end = at + 1;
    if (level == Text::CHAR) end = at + std::max<size_t>(first_code_point(text.substr(at)).bytes, 1);
    if (level == Text::WORD)
      while (end < text.size() && !is_blank(text[end])) ++end;
    take(text.substr(at, end - at), at);
    at = end;
  }
}

// "a", or "<0x0A>" of what no letter or sign of ASCII stands for.
std::string name_of_byte(int byte) {
  return byte >= 0x20 && byte < 0x7F ? std::string(1, static_cast<char>(byte)) : fmt::format("<0x{:02X}>", byte);
}

Vocabulary bytes_vocabulary() {
  Vocabulary vocabulary;
  for (int byte = 0; byte < kBytes; ++byte) vocabulary.tokens.push_back(name_of_byte(byte));
  return vocabulary;
}

}  // namespace

Result<std::string> prepare_text(std::string text, const Text& spec, const std::string& where) {
  if (text.empty()) return fail(where, "is empty");
  if (spec.level() != Text::BYTE) MINNOW_TRY(check_utf8(text, where));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (spec.level() != Text::BYTE && text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  if (spec.letters_only()) text = letters_of(text);
  if (spec.lowercase())
    for (char& c : text)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

Result<std::string> read_text(const std::string& path, const Text& spec) {
  MINNOW_ASSIGN(std::string text, read_file(path));
  return prepare_text(std::move(text), spec, path);
}

std::vector<std::string_view> split_tokens(std::string_view text, Text::Level level) {
  std::vector<std::string_view> tokens;
  for_each_token(text, level, [&](std::string_view token, size_t) { tokens.push_back(token); });
  return tokens;
}

Vocabulary make_vocabulary(std::string_view text, const Text& spec) {
  if (spec.level() == Text::BYTE) return bytes_vocabulary();
  std::map<std::string_view, int64_t> counts;
  for_each_token(text, spec.level(), [&](std::string_view token, size_t) { ++counts[token]; });
  Vocabulary vocabulary;
  vocabulary.has_unknown = spec.unknown();
  if (spec.unknown()) counts.erase(kUnknown);
  std::vector<std::pair<std::string_view, int64_t>> kept(counts.begin(), counts.end());
  const auto most = static_cast<size_t>(spec.vocabulary() - 1);
  if (spec.has_vocabulary() && kept.size() > most) {
    std::ranges::stable_sort(kept, std::ranges::greater{}, [](const auto& entry) { return entry.second; });
    kept.resize(most);
    std::ranges::sort(kept);
  }
  if (spec.unknown()) vocabulary.tokens.emplace_back(kUnknown);
  for (const auto& [token, count] : kept) vocabulary.tokens.emplace_back(token);
  return vocabulary;
}

Result<Tensor> encode_text(std::string_view text, const Text& spec, const Vocabulary& vocabulary,
                           const std::string& path) {
  std::vector<int32_t> numbers;
  if (spec.level() == Text::BYTE) {
    for (const char c : text) numbers.push_back(static_cast<unsigned char>(c));
  } else {
    std::unordered_map<std::string_view, int32_t> known;
    for (size_t i = 0; i < vocabulary.tokens.size(); ++i) known.emplace(vocabulary.tokens[i], static_cast<int32_t>(i));
    std::optional<size_t> missing;
    std::string_view missing_token;
    for_each_token(text, spec.level(), [&](std::string_view token, size_t at) {
      const auto found = known.find(token);
      if (found == known.end() && !vocabulary.has_unknown && !missing) {
        missing = at;
        missing_token = token;
      }
      numbers.push_back(found == known.end() ? 0 : found->second);
    });
    if (missing)
      return fail_with_hint(
          fmt::format("{}:{}", path, line_at(text, *missing)),
          fmt::format("\"{}\" is not in the vocabulary of the text that trains", printable(missing_token)),
          "`unknown: true` makes <unk> of it");
  }
  const auto count = static_cast<int64_t>(numbers.size());
  if (count > kMaxElements) return fail(path, "has {} tokens, more than the {} allowed", count, kMaxElements);
  return Tensor::from<int32_t>({DType::kI32, {count}}, std::span<const int32_t>(numbers));
}

}  // namespace minnow
