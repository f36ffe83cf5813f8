// What compiled and interpreted functions share: arguments, results, and where results go.
#include "runtime/executable.h"

#include <gtest/gtest.h>

#include "ir/builder.h"
#include "ir/text.h"
#include "runtime/kernel_seconds.h"
#include "runtime/random_batch.h"

namespace minnow {
namespace {

constexpr std::string_view kStep = R"(
  func @step(%w: f32[3] weight, %x: f32[3], %n: f32[]) -> (before: f32[3], w: f32[3], sum: f32[]) {
    %0 = neg(%w) : f32[3]
    %1 = add(%w, %x) : f32[3]
    %2 = reduce_sum(%x) {dims = [0]} : f32[]
    %3 = add(%2, %n) : f32[]
    return %0, %1, %3
  })";

class ExecutableTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    auto module = *parse_module(kStep, "step.ir");
    auto function = std::move(module->functions.front());
    executable_ = GetParam() == Backend::kInterpreter ? make_interpreted(std::move(function))
                                                      : *make_compiled(std::move(function), pool_);
  }
  static Tensor row(const std::vector<float>& numbers) {
    return Tensor::from<float>({DType::kF32, {static_cast<int64_t>(numbers.size())}}, std::span(numbers));
  }
  static std::vector<float> numbers(const Tensor& tensor) {
    return {tensor.as<float>().begin(), tensor.as<float>().end()};
  }
  std::string error(std::vector<Tensor*> arguments) {
    const Status status = executable_->run(arguments);
    return status ? "" : status.error().message;
  }

  ThreadPool pool_{1};
  std::unique_ptr<Executable> executable_;
  Tensor w_ = row({1, 2, 3}), x_ = row({4, 5, 6}), n_ = Tensor::zeros({DType::kF32, {}});
};

TEST_P(ExecutableTest, WritesResultsNamedLikeAParameterToItsArgument) {
  std::vector<Tensor*> arguments = {&w_, &x_, &n_};
  for (const float times : {1.0F, 2.0F}) {
    ASSERT_TRUE(executable_->run(arguments));
    EXPECT_EQ(numbers(w_), (std::vector<float>{1 + 4 * times, 2 + 5 * times, 3 + 6 * times}));
    EXPECT_EQ(&executable_->result(1, arguments), &w_);
  }
  EXPECT_EQ(numbers(executable_->result("before")), (std::vector<float>{-5, -7, -9}));
  EXPECT_EQ(executable_->result("sum").as<float>()[0], 15);
  EXPECT_EQ(&executable_->result(0, arguments), &executable_->result("before"));
  EXPECT_EQ(&executable_->result(2, arguments), &executable_->result("sum"));
}

TEST_P(ExecutableTest, TakesArgumentsOfItsParametersTypes) {
  Tensor wide = row({1, 2, 3, 4});
  EXPECT_EQ(error({&w_, &x_, &n_}), "");
  EXPECT_EQ(error({&wide, &x_, &n_}), "parameter \"w\" is f32[3], but its argument is f32[4]");
  EXPECT_EQ(error({&w_, &wide, &n_}), "parameter \"x\" is f32[3], but its argument is f32[4]");
  EXPECT_EQ(error({&w_, &x_, &x_}), "parameter \"n\" is f32[], but its argument is f32[3]");
  EXPECT_EQ(error({&w_, &x_}), "takes 3 arguments, not 2");
}

TEST_P(ExecutableTest, TellsWhenEachKernelRan) {
  KernelTrace trace;
  executable_->record_kernels(&trace);
  const auto start = std::chrono::steady_clock::now();
  std::vector<Tensor*> arguments = {&w_, &x_, &n_};
  ASSERT_TRUE(executable_->run(arguments));
  auto last = start;
  ASSERT_EQ(trace.size(), executable_->kernels().size());
  for (size_t i = 0; i < trace.size(); ++i) {
    EXPECT_EQ(trace[i].kernel, &executable_->kernels()[i]);
    EXPECT_LE(last, trace[i].begin);
    EXPECT_LE(trace[i].begin, trace[i].end);
    last = trace[i].end;
  }
  EXPECT_LE(last, std::chrono::steady_clock::now());
  executable_->record_kernels(nullptr);
  ASSERT_TRUE(executable_->run(arguments));
  EXPECT_EQ(trace.size(), executable_->kernels().size());
}

INSTANTIATE_TEST_SUITE_P(Backends, ExecutableTest, testing::Values(Backend::kInterpreter, Backend::kJit),
                         [](const auto& info) {
                           return std::string(info.param == Backend::kJit ? "Compiled" : "Interpreted");
                         });

std::unique_ptr<Function> product(int64_t extent) {
  auto function = std::make_unique<Function>("product");
  Builder b(*function);
  Value* x = function->add_parameter("x", {DType::kF32, {extent, extent}});
  Value* y = b.dot(x, x, {1, 0});
  function->add_result("y", y);
  function->add_result("sum", b.reduce_sum(b.exp(y), {0, 1}));
  return function;
}

TEST(CompiledExecutable, HasTheSameBitsWhileItFindsOutHowManyThreadsAreFaster) {
  ThreadPool one(1), several(3);
  const auto alone = *make_compiled(product(130), one), chooses = *make_compiled(product(130), several);
  ASSERT_GT(chooses->warm_up_runs(), 0);
  Tensor x = random_argument(*alone->function().parameters().front(), 0);
  std::vector<Tensor*> arguments = {&x};
  ASSERT_TRUE(alone->run(arguments));
  for (int run = 0; run < 2 * chooses->warm_up_runs(); ++run) {
    ASSERT_TRUE(chooses->run(arguments));
    for (size_t i = 0; i < 2; ++i)
      ASSERT_TRUE(std::ranges::equal(alone->result(i, arguments).bytes(), chooses->result(i, arguments).bytes()))
          << run;
  }
}

TEST(CompiledExecutable, FindsOutOnlyWhereWorkDoesNotTell) {
  ThreadPool pool(2);
  const auto threads_of = [&](int64_t extent) { return (*CodeStore().compile(*product(extent), pool, {}))->threads; };
  EXPECT_EQ(threads_of(10), Threads::kOne);
  EXPECT_EQ(threads_of(130), Threads::kOneOrAll);
  EXPECT_EQ(threads_of(1000), Threads::kAll);
}

}  // namespace
}  // namespace minnow
