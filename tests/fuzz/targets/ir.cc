// The IR's text: what the parser accepts, the verifier accepts, too, and it prints as text that parses to the same.
#include "ir/text.h"
#include "ir/verify.h"
#include "tests/fuzz/targets/targets.h"

namespace minnow::testing {

void fuzz_ir(std::string_view bytes) {
  const auto module = parse_module(bytes, "fuzz.ir");
  if (!module) return;
  const Status status = verify(**module);
  MINNOW_CHECK(status.has_value(), "{}", status.error().to_string());
  const std::string text = print(**module);
  const auto again = parse_module(text, "again.ir");
  MINNOW_CHECK(again.has_value(), "{}\n{}", again.error().to_string(), text);
  MINNOW_CHECK(print(**again) == text, "prints differently the second time:\n{}", text);
}

}  // namespace minnow::testing
