#include "ir/attribute_text.h"
#include "ir/infer.h"
#include "ir/loop.h"
#include "ir/parser.h"

namespace minnow {

Status Parser::parse_op(Function& function, Scope& scope) {
  MINNOW_ASSIGN(WrittenOp op, parse_op_line(scope));
  if (op.body) {
    MINNOW_TRY(parse_body(op));
  } else {
    MINNOW_TRY(check_type(op));
  }
  std::vector<TensorType> types;
  for (WrittenType& written : op.types) types.push_back(std::move(written.type));
  auto made =
      make_op(op.kind, std::move(op.operands), std::move(op.attributes), std::move(types), std::move(op.location));
  made->body = std::move(op.body);
  const Op* inserted = function.insert(function.ops().end(), std::move(made));
  if (places_ != nullptr) places_->add(inserted, op.mnemonic.offset);
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
  if (kind && scope.body_of && !may_hold(*scope.body_of, *kind))
    return fail(lexer_.where(token), "{} may not hold {}", mnemonic(*scope.body_of), mnemonic(*kind));
  if (kind && has_trait(*kind, kHasBody) && scope.depth >= kMaxBodyDepth)
    return fail(lexer_.where(token), "{} lies in {} bodies; at most {} are allowed", name, scope.depth,
                kMaxBodyDepth - 1);
  if (kind) return *kind;
  std::vector<std::string> mnemonics;
  for (size_t i = 0; i < kOpCount; ++i) mnemonics.emplace_back(mnemonic(static_cast<OpKind>(i)));
  const std::string nearest = nearest_name(name, mnemonics);
  return fail_with_hint(lexer_.where(token), fmt::format("unknown op '{}'", name),
                        nearest.empty() ? "" : fmt::format("did you mean {}?", nearest));
}

Status Parser::parse_operands(const Scope& scope, WrittenOp& op) {
  op.body_scope.body_of = op.kind;
  op.body_scope.depth = scope.depth + 1;
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
  if (op.kind == OpKind::kLoop) MINNOW_TRY(shape_loop_body(op, expected));
  return parse_block(*op.body, op.body_scope, expected);
}

// Inside a loop, what is cut or put together has the size of a part.
Status Parser::shape_loop_body(WrittenOp& op, std::vector<WrittenResult>& expected) const {
  const auto& loop = std::get<LoopAttributes>(op.attributes);
  std::vector<TensorType> operands, results;
  for (const Value* operand : op.operands) operands.push_back(operand->type);
  for (const WrittenType& written : op.types) results.push_back(written.type);
  const Status status = check_loop_types(loop, operands, results);
  if (!status) return fail(lexer_.where(op.mnemonic), "{}", status.error().message);
  for (size_t i = 0; i < operands.size(); ++i)
    op.body->parameters()[i]->type = loop_parameter_type(loop, i, operands[i]);
  for (size_t i = 0; i < expected.size(); ++i)
    expected[i].written.type = loop_body_result_type(loop, i, expected[i].written.type);
  return {};
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

Status Parser::check_type(const WrittenOp& op) const {
  if (op.types.size() != 1)
    return fail(lexer_.where(op.results[1].token), "{} has one result; only fused and loop may have several",
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

}  // namespace minnow
