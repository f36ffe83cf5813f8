#include "runtime/data/csv_classes.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_map>

namespace minnow {
namespace {

template <typename T>
std::optional<T> parse(std::string_view text) {
  T value{};
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> finite_number(std::string_view text) {
  const auto value = parse<double>(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

// The same for all spellings of a number.
std::string key_of(std::string_view name) {
  const auto value = finite_number(name);
  return value ? fmt::format("{}", *value == 0 ? 0.0 : *value) : std::string(name);
}

std::string place(const CsvCell& cell, const std::string& where) {
  return fmt::format("{}:{}:{}", where, cell.line, cell.column);
}

std::vector<std::string> distinct_names(const std::vector<CsvCell>& labels) {
  std::unordered_map<std::string, std::string> spellings;
  for (const CsvCell& label : labels) spellings.try_emplace(key_of(label.text), label.text);
  std::vector<std::string> names;
  for (const auto& [key, spelling] : spellings) names.push_back(spelling);
  if (std::ranges::all_of(names, [](const std::string& name) { return finite_number(name).has_value(); }))
    std::ranges::sort(names, {}, [](const std::string& name) { return *finite_number(name); });
  else std::ranges::sort(names);
  return names;
}

// Whether it is a whole number, written as one, of any size.
bool is_whole(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<int32_t> class_number(const CsvCell& label, int64_t limit, const std::string& where) {
  const auto number = parse<int32_t>(label.text);
  if (number && *number >= 0 && *number < limit) return *number;
  return fail_with_hint(place(label, where),
                        fmt::format("label {} is outside 0 to {}", short_cell(label.text), limit - 1),
                        "classes that are numbers count from 0");
}

Result<CsvClasses> number_names(const std::vector<CsvCell>& labels, std::vector<std::string> names,
                                const std::string& where) {
  std::unordered_map<std::string, int32_t> numbers;
  for (size_t i = 0; i < names.size(); ++i) numbers.emplace(key_of(names[i]), static_cast<int32_t>(i));
  CsvClasses classes{Tensor::uninitialized({DType::kI32, {static_cast<int64_t>(labels.size())}}), std::move(names)};
  auto to = classes.numbers.as<int32_t>().begin();
  for (const CsvCell& label : labels) {
    const auto found = numbers.find(key_of(label.text));
    if (found == numbers.end())
      return fail(place(label, where), "label {} is none of the {} classes", quoted_cell(label.text),
                  classes.names.size());
    *to++ = found->second;
  }
  return classes;
}

}  // namespace

Result<CsvClasses> number_classes(const std::vector<CsvCell>& labels, const CsvOptions& options,
                                  const std::string& where) {
  const std::vector<std::string>& known = options.class_names;
  const int64_t limit = options.max_classes;
  const auto missing = std::ranges::find_if(labels, is_missing, &CsvCell::text);
  if (missing != labels.end())
    return fail(place(*missing, where), "label is missing{}",
                missing->text.empty() ? "" : fmt::format(": \"{}\"", missing->text));
  const bool are_numbered = known == numbered_classes(static_cast<int64_t>(known.size()));
  if (!are_numbered || !std::ranges::all_of(labels, is_whole, &CsvCell::text)) {
    std::vector<std::string> names = known.empty() ? distinct_names(labels) : known;
    if (static_cast<int64_t>(names.size()) > limit)
      return fail(where, "has {} classes, but only {} are told apart", names.size(), limit);
    return number_names(labels, std::move(names), where);
  }
  const int64_t end = known.empty() ? limit : static_cast<int64_t>(known.size());
  CsvClasses classes{Tensor::uninitialized({DType::kI32, {static_cast<int64_t>(labels.size())}}), known};
  auto to = classes.numbers.as<int32_t>().begin();
  for (const CsvCell& label : labels) {
    MINNOW_ASSIGN(*to++, class_number(label, end, where));
  }
  if (known.empty()) classes.names = numbered_classes(options.has_all_classes ? limit : count_classes(classes.numbers));
  return classes;
}

}  // namespace minnow
