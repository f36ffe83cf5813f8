// Everything the printer writes, the parser reads back to the same text.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "ir/builder.h"
#include "ir/text.h"
#include "ir/verify.h"

namespace minnow {
namespace {

std::string reprint(const std::string& text) {
  const auto module = parse_module(text, "test.ir");
  return module ? print(**module) : module.error().to_string();
}

// The line of an op over %x: f32[2,3], %p: pred[2,3], %i: i32[2], %s: i32[], %m: f32[2,3,8,8], %w:
// f32[4,3,3,3], %y: f32[2,4,6,6], %h: f32[2,3,4,4].
const std::map<std::string_view, std::string>& example_lines() {
  static const std::map<std::string_view, std::string> lines = {
      {"constant", "constant {value = 0.5} : f32[2,3]"},
      {"iota", "iota {dim = 1} : i32[2,3]"},
      {"random", "random(%s, %s) {stream = 7} : f32[2,3]"},
      {"not", "not(%p) : pred[2,3]"},
      {"convert", "convert(%x) : i32[2,3]"},
      {"and", "and(%p, %p) : pred[2,3]"},
      {"or", "or(%p, %p) : pred[2,3]"},
      {"select", "select(%p, %x, %x) : f32[2,3]"},
      {"broadcast", "broadcast(%x) {dims = [0, 2]} : f32[2,5,3]"},
      {"reshape", "reshape(%x) : f32[6]"},
      {"transpose", "transpose(%x) {dims = [1, 0]} : f32[3,2]"},
      {"slice", "slice(%x) {start = [0, 1], limit = [2, 3], stride = [1, 2]} : f32[2,1]"},
      {"pad", "pad(%x) {low = [0, 1], high = [1, 0], interior = [0, 2], value = -inf} : f32[3,8]"},
      {"concat", "concat(%x, %x, %x) {dim = 1} : f32[2,9]"},
      {"reverse", "reverse(%x) {dims = [1]} : f32[2,3]"},
      {"gather", "gather(%x, %i) {dim = 1} : f32[2,2]"},
      {"scatter_add", "scatter_add(%x, %i) {size = 5} : f32[5,3]"},
      {"cumsum", "cumsum(%x) {dim = 1} : f32[2,3]"},
      {"argsort", "argsort(%x) {dim = 1, descending = true} : i32[2,3]"},
      {"reduce_sum", "reduce_sum(%x) {dims = [0, 1]} : f32[]"},
      {"reduce_max", "reduce_max(%x) {dims = [1]} : f32[2]"},
      {"argmax", "argmax(%x) {dim = 1} : i32[2]"},
      {"dot", "dot(%x, %x) {contract = [1, 1]} : f32[2,2]"},
      {"conv", "conv(%m, %w) {stride = [2, 1], pad = [1, 1, 0, 0]} : f32[2,4,4,6]"},
      {"conv_input", "conv_input(%y, %w) {shape = [2, 3, 8, 8]} : f32[2,3,8,8]"},
      {"conv_filter", "conv_filter(%m, %y) {shape = [4, 3, 3, 3]} : f32[4,3,3,3]"},
      {"window_max", "window_max(%m) {window = [2, 2], stride = [2, 2]} : f32[2,3,4,4]"},
      {"window_sum", "window_sum(%m) {window = [3, 3], pad = [1, 1, 1, 1]} : f32[2,3,8,8]"},
      {"window_spread", "window_spread(%h) {window = [2, 2], stride = [2, 2], shape = [2, 3, 8, 8]} : f32[2,3,8,8]"},
      {"window_pick", "window_pick(%m, %h) {window = [2, 2], stride = [2, 2]} : f32[2,3,8,8]"},
      {"fused",
       "fused(%a0 = %x) {kind = row} : f32[2,3]  loc(\"act\") {\n"
       "    %b0 = tanh(%a0) : f32[2,3]  loc(\"act\")\n"
       "    return %b0\n"
       "  }"},
      {"loop",
       "loop(%a0 = %x) {count = 2, split = [0]} : f32[2,3]  loc(\"act\") {\n"
       "    %b0 = fused(%c0 = %a0) : f32[1,3] {\n"
       "      %d0 = tanh(%c0) : f32[1,3]\n"
       "      return %d0\n"
       "    }\n"
       "    return %b0\n"
       "  }"},
  };
  return lines;
}

// A line for any op: its example, or what the traits of an elementwise op imply; empty if there is neither.
std::string example_line(const OpInfo& info) {
  const auto it = example_lines().find(info.mnemonic);
  if (it != example_lines().end()) return it->second;
  if ((info.traits & kElementwise) == 0) return "";
  std::string operands = "%x";
  for (int i = 1; i < info.operands; ++i) operands += ", %x";
  const char* dtype = (info.traits & kCompare) != 0 ? "pred" : "f32";
  return fmt::format("{}({}) : {}[2,3]", info.mnemonic, operands, dtype);
}

std::string type_in(const std::string& line) {
  const size_t start = line.find(" : ") + 3;
  return line.substr(start, line.find(']', start) + 1 - start);
}

class EveryOp : public testing::TestWithParam<size_t> {};

TEST_P(EveryOp, RoundTrips) {
  const OpInfo& info = op_info(static_cast<OpKind>(GetParam()));
  const std::string line = example_line(info);
  ASSERT_FALSE(line.empty()) << "write an example of " << info.mnemonic << " above";
  const std::string text = fmt::format(
      "func @f(%x: f32[2,3], %p: pred[2,3], %i: i32[2], %s: i32[] scalar, %m: f32[2,3,8,8], %w: f32[4,3,3,3] "
      "weight, %y: f32[2,4,6,6], %h: f32[2,3,4,4]) -> ({}) {{\n  %0 = {}\n  return %0\n}}\n",
      type_in(line), line);
  EXPECT_EQ(reprint(text), text);
}

INSTANTIATE_TEST_SUITE_P(Ops, EveryOp, testing::Range(size_t{0}, kOpCount),
                         [](const auto& info) { return std::string(op_info(static_cast<OpKind>(info.param)).name); });

// In 1, 2 and 3 dimensions of space. Lists at their defaults are not printed, however they were written.
TEST(RoundTrip, OpsOverSpace) {
  const std::string text = R"(func @f(%x: f32[2,3,8], %w: f32[4,3,3], %v: f32[2,3,4,6,4], %u: f32[4,3,2,3,3]) -> () {
  %0 = conv(%x, %w) {stride = [2], pad = [1, 2]} : f32[2,4,5]
  %1 = conv_input(%0, %w) {stride = [2], pad = [1, 2], shape = [2, 3, 8]} : f32[2,3,8]
  %2 = conv_filter(%x, %0) {stride = [2], pad = [1, 2], shape = [4, 3, 3]} : f32[4,3,3]
  %3 = window_max(%x) {window = [3], pad = [0, 2]} : f32[2,3,8]
  %4 = conv(%v, %u) {dilation = [1, 2, 1]} : f32[2,4,3,2,2]
  %5 = window_sum(%v) {window = [1, 2, 3], stride = [2, 2, 1]} : f32[2,3,2,3,2]
  %6 = window_spread(%5) {window = [1, 2, 3], stride = [2, 2, 1], shape = [2, 3, 4, 6, 4]} : f32[2,3,4,6,4]
  return
}
)";
  EXPECT_EQ(reprint(text), text);
  const std::string head = "func @f(%x: f32[1,1,4,4,4], %w: f32[1,1,2,2,2]) -> () {\n  %0 = conv(%x, %w)";
  const std::string tail = " : f32[1,1,3,3,3]\n  return\n}\n";
  EXPECT_EQ(reprint(head + " {stride = [1, 1, 1], pad = [0, 0, 0, 0, 0, 0], dilation = []}" + tail), head + tail);
}

TEST(RoundTrip, TrainStep) {
  const std::string text =
      R"(func @train_step(%x: f32[64,784], %fc.weight: f32[784,10] weight, %fc-1.momentum: f32[784,10] state, %lr: f32[] scalar) -> (loss: f32[], fc.weight: f32[784,10]) {
  %0 = dot(%x, %fc.weight) : f32[64,10]  loc("fc")
  %1, %2 = fused(%a0 = %0, %a1 = %lr) {kind = row} : f32[64,10], f32[]  loc("loss", gradient) {
    %b0 = broadcast(%a1) : f32[64,10]
    %b1 = mul(%a0, %b0) : f32[64,10]  loc("", update)
    %b2 = reduce_sum(%b1) {dims = [0, 1]} : f32[]
    return %b1, %b2
  }
  %3 = dot(%x, %1) {contract = [0, 0]} : f32[784,10]  loc("fc", gradient)
  %4 = sub(%fc.weight, %3) : f32[784,10]  loc("fc", update)
  return %2, %4
}

func @nothing() -> () {
  return
}
)";
  EXPECT_EQ(reprint(text), text);
}

TEST(RoundTrip, WritesOneForm) {
  const std::string loose =
      "// a comment\n\n  func   @f(%x:f32[ 2 ,3]input)->(f32[2,3]){ "
      "%sum=add(%x,%x):f32[2,3]loc(\"a\",forward) // here\n"
      "%7 = fused(%in = %sum, %\"also in\" = %x) {kind=loop} : f32[2,3] {\r\n %r = max(%in, %\"also in\") {} "
      ": f32[2,3]\n"
      "return %r } return %7 }  // the end";
  EXPECT_EQ(reprint(loose), R"(func @f(%x: f32[2,3]) -> (f32[2,3]) {
  %0 = add(%x, %x) : f32[2,3]  loc("a")
  %1 = fused(%a0 = %0, %a1 = %x) : f32[2,3] {
    %b0 = max(%a0, %a1) : f32[2,3]
    return %b0
  }
  return %1
}
)");
}

TEST(RoundTrip, NumbersAreExact) {
  const double tiny = std::numeric_limits<double>::denorm_min();
  const std::vector<double> values = {0.0, -0.0, 0.1, 1e22, -1.0 / 3, tiny, INFINITY, -INFINITY, 3e-5, 16777217};
  Function function("f");
  Builder builder(function);
  function.add_result("", builder.constant({DType::kF64, {10}}, values));
  function.add_result("", builder.constant({DType::kF32, {}}, -std::nan("")));
  function.add_result("", builder.constant({DType::kF32, {0}}, std::vector<double>{}));
  const std::string text = print(function);
  EXPECT_NE(text.find("{value = [0, -0, 0.1, 1e+22, -0.3333333333333333, 5e-324, inf, -inf, 3e-05, 16777217]}"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("{value = nan}"), std::string::npos) << text;
  EXPECT_EQ(reprint(text), text);

  const auto module = parse_module(text, "test.ir");
  ASSERT_TRUE(module.has_value());
  const auto& read = (*module)->functions[0]->ops().front()->attr<ConstantAttributes>().values;
  ASSERT_EQ(read.size(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(read[i], values[i]);
    EXPECT_EQ(std::signbit(read[i]), std::signbit(values[i]));
  }
}

TEST(RoundTrip, NegativeZeroPaddingIsKept) {
  const std::string text =
      "func @f(%x: f32[2]) -> (f32[3]) {\n"
      "  %0 = pad(%x) {low = [1], high = [0], interior = [0], value = -0} : f32[3]\n  return %0\n}\n";
  EXPECT_EQ(reprint(text), text);
}

TEST(RoundTrip, AnyNameAndLayer) {
  for (const std::string name :
       {"x", "conv-1.weight", "0", "a b", "\"", "\\", "->", "a-", "\x01\n\x7f", "é", "//", "%"}) {
    Function function(name);
    Value* x = function.add_parameter(name, {DType::kF32, {2}}, Role::kState);
    Builder builder(function);
    builder.set_location({name, Phase::kUpdate});
    function.add_result(name, builder.neg(x));
    const std::string text = print(function);
    const auto module = parse_module(text, "test.ir");
    ASSERT_TRUE(module.has_value()) << text << module.error().to_string();
    const Function& read = *(*module)->functions[0];
    EXPECT_EQ(print(read), text);
    EXPECT_EQ(read.name(), name);
    EXPECT_EQ(read.parameters()[0]->name, name);
    EXPECT_EQ(read.results()[0].name, name);
    EXPECT_EQ(read.ops().front()->location.layer, name);
  }
}

TEST(RoundTrip, ParametersMayBeNamedLikeBodyValues) {
  const std::string text = R"(func @f(%a0: f32[2], %b0: f32[3], %return: f32[2]) -> (f32: f32[3]) {
  %0 = fused(%a0 = %b0) : f32[3] {
    %b0 = neg(%a0) : f32[3]
    return %b0
  }
  return %0
}
)";
  EXPECT_EQ(reprint(text), text);
}

TEST(RoundTrip, MapsAddUpAndPutTogether) {
  const std::string text = R"(func @f(%x: f32[4,3], %w: f32[3,2] weight) -> (f32[4,2], f32[2]) {
  %0, %1 = loop(%a0 = %x, %a1 = %w) {count = 2, split = [0], sum = [1], block = 2} : f32[4,2], f32[2] {
    %b0 = dot(%a0, %a1) : f32[2,2]
    %b1 = reduce_sum(%b0) {dims = [0]} : f32[2]
    return %b0, %b1
  }
  return %0, %1
}
)";
  EXPECT_EQ(reprint(text), text);
}

TEST(ValueName, IsThePrintersName) {
  const auto module = parse_module(R"(
    func @f(%fc.weight: f32[3]) -> (f32[3]) {
      %first = neg(%fc.weight) : f32[3]
      %second = fused(%in = %first) : f32[3] {
        %r = neg(%in) : f32[3]
        return %r
      }
      return %second
    })",
                                   "test.ir");
  ASSERT_TRUE(module.has_value()) << module.error().to_string();
  const Function& function = *(*module)->functions[0];
  const Op& fused = *function.ops().back();
  EXPECT_EQ(value_name(function, function.parameters()[0].get()), "%fc.weight");
  EXPECT_EQ(value_name(function, function.ops().front()->result()), "%0");
  EXPECT_EQ(value_name(function, fused.result()), "%1");
  EXPECT_EQ(value_name(function, fused.body->parameters()[0].get()), "%a0");
  EXPECT_EQ(value_name(function, fused.body->ops().front()->result()), "%b0");
  EXPECT_EQ(value_name(function, nullptr), "%?");
}

}  // namespace
}  // namespace minnow
