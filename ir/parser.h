// The parser of the IR's text, private to ir/: parse.cc reads modules, functions, names and types,
// parse_op.cc the ops.
#pragma once

#include <optional>
#include <unordered_map>

#include "ir/lexer.h"
#include "ir/text.h"

namespace minnow {

// The values that may be named inside a function; the body of an op has its own and sees no others.
struct Scope {
  std::unordered_map<std::string, Value*> values;
  std::optional<OpKind> body_of = std::nullopt;
  int depth = 0;  // of bodies
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
  std::unique_ptr<Function> body;  // fused and loop only
  Scope body_scope;
};

// Recursive descent, a function per rule of the grammar. Nothing nests deeper than kMaxBodyDepth.
class Parser {
 public:
  Parser(std::string_view text, const std::string& file, OpPlaces* places) : lexer_(text, file), places_(places) {}

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
  Status shape_loop_body(WrittenOp& op, std::vector<WrittenResult>& expected) const;
  Result<Location> parse_location();

  Result<ValueName> parse_value_name(std::string_view what);
  Result<Value*> parse_value(const Scope& scope);
  Result<WrittenType> parse_type();
  Result<WrittenType> parse_shape(const Token& dtype);

  Status check_type(const WrittenOp& op) const;
  Status define(Scope& scope, const ValueName& name, Value* value) const;

  Lexer lexer_;
  OpPlaces* places_;
};

}  // namespace minnow
