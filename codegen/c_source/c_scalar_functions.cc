#include <algorithm>

#include "codegen/c_source/c_source.h"

namespace minnow {
namespace {

constexpr std::string_view kScalarFunctions =
#include "codegen/c_source/scalar_functions.c.inc"
    ;

// Cut behind each function: they are apart by an empty line.
std::vector<std::string_view> scalar_functions() {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at < kScalarFunctions.size();) {
    const size_t end = std::min(kScalarFunctions.find("\n\n", at), kScalarFunctions.size());
    parts.push_back(kScalarFunctions.substr(at, end - at));
    at = end + 2;
  }
  return parts;
}

// "minnow_exp("
std::string_view call_of(std::string_view function) {
  const size_t begin = function.find("minnow_", function.find("static "));
  return function.substr(begin, function.find('(', begin) + 1 - begin);
}

}  // namespace

// From the last to the first, since each calls earlier ones only.
std::string c_scalar_functions(const std::string& statements) {
  std::string made;
  const std::vector<std::string_view> functions = scalar_functions();
  for (auto function = functions.rbegin(); function != functions.rend(); ++function) {
    const std::string_view call = call_of(*function);
    if (statements.find(call) == statements.npos && made.find(call) == made.npos) continue;
    made = std::string(*function) + (function->ends_with('\n') ? "\n" : "\n\n") + made;
  }
  return made;
}

}  // namespace minnow
