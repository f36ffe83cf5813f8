#include "passes/group/check_kernels.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "ir/text.h"

namespace minnow {
namespace {

// The error of a function over %x: f32[32,3] and %w: f32[3] whose only op is this loop.
std::string error_of(std::string_view loop, std::string_view type = "f32[32,3]") {
  const auto module = parse_module(
      fmt::format("func @f(%x: f32[32,3], %w: f32[3]) -> ({}) {{ %0 = loop{} return %0 }}", type, loop), "test.ir");
  EXPECT_TRUE(module) << (module ? "" : module.error().to_string());
  if (!module) return "";
  const Status status = check_kernels(*(*module)->functions[0]);
  return status ? "" : status.error().message;
}

TEST(CheckKernels, TakesLoopsAsTilingMakesThem) {
  EXPECT_EQ(
      error_of("(%a = %x) {count = 2, block = 16, split = [0]} : f32[32,3] { %b = exp(%a) : f32[16,3] return %b }"),
      "");
  EXPECT_EQ(error_of("(%a = %x, %w = %w) {count = 2, block = 16, split = [0], sum = [0]} : f32[3] { "
                     "%b = broadcast(%w) {dims = [1]} : f32[16,3] %c = fused(%d = %a, %e = %b) : f32[16,3] { "
                     "%f = add(%d, %e) : f32[16,3] return %f } %g = reduce_sum(%c) {dims = [0]} : f32[3] return %g }",
                     "f32[3]"),
            "");
}

TEST(CheckKernels, RefusesLoopsThatOnlyTheInterpreterRuns) {
  EXPECT_EQ(error_of("(%a = %x) {count = 8, block = 4, split = [0]} : f32[32,3] { %b = exp(%a) : f32[4,3] return %b }"),
            "%0 = loop has blocks of 4 examples; compiled code has 16");
  EXPECT_EQ(error_of("(%a = %x) {count = 2, block = 16, split = [0], sum = [0]} : f32[3] { "
                     "%b = reduce_max(%a) {dims = [0]} : f32[3] return %b }",
                     "f32[3]"),
            "%b0 = reduce_max does not do the same for every example, inside a loop");
  EXPECT_EQ(error_of("(%a = %x, %w = %w) {count = 2, block = 16, split = [0], sum = [0]} : f32[3] { "
                     "%b = exp(%w) : f32[3] return %b }",
                     "f32[3]"),
            "%b0 = exp does not do the same for every example, inside a loop");
  EXPECT_EQ(
      error_of(
          "(%a = %x) {count = 2, block = 16, split = [0]} : f32[32,16] { %b = reduce_max(%a) {dims = [1]} : f32[16] "
          "%c = broadcast(%b) {dims = [1]} : f32[16,16] return %c }",
          "f32[32,16]"),
      "%b1 = broadcast does not do the same for every example, inside a loop");
  EXPECT_EQ(error_of("(%a = %x) {count = 2, block = 16, split = [0], sum = [0]} : f32[3] { "
                     "%b = reduce_sum(%a) {dims = [0]} : f32[3] %c = exp(%b) : f32[3] return %c }",
                     "f32[3]"),
            "%b1 = exp uses a sum over examples inside the loop");
  EXPECT_EQ(
      error_of(
          "(%a = %x) {count = 2, block = 16, split = [0], sum = [0]} : f32[3,3,1] { %b = reshape(%a) : f32[16,3,1] "
          "%c = conv_filter(%b, %b) {shape = [3, 3, 1]} : f32[3,3,1] return %c }",
          "f32[3,3,1]"),
      "%b1 = conv_filter adds up a filter that is not of images, inside a loop");
  EXPECT_EQ(
      error_of("(%a = %x, %w = %w) {count = 2, block = 16, split = [0], sum = [0]} : f32[3] { return %w }", "f32[3]"),
      "%0 = loop has a result 0 that is added up, but no sum over examples of its own");
  EXPECT_EQ(
      error_of(
          "(%a = %x) {count = 2, block = 16, split = [0], sum = [0]} : f32[3,3] { %b = fused(%c = %a) {kind = contraction} "
          ": f32[3,3] { %d = dot(%c, %c) {contract = [0, 0]} : f32[3,3] return %d } return %b }",
          "f32[3,3]"),
      "%d0 = dot sums over examples in a kernel with other ops");
}

TEST(CheckKernels, RefusesSumsThatTheLoopDoesNotReturn) {
  EXPECT_EQ(error_of("(%a = %x) {count = 2, block = 16, split = [0]} : f32[32,3] { %b = exp(%a) : f32[16,3] "
                     "%c = reduce_sum(%a) {dims = [0]} : f32[3] return %b }"),
            "%b1 = reduce_sum sums over examples what the loop does not return");
}

// The error of a fused op on %x: f32[4,4] and %w: f32[4,4] with this body.
Error fused_error(std::string_view kind, std::string_view type, std::string_view body) {
  const std::string text = fmt::format(
      "func @f(%x: f32[4,4], %w: f32[4,4]) -> ({1}) {{\n  %0 = fused(%a = %x, %w = %w) {{kind = {0}}} : {1} {{\n{2} }}\n"
      "  return %0\n}}",
      kind, type, body);
  OpPlaces places;
  const auto module = parse_module(text, "test.ir", &places);
  EXPECT_TRUE(module) << (module ? "" : module.error().to_string());
  if (!module) return {};
  const Status status = check_kernels(*(*module)->functions[0], places);
  return status ? Error{} : status.error();
}

constexpr std::string_view kSoftmax = R"(
    %b = reduce_max(%a) {dims = [1]} : f32[4]
    %c = broadcast(%b) {dims = [0]} : f32[4,4]
    %d = sub(%a, %c) : f32[4,4]
    return %d)";
constexpr std::string_view kDense = R"(
    %b = dot(%a, %w) : f32[4,4]
    %c = exp(%b) : f32[4,4]
    return %c)";
constexpr std::string_view kElements = R"(
    %b = add(%a, %w) : f32[4,4]
    %c = exp(%b) : f32[4,4]
    return %c)";

TEST(CheckKernels, TakesBodiesOfTheirKind) {
  EXPECT_EQ(fused_error("row", "f32[4,4]", kSoftmax).message, "");
  EXPECT_EQ(fused_error("contraction", "f32[4,4]", kDense).message, "");
  EXPECT_EQ(fused_error("loop", "f32[4,4]", kElements).message, "");
}

// Of %x: f32[1,2,2,2], which is as long in any order, and a filter [KH,KW,I,O].
std::string channels_last_error(std::string_view body, std::string_view w = "f32[1,1,2,2]") {
  const auto module = parse_module(
      fmt::format("func @f(%x: f32[1,2,2,2], %w: {}) -> (f32[1,2,2,2]) {{ %0 = fused(%a = %x, %w = %w) {{kind = "
                  "contraction}} : f32[1,2,2,2] {{ {} return %y }} return %0 }}",
                  w, body),
      "test.ir");
  EXPECT_TRUE(module) << (module ? "" : module.error().to_string());
  if (!module) return "";
  const Status status = check_kernels(*(*module)->functions[0]);
  return status ? "" : status.error().message;
}

TEST(CheckKernels, TakesConvolutionsWithChannelsLastFromImagesToResult) {
  const std::string filter = "%v = transpose(%w) {dims = [3, 2, 0, 1]} : f32[2,2,1,1] ";
  const std::string images = "%b = transpose(%a) {dims = [0, 3, 1, 2]} : f32[1,2,2,2] ";
  const std::string ends = "%d = transpose(%c) {dims = [0, 2, 3, 1]} : f32[1,2,2,2] ";
  const std::string conv = "%c = conv(%b, %v) : f32[1,2,2,2] ", exp = "%y = exp(%d) : f32[1,2,2,2] ";
  EXPECT_EQ(channels_last_error(filter + images + conv + ends + exp), "");
  EXPECT_EQ(channels_last_error(filter + "%c = conv(%a, %v) : f32[1,2,2,2] " + ends + exp), "");
  EXPECT_EQ(channels_last_error(filter + images + conv + "%y = exp(%c) : f32[1,2,2,2] "),
            "%b2 = conv in a body of kind contraction: where the channels of a filter are last, the result's are put "
            "last, too");
  EXPECT_EQ(channels_last_error(filter + images + conv + ends + "%y = add(%c, %d) : f32[1,2,2,2] "),
            "%b2 = conv in a body of kind contraction: it would be computed several times for each element");
  EXPECT_EQ(channels_last_error(images + "%c = conv(%b, %w) : f32[1,2,2,2] " + ends + exp, "f32[2,2,1,1]"),
            "%b0 = transpose in a body of kind contraction: only elementwise ops follow a contraction in its tiles");
}

TEST(CheckKernels, SaysOfWhichKindABodyIs) {
  const Error row = fused_error("row", "f32[4,4]", kElements);
  EXPECT_EQ(row.where, "test.ir:2:8");
  EXPECT_EQ(row.message, "%0 = fused is of kind row, but it reduces no trailing dimensions");
  EXPECT_EQ(row.hint, "it is a body of {kind = loop}; --backend=interpreter runs it");
  const Error loop = fused_error("loop", "f32[4,4]", kSoftmax);
  EXPECT_EQ(loop.where, "test.ir:4:10");
  EXPECT_EQ(loop.message, "%b0 = reduce_max in a body of kind loop: a loop over elements cannot compute it well");
  EXPECT_EQ(loop.hint, "it is a body of {kind = row}; --backend=interpreter runs it");
  const Error contraction = fused_error("contraction", "f32[4,4]", kElements);
  EXPECT_EQ(contraction.message,
            "%0 = fused is of kind contraction, but it holds no dot, convolution or gradient of a pooling that writes "
            "each once");
}

TEST(CheckKernels, RefusesBodiesOfNoKind) {
  const auto message = [](std::string_view kind, std::string_view body, std::string_view type = "f32[4,4]") {
    const Error error = fused_error(kind, type, body);
    EXPECT_EQ(error.hint, error.message.empty() ? "" : "--backend=interpreter runs it");
    return error.message;
  };
  EXPECT_EQ(message("loop", "return %a"), "%0 = fused is of kind loop, but it returns what none of its ops computes");
  EXPECT_EQ(
      message("contraction", "%b = dot(%a, %w) : f32[4,4] %c = transpose(%b) {dims = [1, 0]} : f32[4,4] return %c"),
      "%b1 = transpose in a body of kind contraction: only elementwise ops follow a contraction in its tiles");
  EXPECT_EQ(message("contraction",
                    "%k = constant {value = 1} : f32[] %b = broadcast(%k) {dims = []} : f32[2,2] "
                    "%c = dot(%a, %w) : f32[4,4] return %c"),
            "%b1 = broadcast in a body of kind contraction: its shape is not the contraction's");
  EXPECT_EQ(
      message("contraction", "%b = exp(%a) : f32[4,4] %c = dot(%b, %w) : f32[4,4] return %c"),
      "%b1 = dot in a body of kind contraction: a contraction reads its operands many times, so they are computed "
      "before it");
  EXPECT_EQ(message("contraction", "%b = dot(%a, %w) : f32[4,4] %c = dot(%a, %b) : f32[4,4] return %c"),
            "%b1 = dot in a body of kind contraction: only elementwise ops follow a contraction in its tiles");
  EXPECT_EQ(message("row",
                    "%b = reduce_sum(%a) {dims = [1]} : f32[4] %c = broadcast(%b) {dims = [1]} : f32[4,4] return "
                    "%c"),
            "%b1 = broadcast in a body of kind row: a column would come out of rows that are still being computed");
  EXPECT_EQ(message("row",
                    "%k = constant {value = 1} : f32[] %b = broadcast(%k) {dims = []} : f32[2,2] "
                    "%c = reduce_sum(%a) {dims = [1]} : f32[4] return %c",
                    "f32[4]"),
            "%b1 = broadcast in a body of kind row: it does not fit the kernel's rows");
  EXPECT_EQ(message("row",
                    "%b = reduce_sum(%a) {dims = [1]} : f32[4] %c = transpose(%w) {dims = [1, 0]} : f32[4,4] "
                    "return %c"),
            "%b1 = transpose in a body of kind row: it does not fit the kernel's rows");
  EXPECT_EQ(message("loop",
                    "%b = exp(%a) : f32[4,4] %c = transpose(%b) {dims = [1, 0]} : f32[4,4] "
                    "%d = add(%b, %c) : f32[4,4] return %d"),
            "%b0 = exp in a body of kind loop: it would be computed several times for each element");
}

// As the ops lead to one another, so deep goes emission.
TEST(CheckKernels, RefusesBodiesOfVeryManyOps) {
  const auto chain = [](size_t length) {
    std::string body = "%b0 = neg(%a) : f32[4,4] ";
    for (size_t i = 1; i < length; ++i) body += fmt::format("%b{} = neg(%b{}) : f32[4,4] ", i, i - 1);
    return body + fmt::format("return %b{}", length - 1);
  };
  EXPECT_EQ(fused_error("loop", "f32[4,4]", chain(256)).message, "");
  EXPECT_EQ(fused_error("loop", "f32[4,4]", chain(257)).message,
            "%0 = fused is of kind loop, but it has more ops than one kernel may have");
}

}  // namespace
}  // namespace minnow
