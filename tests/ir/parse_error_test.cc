// What the parser says of text that is wrong; and that nothing makes it crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ir/text.h"

namespace minnow {
namespace {

std::string error_of(std::string_view text) {
  const auto module = parse_module(text, "test.ir");
  return module ? "no error" : module.error().to_string();
}

// The error of an op that stands on line 2, in column 1, of a function of %x: f32[2,3] and %p: pred[2,3].
std::string error_of_op(std::string_view op) {
  return error_of(fmt::format("func @f(%x: f32[2,3], %p: pred[2,3]) -> () {{\n{}\nreturn }}", op));
}

TEST(ParseError, Functions) {
  EXPECT_EQ(error_of("fun @f"), "test.ir:1:1: error: expected 'func', found 'fun'");
  EXPECT_EQ(error_of("func f()"), "test.ir:1:6: error: expected a function's @name, found 'f'");
  EXPECT_EQ(error_of("func @f"), "test.ir:1:8: error: expected '(', found the end of the file");
  EXPECT_EQ(error_of("func @f(x: f32[])"), "test.ir:1:9: error: expected a parameter's %name, found 'x'");
  EXPECT_EQ(error_of("func @f(%x f32[])"), "test.ir:1:12: error: expected ':', found 'f32'");
  EXPECT_EQ(error_of("func @f(%x: f32[], %x: f32[])"), "test.ir:1:20: error: redefinition of %x");
  EXPECT_EQ(error_of("func @f(%0: f32[])"),
            "test.ir:1:9: error: a parameter's name begins with a letter or is quoted, unlike %0");
  EXPECT_EQ(error_of("func @f(%x: f32[] wait)"),
            "test.ir:1:19: error: expected weight, state, scalar, ',' or ')', found 'wait'");
  EXPECT_EQ(error_of("func @f() {"), "test.ir:1:11: error: expected '->', found '{'");
  EXPECT_EQ(error_of("func @f() -> () { return }\n\nfunc @f() -> () { return }"),
            "test.ir:3:1: error: redefinition of @f");
  EXPECT_EQ(error_of("func @\"\"() -> () { return }"), "test.ir:1:1: error: @\"\": a function without a name");
  EXPECT_EQ(error_of("func @f() -> () { add }"),
            "test.ir:1:19: error: expected an op's %result or 'return', found 'add'");
}

// An index is moved to the nearest row, which a table of no rows does not have.
TEST(ParseError, IndicesOfATableWithoutRows) {
  const auto gather = [](int rows, int indices, int columns) {
    return error_of(
        fmt::format("func @f(%t: f32[{0},{2}], %i: i32[{1}]) -> (f32[{1},{2}]) {{\n"
                    "%0 = gather(%t, %i) : f32[{1},{2}]\nreturn %0 }}",
                    rows, indices, columns));
  };
  const auto scatter = [](int rows, int indices, int columns) {
    return error_of(
        fmt::format("func @f(%u: f32[{1},{2}], %i: i32[{1}]) -> (f32[{0},{2}]) {{\n"
                    "%0 = scatter_add(%u, %i) {{size = {0}}} : f32[{0},{2}]\nreturn %0 }}",
                    rows, indices, columns));
  };
  for (const int columns : {0, 3}) {
    EXPECT_EQ(gather(0, 2, columns), "test.ir:2:6: error: gather: the 2 indices are of a table without rows");
    EXPECT_EQ(scatter(0, 2, columns), "test.ir:2:6: error: scatter_add: the 2 indices are of a table without rows");
    for (const auto& [rows, indices] : {std::pair(0, 0), std::pair(2, 0), std::pair(2, 2)}) {
      EXPECT_EQ(gather(rows, indices, columns), "no error");
      EXPECT_EQ(scatter(rows, indices, columns), "no error");
    }
  }
}

TEST(ParseError, Results) {
  EXPECT_EQ(error_of("func @f(%x: f32[]) -> (f32[]) { return }"),
            "test.ir:1:33: error: expected 1 returned values, found 0");
  EXPECT_EQ(error_of("func @f(%x: f32[]) -> (y: f32[2]) { return %x }"),
            "test.ir:1:27: error: result 0 is written as f32[2], but f32[] is returned");
  EXPECT_EQ(error_of("func @f(%x: f32[]) -> (y: f32[], y: f32[]) { return %x, %x }"),
            "test.ir:1:1: error: @f: two results are named y");
  EXPECT_EQ(error_of("func @f(%w: f32[2] weight, %x: f32[]) -> (w: f32[]) { return %x }"),
            "test.ir:1:1: error: @f: result w of type f32[] cannot replace the weight parameter of type f32[2]");
  EXPECT_EQ(error_of("func @f() -> () { return"), "test.ir:1:25: error: expected '}', found the end of the file");
}

TEST(ParseError, Types) {
  const auto error_of_type = [](std::string_view type) { return error_of(fmt::format("func @f(%x: {})", type)); };
  EXPECT_EQ(error_of_type("f33[2]"), "test.ir:1:13: error: expected a type such as f32[64,10], found 'f33'");
  EXPECT_EQ(error_of_type("7"), "test.ir:1:13: error: expected a type such as f32[64,10], found '7'");
  EXPECT_EQ(error_of_type("f32"), "test.ir:1:16: error: expected '[', found ')'");
  EXPECT_EQ(error_of_type("f32[2 3]"), "test.ir:1:19: error: expected ',', found '3'");
  EXPECT_EQ(error_of_type("f32[2,]"), "test.ir:1:19: error: expected an integer, found ']'");
  EXPECT_EQ(error_of_type("f32[1.5]"), "test.ir:1:17: error: expected an integer, found '1.5'");
  EXPECT_EQ(error_of_type("f32[-1]"), "test.ir:1:17: error: -1 is no size of a dimension");
  EXPECT_EQ(error_of_type("f32[0,4294967296]"), "test.ir:1:19: error: 4294967296 is no size of a dimension");
  EXPECT_EQ(error_of_type("f32[99999999999999999999]"),
            "test.ir:1:17: error: 99999999999999999999 does not fit 64 bits");
  EXPECT_EQ(error_of_type("f32[65536,65536]"), "test.ir:1:13: error: f32[65536,65536] has more than 2^31 elements");
  EXPECT_EQ(error_of_type("f32[1,1,1,1,1,1,1,1,1]"), "test.ir:1:13: error: 9 dimensions; at most 8 are allowed");
}

TEST(ParseError, Ops) {
  EXPECT_EQ(error_of_op("%0 = ad(%x, %x) : f32[2,3]"),
            "test.ir:2:6: error: unknown op 'ad'\n  hint: did you mean add?");
  EXPECT_EQ(error_of_op("%0 = frobnicate(%x) : f32[2,3]"), "test.ir:2:6: error: unknown op 'frobnicate'");
  EXPECT_EQ(error_of_op("%0 = 3"), "test.ir:2:6: error: expected an op, found '3'");
  EXPECT_EQ(error_of_op("%0 add"), "test.ir:2:4: error: expected '=', found 'add'");
  EXPECT_EQ(error_of_op("%0 = neg(%y) : f32[2,3]"), "test.ir:2:10: error: unknown value %y\n  hint: did you mean %p?");
  EXPECT_EQ(error_of_op("%0 = neg(%weight) : f32[2,3]"), "test.ir:2:10: error: unknown value %weight");
  EXPECT_EQ(error_of_op("%long = neg(%long) : f32[2,3]"), "test.ir:2:13: error: unknown value %long");
  EXPECT_EQ(error_of_op("%x = neg(%x) : f32[2,3]"), "test.ir:2:1: error: redefinition of %x");
  EXPECT_EQ(error_of_op("%0 = neg(x) : f32[2,3]"), "test.ir:2:10: error: expected a %value, found 'x'");
  EXPECT_EQ(error_of_op("%0 = neg(%x) f32[2,3]"), "test.ir:2:14: error: expected ':', found 'f32'");
  EXPECT_EQ(error_of_op("%0, %1 = neg(%x) : f32[2,3]"), "test.ir:2:1: error: 2 results, but 1 types");
  EXPECT_EQ(error_of_op("%0, %1 = neg(%x) : f32[2,3], f32[2,3]"),
            "test.ir:2:5: error: neg has one result; only fused and loop may have several");
  EXPECT_EQ(error_of_op("%0 = neg(%x) : f32[3]"),
            "test.ir:2:16: error: the type is written as f32[3], but neg gives f32[2,3]");
  EXPECT_EQ(error_of_op("%0 = neg(%p) : pred[2,3]"),
            "test.ir:2:6: error: neg needs a float or i32 operand, not pred[2,3]");
  EXPECT_EQ(error_of_op("%0 = add(%x) : f32[2,3]"), "test.ir:2:6: error: add takes 2 operands, not 1");
  EXPECT_EQ(error_of_op("%0 = concat() : f32[2,3]"), "test.ir:2:6: error: concat needs at least one operand");
}

TEST(ParseError, Attributes) {
  EXPECT_EQ(error_of_op("%0 = neg(%x) {dims = [1]} : f32[2,3]"),
            "test.ir:2:15: error: neg has no attribute 'dims'\n  hint: it has none");
  EXPECT_EQ(error_of_op("%0 = slice(%x) {begin = [1]} : f32[2,3]"),
            "test.ir:2:17: error: slice has no attribute 'begin'\n  hint: slice has start, limit, stride");
  EXPECT_EQ(error_of_op("%0 = argmax(%x) {dim = 1, dim = 1} : i32[2]"),
            "test.ir:2:27: error: attribute 'dim' is given twice");
  EXPECT_EQ(error_of_op("%0 = argmax(%x) {dim} : i32[2]"), "test.ir:2:21: error: expected '=', found '}'");
  EXPECT_EQ(error_of_op("%0 = argmax(%x) {dim = [1]} : i32[2]"), "test.ir:2:24: error: expected an integer, found '['");
  EXPECT_EQ(error_of_op("%0 = argmax(%x) {dim = 1 : i32[2]"), "test.ir:2:26: error: expected '}', found ':'");
  EXPECT_EQ(error_of_op("%0 = argmax(%x) {1} : i32[2]"),
            "test.ir:2:18: error: expected the name of an attribute, found '1'");
  EXPECT_EQ(error_of_op("%0 = argmax(%x) {dim = 2} : i32[2]"),
            "test.ir:2:6: error: dimension 2 does not exist in a tensor of rank 2");
  EXPECT_EQ(error_of_op("%0 = transpose(%x) {dims = 1} : f32[3,2]"), "test.ir:2:28: error: expected '[', found '1'");
  EXPECT_EQ(error_of_op("%0 = dot(%x, %x) {contract = [1]} : f32[2,2]"),
            "test.ir:2:30: error: expected 2 integers, found 1");
  EXPECT_EQ(error_of_op("%0 = dot(%x, %x) : f32[2,2]"),
            "test.ir:2:6: error: dot of f32[2,3] and f32[2,3]: dimension 1 of the first does not match dimension 0 of "
            "the second");
  EXPECT_EQ(error_of_op("%0 = dot(%x, %x) {contract = [2, 1]} : f32[2,2]"),
            "test.ir:2:6: error: dimension 2 does not exist in a tensor of rank 2");
  EXPECT_EQ(error_of_op("%0 = dot(%x, %x) {contract = [1, 0], batch = 1} : f32[2]"),
            "test.ir:2:6: error: dot: dimension 0 of f32[2,3] cannot be summed over: the first 1 are the batch");
  EXPECT_EQ(error_of_op("%0 = dot(%x, %x) {contract = [1, 1], batch = 2} : f32[2]"),
            "test.ir:2:6: error: dot: 2 of the 2 dimensions of f32[2,3] cannot be the batch: one is summed over");
  EXPECT_EQ(error_of_op("%0 = dot(%x, %x) {contract = [1, 1], batch = -1} : f32[2]"),
            "test.ir:2:6: error: dot: -1 of the 2 dimensions of f32[2,3] cannot be the batch: one is summed over");
  EXPECT_EQ(error_of_op("%0 = constant {value = one} : f32[]"), "test.ir:2:24: error: expected a number, found 'one'");
  EXPECT_EQ(error_of_op("%0 = constant {value = 1e999} : f32[]"), "test.ir:2:24: error: 1e999 does not fit a double");
  EXPECT_EQ(error_of_op("%0 = constant {value = 1x} : f32[]"), "test.ir:2:24: error: expected a number, found '1x'");
  EXPECT_EQ(error_of_op("%0 = constant {value = [1, 2]} : f32[3]"),
            "test.ir:2:6: error: constant of type f32[3] needs 1 or 3 values, not 2");
}

TEST(ParseError, OpsOverSpace) {
  const auto conv = [](const std::string& x, const std::string& w, const std::string& attributes) {
    return error_of("func @f(%x: f32[" + x + "], %w: f32[" + w + "]) -> () {\n%0 = conv(%x, %w) {" + attributes +
                    "} : f32[1]\nreturn }");
  };
  EXPECT_EQ(conv("1,1", "1,1", ""),
            "test.ir:2:6: error: conv needs operands over 1, 2 or 3 dimensions of space, [N,C,W] to [N,C,D,H,W], not "
            "f32[1,1]");
  EXPECT_EQ(conv("1,1,4,4,4,4", "1,1,1,1,1,1", ""),
            "test.ir:2:6: error: conv needs operands over 1, 2 or 3 dimensions of space, [N,C,W] to [N,C,D,H,W], not "
            "f32[1,1,4,4,4,4]");
  EXPECT_EQ(conv("1,1,4", "1,1,1,1", ""),
            "test.ir:2:6: error: conv needs float operands of rank 3 and one element type, not f32[1,1,1,1]");
  EXPECT_EQ(conv("1,1,4", "1,1,1", "stride = [1, 1]"),
            "test.ir:2:6: error: conv: stride has 2 numbers, but 1 are needed, one for each dimension of space");
  EXPECT_EQ(
      conv("1,1,4,4,4", "1,1,1,1,1", "pad = [1, 1, 1]"),
      "test.ir:2:6: error: conv: pad has 3 numbers, but 6 are needed, before and after for each dimension of space");
  EXPECT_EQ(conv("1,1,4,4", "1,1,1,1", "dilation = [1, 0]"),
            "test.ir:2:6: error: conv: dilation must be in [1, 1048576], not 0");
  EXPECT_EQ(conv("1,1,4,4,4", "1,1,1,5,1", ""),
            "test.ir:2:6: error: conv: filter f32[1,1,1,5,1] does not fit f32[1,1,4,4,4]");
  EXPECT_EQ(error_of("func @f(%x: f32[1,1,4]) -> () {\n%0 = window_sum(%x) {window = [5]} : f32[1]\nreturn }"),
            "test.ir:2:6: error: window_sum: window 5 does not fit f32[1,1,4]");
  EXPECT_EQ(error_of("func @f(%x: f32[1,1,4]) -> () {\n%0 = window_spread(%x) {window = [2], shape = [1, 1, 2, 4]} : "
                     "f32[1]\nreturn }"),
            "test.ir:2:6: error: window_spread needs a shape attribute of rank 3, not [1,1,2,4]");
}

TEST(ParseError, Locations) {
  EXPECT_EQ(error_of_op("%0 = neg(%x) : f32[2,3] loc(fc)"),
            "test.ir:2:29: error: expected a layer's name in quotes, found 'fc'");
  EXPECT_EQ(error_of_op("%0 = neg(%x) : f32[2,3] loc(\"fc\", backward)"),
            "test.ir:2:35: error: expected forward, gradient or update, found 'backward'");
  EXPECT_EQ(error_of_op("%0 = neg(%x) : f32[2,3] loc(\"fc)"),
            "test.ir:2:29: error: expected a layer's name in quotes, found a string without its closing quote");
  EXPECT_EQ(error_of_op(R"(%0 = neg(%x) : f32[2,3] loc("\n"))"),
            R"(test.ir:2:29: error: "\n" holds an escape other than \", \\ and \xNN)");
  EXPECT_EQ(error_of_op(R"(%0 = neg(%x) : f32[2,3] loc("\x1"))"),
            R"(test.ir:2:29: error: "\x1" holds an escape other than \", \\ and \xNN)");
}

TEST(ParseError, Bodies) {
  EXPECT_EQ(error_of_op("%0 = fused(%x) : f32[2,3] {"), "test.ir:2:14: error: expected '=', found ')'");
  EXPECT_EQ(error_of_op("%0 = fused(%a = %x, %a = %x) : f32[2,3]"), "test.ir:2:21: error: redefinition of %a");
  EXPECT_EQ(error_of_op("%0 = fused(%a = %x) : f32[2,3]"), "test.ir:3:1: error: expected '{', found 'return'");
  EXPECT_EQ(error_of_op("%0 = fused(%a = %x) {kind = 1} : f32[2,3]"),
            "test.ir:2:29: error: expected loop, row or contraction, found '1'");
  EXPECT_EQ(error_of_op("%0 = fused(%outside = %x) : f32[2,3] { return %x }"),
            "test.ir:2:47: error: unknown value %x\n  hint: a body sees only its own values");
  EXPECT_EQ(error_of_op("%0 = fused(%a = %x) : f32[3] { return %a }"),
            "test.ir:2:23: error: result 0 is written as f32[3], but f32[2,3] is returned");
  EXPECT_EQ(error_of_op("%0 = fused(%a = %x) : f32[2,3] { return %a, %a }"),
            "test.ir:2:34: error: expected 1 returned values, found 2");
  EXPECT_EQ(error_of_op("%0 = fused(%a = %x) : f32[2,3] { %0 = fused(%b = %a) : f32[2,3] { return %b } return %0 }"),
            "test.ir:2:39: error: fused may not hold fused");
}

TEST(ParseError, Loops) {
  const auto error_of_loop = [](std::string_view attributes, std::string_view type = "f32[2,3]") {
    return error_of_op(fmt::format("%0 = loop(%a = %x) {{{}}} : {} {{ return %a }}", attributes, type));
  };
  EXPECT_EQ(error_of_loop("split = [0]"),
            "test.ir:2:6: error: a loop of 0 iterations; there are at least 1 and at most 2147483648");
  EXPECT_EQ(error_of_loop("count = -1"),
            "test.ir:2:6: error: a loop of -1 iterations; there are at least 1 and at most 2147483648");
  EXPECT_EQ(error_of_loop("count = 99999999999"),
            "test.ir:2:6: error: a loop of 99999999999 iterations; there are at least 1 and at most 2147483648");
  EXPECT_EQ(error_of_loop("count = 4, split = [0]"),
            "test.ir:2:6: error: operand 0 is f32[2,3], which cannot be cut into 4 equal parts");
  EXPECT_EQ(error_of_loop("count = 2, split = [1]"), "test.ir:2:6: error: split names number 1, but there are 1");
  EXPECT_EQ(error_of_loop("count = 2, split = [0, 0]"), "test.ir:2:6: error: split names number 0 twice");
  EXPECT_EQ(error_of_loop("count = 2, split = [0], carry = [0]"),
            "test.ir:2:6: error: operand 0 is both split and carried");
  EXPECT_EQ(error_of_loop("count = 2, split = [0]", "f32[3]"),
            "test.ir:2:6: error: result 0 is f32[3], which is not 2 equal parts");
  EXPECT_EQ(error_of_loop("count = 2, carry = [0]", "f32[3]"),
            "test.ir:2:6: error: operand 0 is carried as f32[2,3], but result 0, its last value, is f32[3]");
  EXPECT_EQ(error_of_loop("count = 2, carry = [0], sum = [0]"),
            "test.ir:2:6: error: result 0 is a carried operand's last value and cannot be summed");
  EXPECT_EQ(error_of_loop("count = 1, split = [0], sum = [0]", "f32[3]"),
            "test.ir:2:58: error: result 0 is written as f32[3], but f32[2,3] is returned");
  EXPECT_EQ(error_of_loop("count = 2, block = 1"), "test.ir:2:6: error: a loop over blocks splits no operand");
  EXPECT_EQ(error_of_loop("count = 2, block = 2, split = [0]"),
            "test.ir:2:6: error: operand 0 is f32[2,3], which is not 2 blocks of 2");
  EXPECT_EQ(error_of_loop("count = 2, block = 1, carry = [0]"),
            "test.ir:2:6: error: a loop over blocks carries nothing and goes in order");
  EXPECT_EQ(error_of_loop("count = 2, reverse = 1"), "test.ir:2:42: error: expected true or false, found '1'");
  EXPECT_EQ(error_of_op("%0 = fused(%a = %x) : f32[2,3] { %0 = loop(%b = %a) {count = 1} : f32[2,3] { return %b } "
                        "return %0 }"),
            "test.ir:2:39: error: fused may not hold loop");
}

TEST(ParseError, LoopsWithinLoops) {
  std::string text = "return %x7";
  for (int i = 7; i >= 0; --i)
    text = fmt::format("%y = loop(%x{} = {}) {{count = 1, split = [0]}} : f32[2,3] {{ {} }} return %y", i,
                       i == 0 ? "%x" : fmt::format("%x{}", i - 1), text);
  EXPECT_EQ(error_of_op(text.substr(0, text.rfind(" return"))), "no error");
  std::string deeper = "return %x8";
  for (int i = 8; i >= 0; --i)
    deeper = fmt::format("%y = loop(%x{} = {}) {{count = 1, split = [0]}} : f32[2,3] {{ {} }} return %y", i,
                         i == 0 ? "%x" : fmt::format("%x{}", i - 1), deeper);
  EXPECT_THAT(error_of_op(deeper.substr(0, deeper.rfind(" return"))),
              ::testing::HasSubstr("loop lies in 8 bodies; at most 7 are allowed"));
}

TEST(ParseError, Characters) {
  EXPECT_EQ(error_of("func @f(%x: f32[]) -> () { return ; }"), "test.ir:1:35: error: expected '}', found ';'");
  EXPECT_EQ(error_of("\x01"), "test.ir:1:1: error: expected 'func', found '\\x01'");
  EXPECT_EQ(error_of(std::string_view("\0", 1)), "test.ir:1:1: error: expected 'func', found '\\x00'");
  EXPECT_EQ(error_of("// only\n%"), "test.ir:2:1: error: expected 'func', found '%'");
  EXPECT_EQ(error_of("/"), "test.ir:1:1: error: expected 'func', found '/'");
  EXPECT_EQ(error_of(std::string(100, 'z')),
            fmt::format("test.ir:1:1: error: expected 'func', found '{}...'", std::string(40, 'z')));
  EXPECT_EQ(error_of("// nothing at all"), "no error");
}

constexpr std::string_view kSample =
    "func @f(%x: f32[2,3], %\"w \\x01\": f32[4,3,3,3] weight) -> (y: f32[2,3]) {\n"
    "  %0 = constant {value = [1, -inf, 2.5e-3]} : f32[3]  loc(\"a\\\"b\", gradient)  // note\n"
    "  %1 = broadcast(%0) {dims = [1]} : f32[2,3]\n"
    "  %2 = pad(%1) {low = [0, 1], high = [0, 0], interior = [0, 0], value = 1} : f32[2,4]\n"
    "  %3, %4 = fused(%a0 = %1, %a1 = %x) {kind = row} : f32[2,3], f32[2] {\n"
    "    %b0 = add(%a0, %a1) : f32[2,3]\n"
    "    %b1 = reduce_sum(%b0) {dims = [1]} : f32[2]\n"
    "    return %b0, %b1\n"
    "  }\n"
    "  return %3\n"
    "}\n";

// Either outcome is right; what parses must print and parse again.
void expect_no_crash(const std::string& text) {
  const auto module = parse_module(text, "test.ir");
  if (!module) {
    EXPECT_TRUE(module.error().where.starts_with("test.ir:")) << module.error().to_string();
    return;
  }
  const std::string printed = print(**module);
  const auto again = parse_module(printed, "printed.ir");
  ASSERT_TRUE(again.has_value()) << again.error().to_string() << "\n" << printed;
  EXPECT_EQ(print(**again), printed);
}

TEST(ParseAnything, EveryPrefix) {
  ASSERT_EQ(error_of(kSample), "no error");
  for (size_t length = 0; length < kSample.size(); ++length) expect_no_crash(std::string(kSample.substr(0, length)));
}

TEST(ParseAnything, EveryByteChangedOrDropped) {
  for (size_t i = 0; i < kSample.size(); ++i) {
    std::string text(kSample);
    for (const char c : std::string_view("0-%@\"\\(){}[]:,=.ne\n/\0\xff", 22)) {
      text[i] = c;
      expect_no_crash(text);
    }
    expect_no_crash(std::string(kSample.substr(0, i)) + std::string(kSample.substr(i + 1)));
  }
}

TEST(ParseAnything, DeepNestingDoesNotRecurse) {
  std::string text = "func @f(%x: f32[]) -> () {\n";
  for (int i = 0; i < 100000; ++i) text += "%0 = fused(%x = %x) : f32[] {\n";
  EXPECT_EQ(error_of(text), "test.ir:3:6: error: fused may not hold fused");
  EXPECT_EQ(error_of_op("%0 = constant {value = " + std::string(100000, '[')),
            "test.ir:2:25: error: expected a number, found '['");
}

}  // namespace
}  // namespace minnow
