// How a function is divided among ranks: who holds what, what crosses, and that a wrong plan shows.
#include "runtime/division/division.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "frontend/load/load_experiment.h"
#include "ir/text.h"
#include "proof/parameters.h"
#include "runtime/division/held_bytes.h"
#include "tests/division/divided_steps.h"

namespace minnow {
namespace {

using testing::SteppedFunction;

TEST(HeldBytes, AreCutWhereWhatIsSetBegins) {
  HeldBytes held(0b111);
  held.set({10, 20}, {0b001, 0b001, 4});
  held.set({15, 30}, {0b010, 0b010, 5});
  held.add_holder({12, 17}, 2);
  std::vector<std::pair<ByteRange, HeldBytes::Stretch>> found;
  held.for_each({5, 25},
                [&](const ByteRange& range, const HeldBytes::Stretch& stretch) { found.emplace_back(range, stretch); });
  const std::vector<std::pair<ByteRange, HeldBytes::Stretch>> expected = {{{5, 10}, {0b111, 0b111, -1}},
                                                                          {{10, 12}, {0b001, 0b001, 4}},
                                                                          {{12, 15}, {0b101, 0b001, 4}},
                                                                          {{15, 17}, {0b110, 0b010, 5}},
                                                                          {{17, 25}, {0b010, 0b010, 5}}};
  EXPECT_EQ(found, expected);
}

TEST(Ranges, AreWhatBothOrOneHave) {
  const ByteRanges a = {{0, 10}, {20, 30}}, b = {{5, 22}, {25, 26}};
  EXPECT_EQ(common(a, b), (ByteRanges{{5, 10}, {20, 22}, {25, 26}}));
  EXPECT_EQ(without(a, b), (ByteRanges{{0, 5}, {22, 25}, {26, 30}}));
  EXPECT_EQ(without(a, {}), a);
}

// A batch in rows, a weight that is updated, sums over rows and over columns, and a scalar.
constexpr std::string_view kStep = R"(
  func @step(%w: f32[48,80] weight, %x: f32[300,48], %t: f32[300,80], %rate: f32[] scalar) -> (w: f32[48,80], loss: f32[], rows: f32[300]) {
    %0 = dot(%x, %w) {contract = [1, 0], batch = 0} : f32[300,80]
    %1 = sub(%0, %t) : f32[300,80]
    %2 = dot(%x, %1) {contract = [0, 0], batch = 0} : f32[48,80]
    %3 = broadcast(%rate) {dims = []} : f32[48,80]
    %4 = mul(%2, %3) : f32[48,80]
    %5 = sub(%w, %4) : f32[48,80]
    %6 = mul(%1, %1) : f32[300,80]
    %7 = reduce_sum(%6) {dims = [1]} : f32[300]
    %8 = reduce_sum(%7) {dims = [0]} : f32[]
    return %5, %8, %7
  })";

SteppedFunction stepped(const std::string& text) {
  auto module = parse_module(text, "step.ir");
  MINNOW_CHECK(module, "{}", module.error().to_string());
  auto function = std::move((*module)->functions.front());
  proof::Rng rng(3);
  std::vector<Tensor> arguments =
      draw_arguments(*function, std::vector<proof::Domain>(function->parameters().size()), proof::Numbers::kWhole, rng);
  return {std::move(function), std::move(arguments)};
}

SteppedFunction small_step(const std::string& rows = "300") {
  return stepped(std::regex_replace(std::string(kStep), std::regex("300"), rows));
}

const SteppedFunction& small_network() {
  const Result<LoadedModel> model =
      read_experiment(MINNOW_SOURCE_DIR "/models/resnet-tiny.textproto", {"training.batch_size=50"});
  MINNOW_CHECK(model, "{}", model.error().to_string());
  static const SteppedFunction network = SteppedFunction::train_step(*model);
  return network;
}

// Every rank waits for what it has begun, and sends to each other rank what that expects of it, in the same order.
void expect_matched(const CompiledFunction& code, int ranks, const DivideOptions& options) {
  std::vector<Division> all;
  for (int rank = 0; rank < ranks; ++rank) all.push_back(divide(code, rank, ranks, options));
  const auto messages = [&](int rank, int peer, bool is_sent) {
    std::vector<int64_t> bytes;
    const Division& division = all[static_cast<size_t>(rank)];
    std::vector<bool> is_open(division.exchanges.size());
    for (const DividedStep& step : division.steps) {
      if (step.kind == DividedStep::Kind::kWait) {
        EXPECT_TRUE(is_open[step.index]);
        is_open[step.index] = false;
      }
      if (step.kind != DividedStep::Kind::kBegin) continue;
      is_open[step.index] = true;
      const Exchange& exchange = division.exchanges[step.index];
      for (const Exchange::Message& message : is_sent ? exchange.sends : exchange.receives)
        if (message.peer == peer) bytes.push_back(message.bytes);
    }
    EXPECT_EQ(std::ranges::count(is_open, true), 0);
    return bytes;
  };
  for (int rank = 0; rank < ranks; ++rank) {
    EXPECT_EQ(all[static_cast<size_t>(rank)].fingerprint, all[0].fingerprint);
    for (int peer = 0; peer < ranks; ++peer) EXPECT_EQ(messages(rank, peer, true), messages(peer, rank, false));
  }
}

TEST(Division, SendsWhatIsExpected) {
  const SteppedFunction step = small_step();
  for (const bool divides_all : {false, true}) {
    for (const int ranks : {1, 2, 3, 8, 64}) expect_matched(step.code(), ranks, {.divides_all = divides_all});
    for (const int ranks : {2, 3}) expect_matched(small_network().code(), ranks, {.divides_all = divides_all});
  }
}

TEST(Division, OfOneRankIsTheWholeAndExchangesNothing) {
  const SteppedFunction step = small_step();
  const Division alone = divide(step.code(), 0, 1, {.divides_all = true});
  EXPECT_TRUE(alone.exchanges.empty());
  ASSERT_EQ(alone.steps.size(), step.code().kernels.size());
  for (const DividedStep& one : alone.steps) EXPECT_EQ(one.end, step.code().kernels[one.index].units);
}

TEST(Division, HasAnotherFingerprintForOtherCode) {
  const SteppedFunction step = small_step();
  const int64_t two = divide(step.code(), 0, 2, {.divides_all = true}).fingerprint;
  EXPECT_NE(two, divide(step.code(), 0, 3, {.divides_all = true}).fingerprint);
  EXPECT_NE(two, divide(small_network().code(), 0, 2, {.divides_all = true}).fingerprint);
}

TEST(Division, LeavesWhatIsSmallToEveryRank) {
  const Division division = divide(small_step("30").code(), 0, 2);
  EXPECT_TRUE(division.exchanges.empty());
  EXPECT_EQ(division.cost.seconds_divided, 0);
}

class Ranks : public ::testing::TestWithParam<std::pair<int, int>> {};

TEST_P(Ranks, HaveTheBitsOfOneProcess) {
  const auto [count, threads] = GetParam();
  const SteppedFunction step = small_step();
  for (const SteppedFunction* function : std::initializer_list<const SteppedFunction*>{&step, &small_network()}) {
    const std::vector<Tensor> expected = function->alone(3);
    EXPECT_EQ(function->difference(expected, 3, {.count = count, .threads = threads}), "");
    EXPECT_EQ(function->difference(expected, 3, {.count = count, .threads = threads, .divides_all = false}), "");
    EXPECT_EQ(function->difference(expected, 3, {.count = count, .threads = threads, .is_guarded = true}), "");
  }
}

INSTANTIATE_TEST_SUITE_P(All, Ranks,
                         ::testing::Values(std::pair(1, 1), std::pair(2, 1), std::pair(2, 2), std::pair(3, 1),
                                           std::pair(4, 2), std::pair(8, 1), std::pair(8, 2)),
                         [](const auto& info) {
                           return std::to_string(info.param.first) + "x" + std::to_string(info.param.second);
                         });

TEST(Division, GoesThroughThePartsOfAConstant) {
  const SteppedFunction step = stepped(R"(
    func @step(%x: f32[2]) -> (sum: f32[2]) {
      %0 = constant {value = [1, 2, 3, 4, 5, 6]} : f32[6]
      %1 = loop(%a0 = %0, %a1 = %x) {count = 3, split = [0], sum = [0]} : f32[2] {
        %b0 = mul(%a0, %a1) : f32[2]
        return %b0
      }
      return %1
    })");
  EXPECT_EQ(step.difference(step.alone(1), 1, {.count = 2, .threads = 1}), "");
}

// What a kernel says of itself, changed: false where there is nothing to change.
struct WrongTale {
  const char* name;
  bool (*plant)(CompiledFunction& code);
  friend void PrintTo(const WrongTale& tale, std::ostream* out) { *out << tale.name; }
};

template <typename Change>
bool change_uses(CompiledFunction& code, Change change) {
  bool found = false;
  for (Kernel& kernel : code.kernels)
    for (size_t i = 0; i < kernel.uses.size() && kernel.loop < 0; ++i)
      found |= change(kernel, kernel.uses[i], code.buffers[static_cast<size_t>(kernel.buffers[i])]);
  return found;
}

bool forgets_reads(CompiledFunction& code) {
  return change_uses(code, [](const Kernel&, BufferUse& use, const Buffer& buffer) {
    return buffer.kind == Buffer::Kind::kArena && std::exchange(use.is_read, false);
  });
}
bool reads_too_little(CompiledFunction& code) {
  return change_uses(code, [](const Kernel&, BufferUse& use, const Buffer& buffer) {
    if (!use.is_read || buffer.kind != Buffer::Kind::kArena) return false;
    use.bytes /= 2;
    return true;
  });
}
bool writes_elsewhere(CompiledFunction& code) {
  for (Kernel& kernel : code.kernels)
    if (!kernel.grid.digits.empty()) std::ranges::reverse(kernel.grid.shape);
  return true;
}

class WrongTales : public ::testing::TestWithParam<WrongTale> {};

TEST_P(WrongTales, ShowInAGuardedRun) {
  SteppedFunction step = small_step();
  const std::vector<Tensor> expected = step.alone(1);
  bool is_planted = false;
  step.change_code([&](CompiledFunction& code) { is_planted = GetParam().plant(code); });
  EXPECT_TRUE(is_planted);
  EXPECT_NE(step.difference(expected, 1, {.count = 3, .is_guarded = true}), "");
}

constexpr WrongTale kWrongTales[] = {
    {"ForgetsReads", forgets_reads},
    {"ReadsTooLittle", reads_too_little},
    {"WritesElsewhere", writes_elsewhere},
};
INSTANTIATE_TEST_SUITE_P(All, WrongTales, ::testing::ValuesIn(kWrongTales),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace minnow
