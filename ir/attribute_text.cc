#include "ir/attribute_text.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <span>
#include <tuple>

namespace minnow {
namespace {

template <typename T, typename Member>
struct Field {
  std::string_view name;
  Member T::* member;
};

// A list that is at its default if it is empty or all its numbers are `number`.
template <typename T>
struct UniformList {
  std::string_view name;
  std::vector<int64_t> T::* member;
  int64_t number;
};

// The fields of each attributes struct, in the order they are printed.
template <typename T>
constexpr auto kFields = nullptr;
template <>
constexpr auto kFields<NoAttributes> = std::tuple();
template <>
constexpr auto kFields<ConstantAttributes> = std::tuple(Field{"value", &ConstantAttributes::values});
template <>
constexpr auto kFields<DimAttributes> = std::tuple(Field{"dim", &DimAttributes::dim});
template <>
constexpr auto kFields<DimsAttributes> = std::tuple(Field{"dims", &DimsAttributes::dims});
template <>
constexpr auto kFields<SortAttributes> =
    std::tuple(Field{"dim", &SortAttributes::dim}, Field{"descending", &SortAttributes::descending});
template <>
constexpr auto kFields<ScatterAttributes> =
    std::tuple(Field{"dim", &ScatterAttributes::dim}, Field{"size", &ScatterAttributes::size});
template <>
constexpr auto kFields<RandomAttributes> = std::tuple(Field{"stream", &RandomAttributes::stream});
template <>
constexpr auto kFields<SliceAttributes> =
    std::tuple(Field{"start", &SliceAttributes::start}, Field{"limit", &SliceAttributes::limit},
               Field{"stride", &SliceAttributes::stride});
template <>
constexpr auto kFields<PadAttributes> =
    std::tuple(Field{"low", &PadAttributes::low}, Field{"high", &PadAttributes::high},
               Field{"interior", &PadAttributes::interior}, Field{"value", &PadAttributes::value});
template <>
constexpr auto kFields<DotAttributes> =
    std::tuple(Field{"contract", &DotAttributes::contract}, Field{"batch", &DotAttributes::batch});
template <>
constexpr auto kFields<ConvAttributes> =
    std::tuple(UniformList{"stride", &ConvAttributes::stride, 1}, UniformList{"pad", &ConvAttributes::pad, 0},
               UniformList{"dilation", &ConvAttributes::dilation, 1}, Field{"groups", &ConvAttributes::groups},
               Field{"shape", &ConvAttributes::shape});
template <>
constexpr auto kFields<WindowAttributes> =
    std::tuple(UniformList{"window", &WindowAttributes::window, 1}, UniformList{"stride", &WindowAttributes::stride, 1},
               UniformList{"pad", &WindowAttributes::pad, 0}, Field{"shape", &WindowAttributes::shape});
template <>
constexpr auto kFields<FusedAttributes> = std::tuple(Field{"kind", &FusedAttributes::kind});
template <>
constexpr auto kFields<LoopAttributes> =
    std::tuple(Field{"count", &LoopAttributes::count}, Field{"split", &LoopAttributes::split},
               Field{"carry", &LoopAttributes::carry}, Field{"sum", &LoopAttributes::sum},
               Field{"reverse", &LoopAttributes::reverse}, Field{"recompute", &LoopAttributes::recompute},
               Field{"block", &LoopAttributes::block});

template <typename T, typename Visit>
void for_each_field(Visit&& visit) {
  std::apply([&](const auto&... fields) { (visit(fields), ...); }, kFields<T>);
}

// Writing a value.

std::string to_text(int64_t value) { return fmt::format("{}", value); }
std::string to_text(double value) { return spell_number(value); }
std::string to_text(bool value) { return value ? "true" : "false"; }
std::string to_text(FusionKind kind) { return std::string(fusion_kind_name(kind)); }
std::string to_text(std::span<const int64_t> values) { return fmt::format("[{}]", fmt::join(values, ", ")); }

// One value alone stands for a splat.
std::string to_text(const std::vector<double>& values) {
  if (values.size() == 1) return spell_number(values[0]);
  std::string text = "[";
  for (const double value : values) {
    if (text.size() > 1) text += ", ";
    text += spell_number(value);
  }
  return text + "]";
}

template <typename T>
bool same(const T& a, const T& b) {
  return a == b;
}
// Tells -0 from 0, so that a padding value of -0 is printed.
bool same(double a, double b) { return same_bits(a, b); }

template <typename T, typename Member>
bool is_default(const Field<T, Member>& field, const T& attributes) {
  return same(attributes.*field.member, T().*field.member);
}
template <typename T>
bool is_default(const UniformList<T>& field, const T& attributes) {
  return std::ranges::all_of(attributes.*field.member, [&](int64_t value) { return value == field.number; });
}

template <typename T, typename Member>
std::string default_text(const Field<T, Member>& field) {
  const std::string text = to_text(T().*field.member);
  return text == "[]" ? "" : text;
}
template <typename T>
std::string default_text(const UniformList<T>& field) {
  return fmt::format("[{}, ...]", field.number);
}

// Reading a value.

Status read(Lexer& lexer, int64_t& value) {
  MINNOW_ASSIGN(value, lexer.expect_integer());
  return {};
}

Status read(Lexer& lexer, double& value) {
  MINNOW_ASSIGN(value, lexer.expect_number());
  return {};
}

Status read(Lexer& lexer, bool& value) {
  for (const bool candidate : {false, true}) {
    if (!lexer.accept(candidate ? "true" : "false")) continue;
    value = candidate;
    return {};
  }
  return lexer.expected("true or false");
}

template <typename T>
Status read(Lexer& lexer, std::vector<T>& values) {
  MINNOW_TRY(lexer.expect("["));
  if (lexer.accept("]")) return {};
  do {
    MINNOW_TRY(read(lexer, values.emplace_back()));
  } while (lexer.accept(","));
  return lexer.expect("]");
}

Status read_splat_or_list(Lexer& lexer, std::vector<double>& values) {
  return lexer.at("[") ? read(lexer, values) : read(lexer, values.emplace_back());
}

template <size_t N>
Status read(Lexer& lexer, std::array<int64_t, N>& values) {
  const Token start = lexer.peek();
  std::vector<int64_t> list;
  MINNOW_TRY(read(lexer, list));
  if (list.size() != N) return fail(lexer.where(start), "expected {} integers, found {}", N, list.size());
  std::ranges::copy(list, values.begin());
  return {};
}

Status read(Lexer& lexer, FusionKind& kind) {
  for (const FusionKind candidate : {FusionKind::kLoop, FusionKind::kRow, FusionKind::kContraction}) {
    if (!lexer.accept(fusion_kind_name(candidate))) continue;
    kind = candidate;
    return {};
  }
  return lexer.expected("loop, row or contraction");
}

template <typename T>
Status read_field(Lexer& lexer, std::string_view name, T& attributes) {
  Status status;
  for_each_field<T>([&](const auto& field) {
    if (field.name != name) return;
    auto& value = attributes.*field.member;
    if constexpr (std::is_same_v<T, ConstantAttributes>) {
      status = read_splat_or_list(lexer, value);
    } else {
      status = read(lexer, value);
    }
  });
  return status;
}

template <typename T>
std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for_each_field<T>([&](const auto& field) { names.emplace_back(field.name); });
  return names;
}

tl::unexpected<Error> unknown_field(std::string where, std::string_view name, OpKind kind,
                                    const std::vector<std::string>& names) {
  const std::string hint =
      names.empty() ? "it has none" : fmt::format("{} has {}", mnemonic(kind), fmt::join(names, ", "));
  return fail_with_hint(std::move(where), fmt::format("{} has no attribute '{}'", mnemonic(kind), name), hint);
}

template <typename T>
Status read_fields(Lexer& lexer, OpKind kind, T& attributes) {
  const std::vector<std::string> names = field_names<T>();
  std::set<std::string> seen;
  do {
    const Token at = lexer.peek();
    MINNOW_ASSIGN(const std::string name, lexer.expect_word("the name of an attribute"));
    if (std::ranges::find(names, name) == names.end()) return unknown_field(lexer.where(at), name, kind, names);
    if (!seen.insert(name).second) return fail(lexer.where(at), "attribute '{}' is given twice", name);
    MINNOW_TRY(lexer.expect("="));
    MINNOW_TRY(read_field(lexer, name, attributes));
  } while (lexer.accept(","));
  return lexer.expect("}");
}

}  // namespace

std::string attributes_to_string(const Attributes& attributes) {
  std::string text;
  std::visit(
      [&]<typename T>(const T& alternative) {
        for_each_field<T>([&](const auto& field) {
          if (is_default(field, alternative)) return;
          text += fmt::format("{}{} = {}", text.empty() ? "{" : ", ", field.name, to_text(alternative.*field.member));
        });
      },
      attributes);
  return text.empty() ? text : text + "}";
}

std::vector<AttributeField> attribute_fields(OpKind kind) {
  std::vector<AttributeField> fields;
  std::visit(
      [&]<typename T>(const T&) {
        for_each_field<T>([&](const auto& field) { fields.push_back({field.name, default_text(field)}); });
      },
      default_attributes(kind));
  return fields;
}

Result<Attributes> parse_attributes(Lexer& lexer, OpKind kind) {
  Attributes attributes = default_attributes(kind);
  if (!lexer.accept("{") || lexer.accept("}")) return attributes;
  MINNOW_TRY(std::visit([&](auto& alternative) { return read_fields(lexer, kind, alternative); }, attributes));
  return attributes;
}

}  // namespace minnow
