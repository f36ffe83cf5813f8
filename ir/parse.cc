#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ir/attribute_text.h"
#include "ir/infer.h"
#include "ir/lexer.h"
#include "ir/text.h"
#include "ir/verify.h"

namespace minnow {
namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 28;

// The values that may be named inside a function; the body of a fused op has its own and sees no others.
struct Scope {
  std::unordered_map<std::string, Value*> values;
  bool in_body = false;
};

struct ValueName {
  Token token;
  std::string name;
};

struct WrittenType {
  Token token;
  TensorType type;
};

struct WrittenResult {
  std::string name;
  WrittenType written;
};

// What an op's line says, before its types are checked.
struct WrittenOp {
  std::vector<ValueName> results;
  Token mnemonic;
  OpKind kind = OpKind::kConstant;
  std::vector<Value*> operands;
  Attributes attributes;
  std::vector<WrittenType> types;
  Location location;
  std::unique_ptr<Function> body;  // fused only
  Scope body_scope;
};

// Recursive descent, a function per rule of the grammar. Nothing nests deeper than a fused op in a function.
class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : lexer_(text, file) {}

  Result<std::unique_ptr<Module>> parse_module();

 private:
  Result<std::unique_ptr<Function>> parse_function();
  Status parse_parameters(Function& function, Scope& scope);
  Status parse_parameter(Function& function, Scope& scope);
  Result<Role> parse_role();
  Result<std::vector<WrittenResult>> parse_result_types();
  Result<WrittenResult> parse_result_type();

  // Ops up to `return`, whose values become the results; `expected` gives their names and types.
  Status parse_block(Function& function, Scope& scope, const std::vector<WrittenResult>& expected);
  Status parse_return(Function& function, const Scope& scope, const std::vector<WrittenResult>& expected);
  Status parse_op(Function& function, Scope& scope);
  Result<WrittenOp> parse_op_line(const Scope& scope);
  Result<OpKind> parse_mnemonic(const Scope& scope);
  Status parse_operands(const Scope& scope, WrittenOp& op);
  Status parse_operand(const Scope& scope, WrittenOp& op);
  Status parse_body(WrittenOp& op);
  Result<Location> parse_location();

  Result<ValueName> parse_value_name(std::string_view what);
  Result<Value*> parse_value(const Scope& scope);
  Result<WrittenType> parse_type();
  Result<WrittenType> parse_shape(const Token& dtype);

  Status check_type(const WrittenOp& op) const;
  Status define(Scope& scope, const ValueName& name, Value* value) const;

  Lexer lexer_;
};

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
    return fail(lexer_.where(name.token), "a parameter's name begins with a letter or is quoted, unlike %{}", name.name);
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

Status Parser::parse_op(Function& function, Scope& scope) {
  MINNOW_ASSIGN(WrittenOp op, parse_op_line(scope));
  if (op.body) {
    MINNOW_TRY(parse_body(op));
  } else {
    MINNOW_TRY(check_type(op));
  }
  std::vector<TensorType> types;
  for (WrittenType& written : op.types) types.push_back(std::move(written.type));
  auto made = make_op(op.kind, std::move(op.operands), std::move(op.attributes), std::move(types),
                      std::move(op.location));
  made->body = std::move(op.body);
  const Op* inserted = function.insert(function.ops().end(), std::move(made));
  for (size_t i = 0; i < op.results.size(); ++i) MINNOW_TRY(define(scope, op.results[i], inserted->result(i)));
  return {};
}

// %0, %1 = fused(%a0 = %x) {kind = row} : f32[64], f32[64]  loc("loss")
Result<WrittenOp> Parser::parse_op_line(const Scope& scope) {
  WrittenOp op;
  do {
    MINNOW_ASSIGN(op.results.emplace_back(), parse_value_name("an op's %result"));
  } while (lexer_.accept(","));
  MINNOW_TRY(lexer_.expect("="));
  op.mnemonic = lexer_.peek();
  MINNOW_ASSIGN(op.kind, parse_mnemonic(scope));
  if (has_trait(op.kind, kHasBody)) op.body = std::make_unique<Function>("body");
  MINNOW_TRY(parse_operands(scope, op));
  MINNOW_ASSIGN(op.attributes, parse_attributes(lexer_, op.kind));
  MINNOW_TRY(lexer_.expect(":"));
  do {
    MINNOW_ASSIGN(op.types.emplace_back(), parse_type());
  } while (lexer_.accept(","));
  MINNOW_ASSIGN(op.location, parse_location());
  if (op.results.size() != op.types.size())
    return fail(lexer_.where(op.results[0].token), "{} results, but {} types", op.results.size(), op.types.size());
  return op;
}

Result<OpKind> Parser::parse_mnemonic(const Scope& scope) {
  const Token token = lexer_.peek();
  MINNOW_ASSIGN(const std::string name, lexer_.expect_word("an op"));
  const auto kind = parse_op_kind(name);
  if (kind && scope.in_body && has_trait(*kind, kHasBody))
    return fail(lexer_.where(token), "a fused op may not hold another");
  if (kind) return *kind;
  std::vector<std::string> mnemonics;
  for (size_t i = 0; i < kOpCount; ++i) mnemonics.emplace_back(mnemonic(static_cast<OpKind>(i)));
  const std::string nearest = nearest_name(name, mnemonics);
  return fail_with_hint(lexer_.where(token), fmt::format("unknown op '{}'", name),
                        nearest.empty() ? "" : fmt::format("did you mean {}?", nearest));
}

Status Parser::parse_operands(const Scope& scope, WrittenOp& op) {
  op.body_scope.in_body = true;
  if (!lexer_.accept("(") || lexer_.accept(")")) return {};
  do {
    MINNOW_TRY(parse_operand(scope, op));
  } while (lexer_.accept(","));
  return lexer_.expect(")");
}

// %x, or %a0 = %x where the op has a body
Status Parser::parse_operand(const Scope& scope, WrittenOp& op) {
  ValueName parameter;
  if (op.body) {
    MINNOW_ASSIGN(parameter, parse_value_name("a %parameter of the body"));
    MINNOW_TRY(lexer_.expect("="));
  }
  MINNOW_ASSIGN(Value* const value, parse_value(scope));
  op.operands.push_back(value);
  if (!op.body) return {};
  return define(op.body_scope, parameter, op.body->add_parameter(parameter.name, value->type));
}

Status Parser::parse_body(WrittenOp& op) {
  std::vector<WrittenResult> expected;
  for (const WrittenType& written : op.types) expected.push_back({{}, written});
  return parse_block(*op.body, op.body_scope, expected);
}

// loc("fc"), loc("fc", gradient) or nothing
Result<Location> Parser::parse_location() {
  Location location;
  if (!lexer_.accept("loc")) return location;
  MINNOW_TRY(lexer_.expect("("));
  MINNOW_ASSIGN(location.layer, lexer_.expect_string("a layer's name in quotes"));
  if (lexer_.accept(")")) return location;
  MINNOW_TRY(lexer_.expect(","));
  for (const Phase phase : {Phase::kForward, Phase::kGradient, Phase::kUpdate}) {
    if (!lexer_.accept(phase_name(phase))) continue;
    location.phase = phase;
    MINNOW_TRY(lexer_.expect(")"));
    return location;
  }
  return lexer_.expected("forward, gradient or update");
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
                           : scope.in_body  ? "a fused op's body sees only its own values"
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

Status Parser::check_type(const WrittenOp& op) const {
  if (op.types.size() != 1)
    return fail(lexer_.where(op.results[1].token), "{} has one result; only fused may have several",
                mnemonic(op.kind));
  std::vector<TensorType> operands;
  for (const Value* operand : op.operands) operands.push_back(operand->type);
  const WrittenType& written = op.types[0];
  const auto inferred = infer_type(op.kind, operands, op.attributes, written.type);
  if (!inferred) return fail(lexer_.where(op.mnemonic), "{}", inferred.error().message);
  if (*inferred != written.type)
    return fail(lexer_.where(written.token), "the type is written as {}, but {} gives {}", written.type.to_string(),
                mnemonic(op.kind), inferred->to_string());
  return {};
}

Status Parser::define(Scope& scope, const ValueName& name, Value* value) const {
  if (!scope.values.emplace(name.name, value).second)
    return fail(lexer_.where(name.token), "redefinition of %{}", name.name);
  return {};
}

}  // namespace

Result<std::unique_ptr<Module>> parse_module(std::string_view text, const std::string& file) {
  if (text.size() > kMaxTextBytes) return fail(file, "more than {} MiB of text", kMaxTextBytes >> 20);
  return Parser(text, file).parse_module();
}

}  // namespace minnow
