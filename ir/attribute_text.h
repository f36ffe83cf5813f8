// Attributes as text, `{name = value, ...}`. Each attributes struct names its fields once, in
// attribute_text.cc; the printer and the parser both follow that list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ir/lexer.h"
#include "ir/op_kind.h"

namespace minnow {

// "{dims = [1]}" with the fields in their fixed order; those that have their default are left out, and if all
// do, the text is empty.
std::string attributes_to_string(const Attributes& attributes);

// Reads the attributes of an op of this kind; without a `{` there they are the default ones.
Result<Attributes> parse_attributes(Lexer& lexer, OpKind kind);

// What an op of this kind may be given, in the order of printing. A field without default text must be given.
struct AttributeField {
  std::string_view name;
  std::string default_text;
};
std::vector<AttributeField> attribute_fields(OpKind kind);

}  // namespace minnow
