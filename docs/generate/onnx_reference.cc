// Prints docs/onnx.md with its tables of operators and of ONNX's own cases brought up to date.
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "docs/generate/marked_places.h"
#include "frontend/onnx/onnx_rule.h"

namespace minnow {
namespace {

std::string known_inputs(const OnnxRule& rule) {
  std::string text;
  for (uint32_t i = 0; i < 32; ++i)
    if ((rule.known >> i & 1) != 0) text += fmt::format("{}{}", text.empty() ? "" : ", ", i);
  return text.empty() ? "–" : text;
}

std::string operator_table() {
  std::map<std::string, const OnnxRule*> by_name;
  for (const OnnxRule& rule : onnx_rules())
    by_name.emplace(fmt::format("{}{}{}", rule.domain, rule.domain.empty() ? "" : ".", rule.op), &rule);
  std::map<std::string, std::string> ops_by_known;
  for (const auto& [name, rule] : by_name) {
    std::string& ops = ops_by_known[known_inputs(*rule)];
    ops += fmt::format("{}`{}`", ops.empty() ? "" : ", ", name);
  }
  std::string table = "\n| inputs that must be known, from 0 | operators |\n|---|---|\n";
  for (const auto& [known, ops] : ops_by_known) table += fmt::format("| {} | {} |\n", known, ops);
  return table + "\n";
}

// "node/abs pass", "node/bernoulli refused: ..."
std::string case_table(const std::string& path) {
  std::map<std::string, std::pair<int, int>> groups;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::string group = line.substr(0, line.find('/'));
    const bool passes = line.ends_with(" pass");
    passes ? ++groups[group].first : ++groups[group].second;
  }
  std::string table = "\n| cases | as ONNX has them | refused |\n|---|---|---|\n";
  for (const auto& [group, counts] : groups)
    table += fmt::format("| {} | {} | {} |\n", group, counts.first, counts.second);
  return table + "\n";
}

}  // namespace
}  // namespace minnow

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: onnx_reference EXPECTED.txt DOCUMENT.md\n");
    return 2;
  }
  std::ifstream file(argv[2]);
  std::stringstream text;
  text << file.rdbuf();
  const std::map<std::string, std::string> parts = {{"operators of ONNX", minnow::operator_table()},
                                                    {"cases of ONNX", minnow::case_table(argv[1])}};
  return minnow::print_with_parts(text.str(), parts) ? 0 : 1;
}
