// Fills the tables of docs/ir.md from the op table and the table of errors, so that they cannot go stale.
//
//   ir_reference docs/ir.md     prints the document with fresh tables, which stand between <!-- ops of GROUP --> or
//                               <!-- errors of functions --> and <!-- end -->
#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "docs/generate/marked_places.h"
#include "docs/generate/op_descriptions.h"
#include "ir/attribute_text.h"
#include "proof/accuracy.h"

namespace minnow {
namespace {

// The first group whose traits an op has is its own.
std::string group_of(OpKind kind) {
  const OpInfo& info = op_info(kind);
  if (has_trait(kind, kLeaf)) return "no operands";
  if (has_trait(kind, kElementwise)) return info.operands == 1 ? "one element" : "two and three elements";
  if (has_trait(kind, kReduction)) return "sums";
  if (has_trait(kind, kContraction)) return "contractions";
  if (has_trait(kind, kWindow)) return "windows";
  if (has_trait(kind, kHasBody)) return "kernels";
  return "places";
}

std::string_view operands_of(OpKind kind) {
  const std::string_view said = describe(kind).operands;
  if (has_trait(kind, kLeaf) && op_info(kind).operands == 0) return "";
  return said.empty() ? "(x)" : said;
}

std::string type_of(OpKind kind) {
  const std::string_view said = describe(kind).type;
  if (!said.empty()) return std::string(said);
  return has_trait(kind, kCompare) ? "pred, their shape" : op_info(kind).operands == 1 ? "that of x" : "their own";
}

std::string attributes_of(OpKind kind) {
  std::string text;
  for (const AttributeField& field : attribute_fields(kind)) {
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", field.name);
    if (!field.default_text.empty()) text += " = " + field.default_text;
  }
  return text.empty() ? "–" : text;
}

std::string traits_of(OpKind kind) {
  std::string text;
  if (has_trait(kind, kCommutative)) text += "commutative";
  if (has_trait(kind, kCostly)) text += std::string(text.empty() ? "" : ", ") + "costly";
  return text;
}

std::string bound(double ulps, double absolute) {
  if (absolute == 0) return fmt::format("{}", ulps);
  return fmt::format("{}, or {} absolute", ulps, absolute);
}

std::string error_table() {
  std::string table = "\n| function | value | gradient | |\n|---|---|---|---|\n";
  for (const proof::Accuracy& row : proof::kAccuracies)
    table += fmt::format("| `{}` | {} | {} | {} |\n", row.function, bound(row.value, row.value_error),
                         bound(row.gradient, row.gradient_error), row.remark);
  return table + "\n";
}

std::map<std::string, std::string> tables() {
  std::map<std::string, std::string> tables;
  for (size_t i = 0; i < kOpCount; ++i) {
    const auto kind = static_cast<OpKind>(i);
    const OpDescription& description = describe(kind);
    std::string& table = tables["ops of " + group_of(kind)];
    if (table.empty()) table = "\n| op | y | type of y | attributes | gradient | |\n|---|---|---|---|---|---|\n";
    table += fmt::format("| `{}{}` | {} | {} | {} | {} | {} |\n", mnemonic(kind), operands_of(kind), description.result,
                         type_of(kind), attributes_of(kind), description.gradient, traits_of(kind));
  }
  for (auto& [name, table] : tables) table += "\n";
  tables["errors of functions"] = error_table();
  return tables;
}

}  // namespace
}  // namespace minnow

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: ir_reference DOCUMENT.md\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  std::stringstream text;
  text << file.rdbuf();
  return minnow::print_with_parts(text.str(), minnow::tables()) ? 0 : 1;
}
