// Poolings and their gradients in blocks of examples and without: at borders, in gaps, where windows overlap or do not,
// on numbers that compare in unusual ways; and what else divides a picture into pieces.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "ir/text.h"
#include "passes/group/tile_batch.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Whole numbers, of which many are equal, and now and then one of `others`.
void draw(Tensor& tensor, std::span<const float> others, proof::Rng& rng) {
  for (float& x : tensor.as<float>()) {
    x = static_cast<float>(rng() % 5) - 2;
    if (!others.empty() && rng() % 6 == 0) x = others[rng() % others.size()];
  }
}

// To the bit, but for what a NaN holds.
void expect_same(const Tensor& expected, const Tensor& actual, std::string_view what) {
  const std::span<const float> a = expected.as<float>(), b = actual.as<float>();
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i)
    ASSERT_TRUE(std::bit_cast<uint32_t>(a[i]) == std::bit_cast<uint32_t>(b[i]) ||
                (std::isnan(a[i]) && std::isnan(b[i])))
        << what << ", element " << i << ": " << b[i] << " for " << a[i];
}

void check(const Function& function, std::span<const float> others, const std::string& cpu) {
  const auto passed = function.clone();
  ASSERT_TRUE(run_passes(*passed, default_pipeline()));
  SCOPED_TRACE(print(*passed));
  const bool has_block = function.parameters()[0]->type.dim(0) >= kBlockExamples;
  EXPECT_EQ(std::ranges::any_of(passed->ops(), [](const auto& op) { return op->kind == OpKind::kLoop; }), has_block);
  proof::Rng rng(11);
  std::vector<Tensor> arguments =
      draw_arguments(function, std::vector<proof::Domain>(function.parameters().size()), proof::Numbers::kWhole, rng);
  for (Tensor& argument : arguments) draw(argument, others, rng);
  const auto expected = testing::interpret_reference(function, arguments).results;
  const auto actual = testing::CompiledProgram(*passed, CompileOptions{.cpu = cpu}).run(arguments);
  for (size_t i = 0; i < expected.size(); ++i) expect_same(expected[i], actual[i], function.results()[i].name);
}

struct WindowCase {
  const char* name;
  int64_t height, width;
  WindowAttributes window;
  friend void PrintTo(const WindowCase& c, std::ostream* out) { *out << c.name; }
};

class WindowsInAllWays : public ::testing::TestWithParam<WindowCase> {};

TEST_P(WindowsInAllWays, GiveWhatTheInterpreterGives) {
  const auto& [name, height, width, window] = GetParam();
  for (const auto& [images, channels] : {std::pair(5, 3), std::pair(2, 8), std::pair(23, 3)}) {
    Function function("f");
    Builder b(function);
    Value* x = function.add_parameter("x", {DType::kF32, {images, channels, height, width}});
    Value* max = b.window(OpKind::kWindowMax, x, window);
    Value* y = function.add_parameter("y", max->type);
    function.add_result("max", max);
    function.add_result("sum", b.window(OpKind::kWindowSum, x, window));
    function.add_result("pick", b.create(OpKind::kWindowPick, {x, y}, window));
    WindowAttributes spread = window;
    spread.shape = x->type.shape;
    function.add_result("spread", b.create(OpKind::kWindowSpread, {y}, spread));
    for (const std::string cpu : {"", "x86-64-v3"}) {
      check(function, {}, cpu);
      check(function, std::vector{-0.0F, 0.0F}, cpu);
      check(function, std::vector{kNan, -kNan, kInfinity, -kInfinity, -0.0F}, cpu);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, WindowsInAllWays,
    ::testing::Values(
        WindowCase{"padded", 6, 7, {.window = {3, 3}, .stride = {1, 1}, .pad = {1, 1, 1, 1}}},
        WindowCase{"strided", 8, 7, {.window = {3, 3}, .stride = {2, 2}, .pad = {1, 1, 1, 0}}},
        WindowCase{"overlapping", 7, 7, {.window = {3, 2}, .stride = {2, 1}}},
        WindowCase{"side_by_side", 6, 9, {.window = {2, 3}, .stride = {2, 3}}},
        WindowCase{"side_by_side_with_a_rest", 7, 5, {.window = {2, 2}, .stride = {2, 2}}},
        WindowCase{"with_gaps", 8, 9, {.window = {1, 2}, .stride = {3, 4}}},
        WindowCase{"mostly_on_padding", 3, 4, {.window = {2, 4}, .stride = {1, 2}, .pad = {1, 1, 3, 3}}},
        WindowCase{"of_several_rows_on_padding", 9, 6, {.window = {5, 4}, .stride = {1, 3}, .pad = {4, 2, 3, 3}}},
        WindowCase{"as_large_as_the_picture", 5, 4, {.window = {5, 4}, .stride = {1, 1}}},
        WindowCase{"of_lines_that_fill_vectors", 16, 16, {.window = {3, 3}, .stride = {1, 1}, .pad = {1, 1, 1, 1}}},
        WindowCase{"of_lines_in_several_vectors", 9, 33, {.window = {3, 3}, .stride = {2, 2}, .pad = {1, 0, 0, 1}}},
        WindowCase{"of_one_line", 1, 21, {.window = {1, 3}, .stride = {1, 2}, .pad = {0, 0, 1, 1}}},
        WindowCase{"of_one_column", 21, 1, {.window = {3, 1}, .stride = {2, 1}, .pad = {1, 1, 0, 0}}},
        WindowCase{"of_pictures_less_than_a_vector", 2, 2, {.window = {2, 2}, .stride = {1, 1}, .pad = {1, 1, 1, 1}}},
        WindowCase{"wide", 3, 40, {.window = {2, 3}, .stride = {1, 2}, .pad = {0, 1, 1, 0}}},
        WindowCase{"large", 12, 11, {.window = {9, 8}, .stride = {1, 2}, .pad = {3, 0, 0, 1}}}),
    [](const auto& info) { return info.param.name; });

// Parts of several lengths side by side, one of them empty.
TEST(PiecesInBlocks, OfConcatenationsAndPaddingAreWhatTheInterpreterGives) {
  for (const int64_t dim : {1, 2, 3}) {
    Function function("f");
    Builder b(function);
    std::vector<Value*> parts;
    for (const int64_t extent : {2, 0, 1, 4}) {
      Shape shape = {17, 3, 2, 5};
      shape[static_cast<size_t>(dim)] = extent;
      parts.push_back(function.add_parameter(fmt::format("x{}", extent), {DType::kF32, shape}));
    }
    Value* joined = b.concat(parts, dim);
    Value* padded = b.create(OpKind::kPad, {joined}, PadAttributes{{0, 1, 0, 2}, {0, 0, 3, 1}, {0, 0, 0, 0}, 7});
    function.add_result("joined", joined);
    function.add_result("sliced", b.neg(b.slice(padded, 3, 1, padded->type.dim(3) - 1)));
    function.add_result("max", b.window(OpKind::kWindowMax, padded, {.window = {2, 1}, .stride = {1, 1}}));
    check(function, std::vector{kNan}, "");
  }
}

}  // namespace
}  // namespace minnow
