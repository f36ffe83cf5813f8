#include "runtime/data/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
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
constexpr int kAscii = 128;

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

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

using TokenCounts = std::map<std::string_view, int64_t>;

// The most frequent ones, if there is no room for all, in the order of their bytes.
Vocabulary vocabulary_of(TokenCounts counts, const Text& spec) {
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

tl::unexpected<Error> not_in_vocabulary(const std::string& path, int64_t line, std::string_view token) {
  return fail_with_hint(fmt::format("{}:{}", path, line),
                        fmt::format("\"{}\" is not in the vocabulary of the text that trains", printable(token)),
                        "`unknown: true` makes <unk> of it");
}

// The byte that this one is taken as.
size_t taken_as(size_t byte, const Text& spec) {
  const char c = static_cast<char>(byte);
  return static_cast<unsigned char>(spec.lowercase() ? lower_case(c) : c);
}

// A text of this byte.
std::string_view character(size_t byte) {
  static const auto all = [] {
    std::array<char, kBytes> bytes = {};
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
    return bytes;
  }();
  return {&all[byte], 1};
}

}  // namespace

Result<std::string> prepare_text(std::string text, const Text& spec, const std::string& where) {
  if (text.empty()) return fail(where, "is empty");
  if (spec.level() != Text::BYTE) MINNOW_TRY(check_utf8(text, where));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (spec.level() != Text::BYTE && text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  if (spec.letters_only()) text = letters_of(text);
  if (spec.lowercase())
    for (char& c : text) c = lower_case(c);
  return text;
}

std::vector<std::string_view> split_tokens(std::string_view text, Text::Level level) {
  std::vector<std::string_view> tokens;
  for_each_token(text, level, [&](std::string_view token, size_t) { tokens.push_back(token); });
  return tokens;
}

Vocabulary make_vocabulary(std::string_view text, const Text& spec) {
  if (spec.level() == Text::BYTE) return bytes_vocabulary();
  TokenCounts counts;
  for_each_token(text, spec.level(), [&](std::string_view token, size_t) { ++counts[token]; });
  return vocabulary_of(std::move(counts), spec);
}

ByteCounts count_bytes(std::string_view text) {
  ByteCounts counts = {};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  return counts;
}

bool has_bytes_as_tokens(const ByteCounts& counts, const Text& spec) {
  if (spec.letters_only() || spec.level() == Text::WORD) return false;
  const bool is_ascii = counts[0] == 0 && std::all_of(counts.begin() + kAscii, counts.end(), std::logical_not{});
  return spec.level() == Text::BYTE || is_ascii;
}

Vocabulary make_vocabulary(const ByteCounts& counts, const Text& spec) {
  if (spec.level() == Text::BYTE) return bytes_vocabulary();
  TokenCounts of_characters;
  for (size_t byte = 0; byte < counts.size(); ++byte)
    if (counts[byte] > 0) of_characters[character(taken_as(byte, spec))] += counts[byte];
  return vocabulary_of(std::move(of_characters), spec);
}

Result<std::vector<int32_t>> tokens_of_bytes(std::string_view text, const ByteCounts& counts, const Text& spec,
                                             const Vocabulary& vocabulary, const std::string& path) {
  std::vector<int32_t> tokens(counts.size());
  std::array<bool, kBytes> is_missing = {};
  for (size_t byte = 0; byte < counts.size(); ++byte) {
    const size_t taken = taken_as(byte, spec);
    const auto found = std::ranges::find(vocabulary.tokens, character(taken));
    const bool is_known = spec.level() == Text::BYTE || found != vocabulary.tokens.end();
    if (spec.level() == Text::BYTE) tokens[byte] = static_cast<int32_t>(taken);
    else if (is_known) tokens[byte] = static_cast<int32_t>(found - vocabulary.tokens.begin());
    is_missing[byte] = !is_known && !vocabulary.has_unknown;
  }
  const auto missing =
      std::ranges::find_if(text, [&](char c) { return is_missing[static_cast<unsigned char>(c)]; }) - text.begin();
  if (missing == std::ssize(text)) return tokens;
  const auto at = static_cast<size_t>(missing);
  return not_in_vocabulary(path, line_at(text, at), character(taken_as(static_cast<unsigned char>(text[at]), spec)));
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
    if (missing) return not_in_vocabulary(path, line_at(text, *missing), missing_token);
  }
  const auto count = static_cast<int64_t>(numbers.size());
  if (count > kMaxElements) return fail(path, "has {} tokens, more than the {} allowed", count, kMaxElements);
  return Tensor::from<int32_t>({DType::kI32, {count}}, std::span<const int32_t>(numbers));
}

}  // namespace minnow
