#include "runtime/weights/tensor_index.h"

#include <algorithm>
#include <cctype>

#include "frontend/load/glob.h"

namespace minnow {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string with_dots(std::string name) {
  if (name.ends_with(":0")) name.resize(name.size() - 2);
  std::ranges::replace(name, '/', '.');
  return name;
}

std::string_view module_of(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

// The digits at the front, less zeros that mean nothing.
std::string_view number_at(std::string_view text) {
  size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  size_t begin = 0;
  while (begin + 1 < end && text[begin] == '0') ++begin;
  return text.substr(begin, end - begin);
}

}  // namespace

bool comes_before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (!is_digit(a[0]) || !is_digit(b[0])) {
      if (a[0] != b[0]) return a[0] < b[0];
      a.remove_prefix(1), b.remove_prefix(1);
      continue;
    }
    const std::string_view x = number_at(a), y = number_at(b);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
    while (!a.empty() && is_digit(a[0])) a.remove_prefix(1);
    while (!b.empty() && is_digit(b[0])) b.remove_prefix(1);
  }
  return a.size() < b.size();
}

std::string_view without_number(std::string_view name) {
  size_t end = name.size();
  while (end > 0 && is_digit(name[end - 1])) --end;
  if (end < name.size() && end > 0 && (name[end - 1] == '_' || name[end - 1] == '.')) --end;
  return name.substr(0, end);
}

TensorIndex::TensorIndex(const TensorFile& file) {
  for (const NamedTensor& tensor : file.tensors) {
    names_.push_back(with_dots(tensor.name));
    for (std::string_view module = names_.back(); !module.empty();) modules_.emplace_back(module = module_of(module));
  }
  std::ranges::sort(modules_, comes_before);
  modules_.erase(std::unique(modules_.begin(), modules_.end()), modules_.end());
}

int TensorIndex::find(std::string_view module, std::string_view name) const {
  std::string full(module);
  if (!module.empty() && !name.empty()) full += '.';
  full += name;
  const bool is_pattern = name.find('*') != std::string_view::npos;
  const auto found = std::ranges::find_if(names_, [&](const std::string& candidate) {
    return is_pattern ? matches_glob(full, candidate) : full == candidate;
  });
  return found == names_.end() ? -1 : static_cast<int>(found - names_.begin());
}

std::vector<std::string> TensorIndex::common_prefixes() const {
  std::vector<std::string> prefixes = {""};
  while (!names_.empty()) {
    const std::string& known = prefixes.back();
    const size_t dot = names_[0].find('.', known.size());
    if (dot == std::string::npos) break;
    std::string longer = names_[0].substr(0, dot + 1);
    if (!std::ranges::all_of(names_, [&](const std::string& name) { return name.starts_with(longer); })) break;
    prefixes.push_back(std::move(longer));
  }
  return prefixes;
}

}  // namespace minnow
