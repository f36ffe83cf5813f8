// Every size at which the compiler changes its mind has a case on each of its sides, whose results are what the
// interpreter says: in whole numbers, so that sums are exact.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "codegen/schedule/choose_contraction.h"
#include "codegen/target/target.h"
#include "ir/text.h"
#include "ir/threshold.h"
#include "passes/gradient/autodiff.h"
#include "passes/group/fuse.h"
#include "passes/group/kernel_form.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/codegen/threshold_cases.h"

namespace minnow {
namespace {

void check_products() {
  Cases c;
  c.takes_infinities = true;
  for (const int64_t rows : {4, 5}) c.dot(rows, 20, 33, {1, 1});
  for (const int64_t rows : {15, 16, 255, 257, 300, 400}) c.dot(rows, 65, 10);
  c.dot(20, 63, 3);
  c.dot(17, 64, 12, {1, 1});
  c.dot(17, 64, 13);
  c.dot(17, 5462, 12);
  c.dot(17, 15, 5, {0, 0});
  c.dot(131, 16, 5, {0, 0});
  c.dot(257, 40, 33);
  c.dot(300, 5, 97, {0, 1});
  c.dot(16, 9, 300);
  for (const int64_t columns : {40, 300}) c.dot(1500, 20, columns);  // of w as it lies, and packed
  c.dot(40, 1030, 300);
  c.dot(61, 800, 150);
  c.dot(3, 4097, 5);
  c.dot(30, 1024, 1100);
  for (const int64_t rows : {70, 1100}) c.dot(rows, 2060, 33);  // sums from panel to panel, of one chunk of rows or two
  c.dot(41, 3080, 70, {1, 1});
  c.dot(50, 1030, 40, {0, 0});
  c.dot(45, 1500, 7, {0, 1});
  for (const int64_t depth : {2, 5}) c.dot(400, depth, 420);
  c.dot(40, 3, 36);
  for (const int64_t depth : {512, 513, 700}) c.dot(3, depth, 19, {1, 1});
  c.check();
  Cases wide;  // one kernel, which reads much for what it does
  wide.dot(1, 300, 300);
  wide.check();
  Cases narrow;
  narrow.dot(17, 70, 5);
  narrow.op(OpKind::kConv, {9, 2, 5, 6}, {3, 2, 3, 3}, ConvAttributes{});
  narrow.check("x86-64-v3");
}

// The filter's gradient in one row or in several, of images in one share or in 17; images and channels that fill
// registers and stack, or do not.
void check_convolutions() {
  Cases c;
  c.op(OpKind::kConvFilter, {17, 2, 3, 12}, {17, 3, 2, 4}, ConvAttributes{.shape = {3, 2, 2, 9}});
  c.op(OpKind::kConvFilter, {272, 1, 3, 3}, {272, 2, 2, 2}, ConvAttributes{.shape = {2, 1, 2, 2}});
  for (const int64_t images : {8, 9}) c.op(OpKind::kConv, {images, 2, 5, 6}, {11, 2, 3, 3}, ConvAttributes{});
  c.op(OpKind::kConv, {1, 16, 64, 120}, {1, 16, 1, 1}, ConvAttributes{});
  c.op(OpKind::kConv, {34, 16, 64, 120}, {1, 16, 2, 2}, ConvAttributes{});  // and too many for code of their own
  for (const int64_t width : {20, 60}) c.op(OpKind::kConv, {2, 16, 40, width}, {20, 16, 1, 3}, ConvAttributes{});
  for (const int64_t outputs : {224, 270}) c.op(OpKind::kConv, {2, 3, 4, 3}, {outputs, 3, 2, 2}, ConvAttributes{});
  for (const int64_t width : {32, 33}) c.op(OpKind::kConv, {1, 2, 1, 40}, {16, 2, 1, width}, ConvAttributes{});
  for (const int64_t size : {42, 43}) c.op(OpKind::kConv, {1, 16, size, size}, {16, 16, 3, 3}, ConvAttributes{});
  for (const int64_t images : {3, 4}) c.op(OpKind::kConv, {images, 16, 18, 18}, {16, 16, 3, 3}, ConvAttributes{});
  for (const int64_t width : {700, 1002}) c.op(OpKind::kConv, {1, 16, 10, width}, {16, 16, 3, 3}, ConvAttributes{});
  for (const int64_t stride : {4, 5})
    c.op(OpKind::kConvInput, {1, 17, 2, 2}, {17, 20, 5, 4},
         ConvAttributes{.stride = {stride, 4}, .shape = {1, 20, stride + 5, 8}});
  for (const int64_t inputs : {800, 66000})
    c.op(OpKind::kConv, {1, inputs, 1, 1}, {20, inputs, 1, 1}, ConvAttributes{});
  c.check();
  Cases large;  // too large to be run here
  large.op(OpKind::kConv, {16, 1024, 128, 129}, {1, 1024, 1, 1}, ConvAttributes{});
  const testing::CompiledProgram compiled(large.function);
}

// Products of whole matrices with parts of others, whose right operands are packed ahead or not.
void check_products_in_loops() {
  Cases c;
  const auto product = [&](int64_t count, int64_t rows, int64_t depth, int64_t columns) {
    Value *x = c.input({count * rows, depth}), *w = c.input({depth, columns});
    auto body = std::make_unique<Function>("body");
    Builder b(*body);
    Value* part = body->add_parameter("", {DType::kF32, {rows, depth}});
    body->add_result("", b.dot(part, body->add_parameter("", w->type), {1, 0}));
    LoopAttributes attributes;
    attributes.count = count;
    attributes.split = {0};
    c.result(c.b.loop({x, w}, attributes, std::move(body))->result(0));
  };
  for (const int64_t count : {12, 13}) product(count, 2, 130, 256);
  for (const int64_t columns : {255, 256}) product(13, 5, 9, columns);
  for (const int64_t depth : {128, 129, 512, 513}) product(13, 3, depth, 256);
  c.check();
}

void check_kept_weights() {
  Cases c;
  for (const int64_t rows : {40, 800}) {
    Value* x = c.input({rows, 20});
    c.result(c.b.dot(x, c.input({40, 20}, Role::kWeight), {1, 1}));
  }
  c.check({}, true);
}

void check_loops() {
  Cases c;
  for (const int64_t extent : {4096, 4097, 9000}) c.result(c.b.neg(c.input({extent})));
  for (const int64_t extent : {64, 65, 150, 1023, 1024, 1100}) c.result(c.b.reduce_sum(c.input({7, extent}), {0}));
  for (const int64_t images : {7, 8}) c.result(c.b.slice(c.input({images, 5, 12}), 2, 1, 10));
  for (const int64_t height : {4, 5})
    c.result(c.b.window(OpKind::kWindowMax, c.input({1, 2, 9, 9}), {.window = {height, 4}, .stride = {2, 3}}));
  for (const int64_t height : {16, 17})
    c.op(OpKind::kWindowPick, {1, 2, 34, 32}, {1, 2, 2, 2},
         WindowAttributes{.window = {height, 16}, .stride = {height, 16}});
  c.check();
}

// Work that is worth a second thread and work that is not, by operations and by bytes.
void check_large_functions() {
  Cases c;
  c.dot(230, 220, 210);
  for (const int64_t rows : {7, 8, 100}) c.result(c.b.transpose(c.input({rows, 100}), {1, 0}));
  c.result(c.b.neg(c.input({10})));
  c.check();
  Cases bytes;  // too many to be run here
  bytes.result(bytes.b.neg(bytes.input({200'000'000})));
  const testing::CompiledProgram compiled(bytes.function);
}

void check_passes() {
  Cases c;
  for (const int64_t extent : {1024, 1025}) {
    std::vector<double> numbers(static_cast<size_t>(extent), 1);
    numbers[1] = 3;
    c.result(c.b.mul(c.b.neg(c.b.constant({DType::kF32, {extent}}, numbers)), c.input({extent})));
  }
  for (const double divisor : {2.0, 0x1p127}) {
    Value* x = c.input({5});
    c.result(c.b.div(x, c.b.like(x, divisor)));
  }
  for (const int64_t columns : {4096, 4097}) {
    Value* x = c.input({2, columns});
    c.result(c.b.sub(x, c.b.broadcast(c.b.reduce_max(x, {1}), {0}, {2, columns})));
  }
  const auto long_chain = [&](Value* x) {
    for (int i = 0; i < 130; ++i) x = c.b.add(x, 1);
    c.result(x);
  };
  long_chain(c.input({3}));
  Value* left = c.input({3, 4});
  long_chain(c.b.dot(left, c.input({4, 5})));
  c.check_after_passes();
}

// Windows of 3x3 in a block, which are too many to be run here.
void check_filters_in_blocks() {
  const auto target = named_target("x86_64-linux-gnu", "znver5");
  ASSERT_TRUE(target);
  for (const int64_t channels : {100, 201}) {
    Cases c;
    c.op(OpKind::kConv, {16, channels, 30, 30}, {201, channels, 3, 3}, ConvAttributes{});
    const ContractionSchedule schedule = choose_contraction(*c.function.results()[0].value->op, *target, true);
    EXPECT_EQ(std::holds_alternative<WinogradSchedule>(schedule), channels == 100);
  }
}

// Convolutions that do not mix channels.
void check_channels_last() {
  Cases c;
  const auto depthwise = [&](Value* x, int64_t height, int64_t width) {
    ConvAttributes conv;
    conv.groups = 16;
    c.result(c.b.conv(x, c.input({16, 1, height, width}), conv));
  };
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 3}, {4, 6}, {5, 5}})
    depthwise(c.input({1, 16, 9, 9}), height, width);
  for (const int64_t width : {32, 33}) depthwise(c.input({1, 16, 1, 41}), 1, width);
  for (const int64_t size : {9, 21}) depthwise(c.input({1, 16, size, size}), 7, 7);
  for (const int64_t channels : {4, 5})
    depthwise(c.b.conv(c.input({1, channels, 9, 9}), c.input({16, channels, 3, 3}), {}), 3, 3);
  c.check_after_passes();
}

// Two ops that would be one kernel, but for how many lie between them.
void check_spans() {
  for (const int between : {100, 5000}) {
    Cases c;
    Value* early = c.b.neg(c.input({3}));
    Value* late = c.input({3});
    for (int i = 0; i < between; ++i) late = c.b.reshape(late, i % 2 == 0 ? Shape{3, 1} : Shape{3});
    c.result(c.b.add(early, late));
    EXPECT_EQ(fuse(c.function), between == 100);
  }
}

// Bodies that passes do not make, of ops in a row.
void check_bodies() {
  for (const int ops : {200, 300}) {
    Cases c;
    Value* x = c.input({3});
    for (int i = 0; i < ops; ++i) x = c.b.neg(x);
    c.result(x);
    EXPECT_EQ(kernel_form(c.function, FusionKind::kLoop).has_value(), ops == 200);
  }
}

// A network in blocks of examples, with a sum for each of its weights. The loss is linear in what is convolved, so that
// whole numbers stay whole.
void check_blocks(int64_t images, const Shape& image, int64_t outputs, int64_t filter_width = 2) {
  Cases c;
  Value* w = c.input({3, image[0], 2, filter_width}, Role::kWeight);
  Value* bias = c.input({3}, Role::kWeight);
  Value* y = c.b.conv(c.input({images, image[0], image[1], image[2]}), w, {});
  const Shape shape = y->type.shape;
  y = c.b.add(y, c.b.broadcast(bias, {1}, shape));
  const int64_t features = shape[1] * shape[2] * shape[3];
  Value* v = c.input({features, outputs}, Role::kWeight);
  y = c.b.dot(c.b.reshape(y, {images, features}), v);
  Value* loss = c.b.reduce_sum(c.b.mul(y, c.input({images, outputs})), {0, 1});
  std::vector<Value*> gradients;
  ASSERT_TRUE(differentiate(c.function, loss, std::vector<Value*>{w, bias, v}, gradients));
  c.result(y);
  for (Value* gradient : gradients) c.result(gradient);
  c.check_after_passes();
}

// Two loops over blocks that read what `ops` ops make of a third's input, with a sum over all examples between them;
// sums of the squares of what is left of the mean of `width` elements of each.
void check_sums_between_loops(int ops, int64_t width) {
  Cases c;
  const Shape shape = {40, 2, 2, width};
  Value* x = c.b.window(OpKind::kWindowMax, c.input({40, 2, 3, width}), {.window = {2, 1}, .stride = {1, 1}});
  const auto spread = [&](Value* sum) { return c.b.broadcast(sum, {1}, shape); };
  Value* y = c.b.sub(x, spread(c.b.reduce_mean(x, {0, 2, 3})));
  c.result(c.b.reduce_sum(c.b.mul(y, y), {0, 2, 3}));
  for (int i = 1; i < ops; ++i) y = c.b.add(y, 1);
  c.result(c.b.reduce_sum(c.b.mul(y, spread(c.b.reduce_sum(y, {0, 2, 3}))), {0, 2, 3}));
  c.check_after_passes();
}

// Windows over pictures of two sizes, and parts of channels, that the loops of a block are cut at.
void check_pieces() {
  for (const auto& [height, width, pad] : {std::tuple(8, 8, 0), std::tuple(8, 9, 0), std::tuple(8, 8, 7)}) {
    Cases c;
    const int64_t extent = pad == 7 ? 2 : 24;
    const WindowAttributes window = {.window = {height, width}, .stride = {1, 1}, .pad = {pad, pad, pad, pad}};
    Value* x = c.input({16, 1, extent, extent});
    Value* y = c.b.window(OpKind::kWindowSum, x, window);
    c.result(y);
    c.result(c.b.create(OpKind::kWindowPick, {x, c.input(y->type.shape)}, window));
    c.check_after_passes();
  }
  for (const int64_t parts : {3, 70}) {
    Cases c;
    std::vector<Value*> values(static_cast<size_t>(parts), c.input({16, 1, 2, 2}));
    c.result(c.b.window(OpKind::kWindowMax, c.b.concat(values, 1), {.window = {2, 1}, .stride = {1, 1}}));
    c.check_after_passes();
  }
}

// What follows a product: more than the cache holds, so that it is asked for, and more ops than a tile repeats.
void check_epilogues() {
  Cases c;
  const Shape shape = {300, 524};
  Value* y = c.b.dot(c.input({300, 40}), c.input({40, 524}));
  for (int i = 0; i < 2; ++i) y = c.b.mul(c.b.add(y, c.input(shape)), c.input(shape));
  c.result(y);
  c.check_after_passes();
}

// Pictures of few images, and one that is too large for code of its own.
void check_poolings() {
  Cases c;
  for (const int64_t width : {20, 400}) {
    const WindowAttributes window = {.window = {3, 3}, .stride = {1, 1}};
    Value* x = c.input({1, 2, 20, width});
    Value* y = c.b.window(OpKind::kWindowMax, x, window);
    c.result(y);
    c.result(c.b.create(OpKind::kWindowPick, {x, c.input(y->type.shape)}, window));
  }
  c.check();
}

// No machine has all vectors.
bool is_of_this_machine(const Threshold& threshold) {
  const auto target = host_target();
  return target->lanes >= 16 || threshold.name().find("narrow") == std::string_view::npos;
}

TEST(Thresholds, HaveACaseOnEachSide) {
  check_products();
  check_convolutions();
  check_products_in_loops();
  check_kept_weights();
  check_loops();
  check_large_functions();
  check_passes();
  check_channels_last();
  check_filters_in_blocks();
  check_bodies();
  check_spans();
  check_epilogues();
  check_pieces();
  check_poolings();
  check_sums_between_loops(2, 4);
  check_sums_between_loops(12, 9);
  check_blocks(15, {1, 3, 4}, 2);
  check_blocks(16, {16, 40, 40}, 2);  // bands of images, the last of one row
  check_blocks(16, {1, 3, 12}, 2, 9);
  check_blocks(40, {2, 2, 4}, 3);
  check_blocks(147, {2, 2, 6}, 59);     // ten blocks in eight shares, and three examples
  check_blocks(258, {1, 12, 12}, 190);  // weights of 270 KiB
  check_blocks(16, {88000, 2, 2}, 2);   // a filter of 4.03 MiB
  check_blocks(16, {1, 128, 128}, 2);   // images of 4 MiB, which few tiles read
  check_blocks(33, {1100, 4, 3}, 2);    // sums of a filter of 52 KiB, of all lanes together
  for (const Threshold* threshold : Threshold::all()) {
    if (!is_of_this_machine(*threshold)) continue;
    EXPECT_TRUE(threshold->is_met_below()) << "no case below " << threshold->name() << ", " << *threshold;
    EXPECT_TRUE(threshold->is_met_above()) << "no case above " << threshold->name() << ", " << *threshold;
  }
}

}  // namespace
}  // namespace minnow
