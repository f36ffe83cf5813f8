// Puts the mnemonics of the op table into the editor's grammar, so that it cannot go stale.
//
//   editor_grammar tools/editor/minnow-ir.tmLanguage.json     prints the grammar with fresh mnemonics
#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <string>

#include "ir/op_kind.h"

namespace minnow {
namespace {

constexpr std::string_view kBefore = "(?<== )(";  // what stands around them in the rule of ops
constexpr std::string_view kBehind = ")";

std::string mnemonics() {
  std::string text;
  for (size_t i = 0; i < kOpCount; ++i)
    text += fmt::format("{}{}", i == 0 ? "" : "|", mnemonic(static_cast<OpKind>(i)));
  return text;
}

}  // namespace
}  // namespace minnow

int main(int argc, char** argv) {
  using namespace minnow;
  std::ifstream file(argc == 2 ? argv[1] : "");
  std::stringstream bytes;
  bytes << file.rdbuf();
  std::string text = bytes.str();
  const size_t begin = text.find(kBefore);
  const size_t end = begin == std::string::npos ? begin : text.find(kBehind, begin + kBefore.size());
  if (end == std::string::npos) {
    fmt::print(stderr, "usage: editor_grammar GRAMMAR.json, with the place of the mnemonics: {}\n", kBefore);
    return 2;
  }
  text.replace(begin + kBefore.size(), end - begin - kBefore.size(), mnemonics());
  fmt::print("{}", text);
  return 0;
}
