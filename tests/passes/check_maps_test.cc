#include "passes/check_maps.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ir/text.h"

namespace minnow {
namespace {

// The error of a function over %x: f32[32,3] and %w: f32[3] whose only op is this map.
std::string error_of(std::string_view map, std::string_view type = "f32[32,3]") {
  const auto module = parse_module(
      fmt::format("func @f(%x: f32[32,3], %w: f32[3]) -> ({}) {{ %0 = map{} return %0 }}", type, map), "test.ir");
  EXPECT_TRUE(module) << (module ? "" : module.error().to_string());
  if (!module) return "";
  const Status status = check_maps(*(*module)->functions[0]);
  return status ? "" : status.error().message;
}

TEST(CheckMaps, TakesWhatTilingMakes) {
  EXPECT_EQ(error_of("(%a = %x) {block = 16, split = [0]} : f32[32,3] { %b = exp(%a) : f32[16,3] return %b }"), "");
  EXPECT_EQ(error_of("(%a = %x, %w = %w) {block = 16, split = [0], sum = [0]} : f32[3] { "
                     "%b = broadcast(%w) {dims = [1]} : f32[16,3] %c = fused(%d = %a, %e = %b) : f32[16,3] { "
                     "%f = add(%d, %e) : f32[16,3] return %f } %g = reduce_sum(%c) {dims = [0]} : f32[3] return %g }",
                     "f32[3]"),
            "");
}

TEST(CheckMaps, RefusesWhatOnlyTheInterpreterRuns) {
  EXPECT_EQ(error_of("(%a = %x) {block = 4, split = [0]} : f32[32,3] { %b = exp(%a) : f32[4,3] return %b }"),
            "%0 = map has blocks of 4 examples; compiled code has 16");
  EXPECT_EQ(error_of("(%a = %x) {block = 16, split = [0], sum = [0]} : f32[3] { "
                     "%b = reduce_max(%a) {dims = [0]} : f32[3] return %b }",
                     "f32[3]"),
            "%b0 = reduce_max does not do the same for every example, inside a map");
  EXPECT_EQ(error_of("(%a = %x, %w = %w) {block = 16, split = [0], sum = [0]} : f32[3] { "
                     "%b = exp(%w) : f32[3] return %b }",
                     "f32[3]"),
            "%b0 = exp does not do the same for every example, inside a map");
  EXPECT_EQ(error_of("(%a = %x) {block = 16, split = [0]} : f32[32,16] { %b = reduce_max(%a) {dims = [1]} : f32[16] "
                     "%c = broadcast(%b) {dims = [1]} : f32[16,16] return %c }",
                     "f32[32,16]"),
            "%b1 = broadcast does not do the same for every example, inside a map");
  EXPECT_EQ(error_of("(%a = %x) {block = 16, split = [0], sum = [0]} : f32[3] { "
                     "%b = reduce_sum(%a) {dims = [0]} : f32[3] %c = exp(%b) : f32[3] return %c }",
                     "f32[3]"),
            "%b1 = exp uses a sum over examples inside the map");
  EXPECT_EQ(error_of("(%a = %x, %w = %w) {block = 16, split = [0], sum = [0]} : f32[3] { return %w }", "f32[3]"),
            "%0 = map has a result 0 that is added up, but no sum over examples of its own");
  EXPECT_EQ(error_of("(%a = %x) {block = 16, split = [0], sum = [0]} : f32[3] { %b = fused(%c = %a) : f32[3] { "
                     "%d = reduce_sum(%c) {dims = [0]} : f32[3] return %d } return %b }",
                     "f32[3]"),
            "%d0 = reduce_sum sums over examples in a kernel with other ops");
}

}  // namespace
}  // namespace minnow
