#include <algorithm>
#include <unordered_set>

#include "ir/parser.h"
#include "ir/verify.h"

namespace minnow {

Result<std::unique_ptr<Module>> Parser::parse_module() {
  auto module = std::make_unique<Module>();
  std::unordered_set<std::string> names;
  while (!lexer_.at(TokenKind::kEnd)) {
    const Token start = lexer_.peek();
    MINNOW_ASSIGN(auto function, parse_function());
    if (!names.insert(function->name()).second)
      return fail(lexer_.where(start), "redefinition of @{}", spell_name(function->name()));
    if (const auto status = verify(*function); !status)
      return fail(lexer_.where(start), "{}: {}", status.error().where, status.error().message);
    module->functions.push_back(std::move(function));
  }
  return module;
}

Result<std::unique_ptr<Function>> Parser::parse_function() {
  MINNOW_TRY(lexer_.expect("func"));
  MINNOW_ASSIGN(const std::string name, lexer_.expect_name(TokenKind::kFunction, "a function's @name"));
  MINNOW_ASSIGN(std::string unquoted, unspell_name(name));
  auto function = std::make_unique<Function>(std::move(unquoted));
  Scope scope;
  MINNOW_TRY(parse_parameters(*function, scope));
  MINNOW_TRY(lexer_.expect("->"));
  MINNOW_ASSIGN(const auto results, parse_result_types());
  MINNOW_TRY(parse_block(*function, scope, results));
  return function;
}

Status Parser::parse_parameters(Function& function, Scope& scope) {
  MINNOW_TRY(lexer_.expect("("));
  if (lexer_.accept(")")) return {};
  do {
    MINNOW_TRY(parse_parameter(function, scope));
  } while (lexer_.accept(","));
  return lexer_.expect(")");
}

// %fc.weight: f32[784,10] weight
Status Parser::parse_parameter(Function& function, Scope& scope) {
  MINNOW_ASSIGN(const ValueName name, parse_value_name("a parameter's %name"));
  MINNOW_ASSIGN(std::string unquoted, unspell_name(name.name));
  if (spell_name(unquoted) != name.name)
    return fail(lexer_.where(name.token), "a parameter's name begins with a letter or is quoted, unlike %{}",
                name.name);
  MINNOW_TRY(lexer_.expect(":"));
  MINNOW_ASSIGN(const WrittenType written, parse_type());
  MINNOW_ASSIGN(const Role role, parse_role());
  return define(scope, name, function.add_parameter(std::move(unquoted), written.type, role));
}

Result<Role> Parser::parse_role() {
  if (!lexer_.at(TokenKind::kWord)) return Role::kInput;
  for (const Role role : {Role::kInput, Role::kWeight, Role::kState, Role::kScalar})
    if (lexer_.accept(role_name(role))) return role;
  return lexer_.expected("weight, state, scalar, ',' or ')'");
}

Result<std::vector<WrittenResult>> Parser::parse_result_types() {
  std::vector<WrittenResult> results;
  MINNOW_TRY(lexer_.expect("("));
  if (lexer_.accept(")")) return results;
  do {
    MINNOW_ASSIGN(results.emplace_back(), parse_result_type());
  } while (lexer_.accept(","));
  MINNOW_TRY(lexer_.expect(")"));
  return results;
}

// f32[64,10], or loss: f32[]
Result<WrittenResult> Parser::parse_result_type() {
  const Token first = lexer_.peek();
  std::string name;
  if (lexer_.at(TokenKind::kString)) {
    MINNOW_ASSIGN(name, lexer_.expect_string("a result's name"));
    MINNOW_TRY(lexer_.expect(":"));
  } else {
    MINNOW_ASSIGN(name, lexer_.expect_word("a result's name or type"));
    if (!lexer_.accept(":")) {
      MINNOW_ASSIGN(WrittenType written, parse_shape(first));
      return WrittenResult{{}, std::move(written)};
    }
  }
  MINNOW_ASSIGN(WrittenType written, parse_type());
  return WrittenResult{std::move(name), std::move(written)};
}

Status Parser::parse_block(Function& function, Scope& scope, const std::vector<WrittenResult>& expected) {
  MINNOW_TRY(lexer_.expect("{"));
  while (lexer_.at(TokenKind::kValue)) MINNOW_TRY(parse_op(function, scope));
  if (!lexer_.at("return")) return lexer_.expected("an op's %result or 'return'");
  MINNOW_TRY(parse_return(function, scope, expected));
  return lexer_.expect("}");
}

Status Parser::parse_return(Function& function, const Scope& scope, const std::vector<WrittenResult>& expected) {
  const Token start = lexer_.take();
  std::vector<Value*> values;
  if (lexer_.at(TokenKind::kValue)) {
    do {
      MINNOW_ASSIGN(values.emplace_back(), parse_value(scope));
    } while (lexer_.accept(","));
  }
  if (values.size() != expected.size())
    return fail(lexer_.where(start), "expected {} returned values, found {}", expected.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const WrittenType& written = expected[i].written;
    if (written.type != values[i]->type)
      return fail(lexer_.where(written.token), "result {} is written as {}, but {} is returned", i,
                  written.type.to_string(), values[i]->type.to_string());
    function.add_result(expected[i].name, values[i]);
  }
  return {};
}

Result<ValueName> Parser::parse_value_name(std::string_view what) {
  const Token token = lexer_.peek();
  MINNOW_ASSIGN(std::string name, lexer_.expect_name(TokenKind::kValue, what));
  return ValueName{token, std::move(name)};
}

Result<Value*> Parser::parse_value(const Scope& scope) {
  MINNOW_ASSIGN(const ValueName name, parse_value_name("a %value"));
  const auto it = scope.values.find(name.name);
  if (it != scope.values.end()) return it->second;
  std::vector<std::string> names;
  for (const auto& [known, value] : scope.values) names.push_back(known);
  std::ranges::sort(names);
  const std::string nearest = nearest_name(name.name, names);
  const std::string hint = !nearest.empty() ? fmt::format("did you mean %{}?", nearest)
                           : scope.body_of  ? "a body sees only its own values"
                                            : "";
  return fail_with_hint(lexer_.where(name.token), fmt::format("unknown value %{}", name.name), hint);
}

Result<WrittenType> Parser::parse_type() {
  const Token dtype = lexer_.peek();
  MINNOW_TRY(lexer_.expect_word("a type such as f32[64,10]"));
  return parse_shape(dtype);
}

Result<WrittenType> Parser::parse_shape(const Token& dtype) {
  const auto parsed = parse_dtype(dtype.text);
  if (!parsed) return fail(lexer_.where(dtype), "expected a type such as f32[64,10], found '{}'", dtype.text);
  WrittenType written{dtype, {*parsed, {}}};
  Shape& shape = written.type.shape;
  MINNOW_TRY(lexer_.expect("["));
  while (!lexer_.at("]")) {
    if (!shape.empty()) MINNOW_TRY(lexer_.expect(","));
    const Token at = lexer_.peek();
    MINNOW_ASSIGN(const int64_t dim, lexer_.expect_integer());
    if (dim < 0 || dim > kMaxElements) return fail(lexer_.where(at), "{} is no size of a dimension", dim);
    shape.push_back(dim);
  }
  MINNOW_TRY(lexer_.expect("]"));
  if (written.type.rank() > kMaxRank)
    return fail(lexer_.where(dtype), "{} dimensions; at most {} are allowed", written.type.rank(), kMaxRank);
  if (!checked_element_count(shape))
    return fail(lexer_.where(dtype), "{} has more than 2^31 elements", written.type.to_string());
  return written;
}

Status Parser::define(Scope& scope, const ValueName& name, Value* value) const {
  if (!scope.values.emplace(name.name, value).second)
    return fail(lexer_.where(name.token), "redefinition of %{}", name.name);
  return {};
}

std::string OpPlaces::find(const Op* op) const {
  const auto found = offsets_.find(op);
  return found == offsets_.end() ? "" : place_in(text, file, found->second);
}

Result<std::unique_ptr<Module>> parse_module(std::string_view text, const std::string& file, OpPlaces* places) {
  constexpr size_t kMaxTextBytes = size_t{1} << 28;
  if (text.size() > kMaxTextBytes) return fail(file, "more than {} MiB of text", kMaxTextBytes >> 20);
  if (places != nullptr) places->text = text, places->file = file;
  return Parser(text, file, places).parse_module();
}

}  // namespace minnow
