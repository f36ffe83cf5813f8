#include "tests/cases/agreement.h"

#include <algorithm>
#include <cmath>

#include "codegen/compile.h"
#include "passes/plan_memory.h"
#include "runtime/interpreter.h"

namespace minnow::testing {
namespace {

constexpr int64_t kGuardBytes = 256;
constexpr auto kGuard = std::byte{0xa5};
constexpr auto kPoison = std::byte{0xff};  // NaN in either float type

// Bytes with a guard behind them.
Tensor guarded(int64_t bytes) {
  Tensor memory = Tensor::uninitialized({DType::kU8, {bytes + kGuardBytes}});
  std::fill_n(memory.data(), bytes, kPoison);
  std::fill_n(memory.data() + bytes, kGuardBytes, kGuard);
  return memory;
}

bool is_intact(const Tensor& memory) {
  return std::all_of(memory.data() + memory.type().bytes() - kGuardBytes,
                     memory.data() + memory.type().bytes(), [](std::byte b) { return b == kGuard; });
}

}  // namespace

CompiledProgram::CompiledProgram(const Function& function) {
  for (const FunctionResult& result : function.results()) result_types_.push_back(result.value->type);
  CompileOptions options;
  options.threads = 1;
  options.verify = true;
  auto compiled = compile(function, plan_memory(function), options);
  MINNOW_CHECK(compiled, "{}", compiled.error().to_string());
  compiled_ = *std::move(compiled);
}

struct CompiledProgram::Memory {
  Memory(const CompiledFunction& compiled, const std::vector<Tensor>& arguments)
      : arena(guarded(compiled.arena_bytes)) {
    for (const Buffer& buffer : compiled.buffers) {
      own.push_back(guarded(buffer.kind == Buffer::Kind::kArena ? 0 : buffer.bytes));
      if (buffer.kind == Buffer::Kind::kArena) {
        addresses.push_back(arena.data() + buffer.offset);
        continue;
      }
      addresses.push_back(own.back().data());
      if (buffer.kind == Buffer::Kind::kConstant) std::ranges::copy(buffer.data, own.back().data());
      if (buffer.kind == Buffer::Kind::kParameter) {
        const Tensor& argument = arguments[static_cast<size_t>(buffer.index)];
        std::copy_n(argument.data(), argument.type().bytes(), own.back().data());
      }
    }
  }

  Tensor arena;
  std::vector<Tensor> own;  // one per buffer that is not in the arena
  std::vector<std::byte*> addresses;
};

std::vector<Tensor> CompiledProgram::run(const std::vector<Tensor>& arguments, ThreadPool& pool) {
  Memory memory(*compiled_, arguments);
  for (const Kernel& kernel : compiled_->kernels) {
    std::vector<std::byte*> buffers;
    for (const int i : kernel.buffers) buffers.push_back(memory.addresses[static_cast<size_t>(i)]);
    const int64_t parts = std::min<int64_t>(pool.threads(), kernel.units);
    pool.parallel_for(parts, [&](int64_t part) {
      kernel.entry(buffers.data(), kernel.units * part / parts, kernel.units * (part + 1) / parts);
    });
  }
  EXPECT_TRUE(is_intact(memory.arena)) << "a kernel wrote past the arena";
  std::vector<Tensor> results;
  for (const TensorType& type : result_types_) results.push_back(Tensor::uninitialized(type));
  for (size_t i = 0; i < compiled_->buffers.size(); ++i) {
    const Buffer& buffer = compiled_->buffers[i];
    EXPECT_TRUE(is_intact(memory.own[i])) << "a kernel wrote past buffer " << i;
    if (buffer.kind == Buffer::Kind::kResult)
      std::copy_n(memory.addresses[i], buffer.bytes, results[static_cast<size_t>(buffer.index)].data());
  }
  return results;
}

std::vector<Tensor> CompiledProgram::run(const std::vector<Tensor>& arguments) {
  ThreadPool alone(1);
  return run(arguments, alone);
}

namespace {

std::vector<Tensor> interpret_with(const Function& function, const std::vector<Tensor>& arguments,
                                   Precision precision) {
  std::vector<const Tensor*> pointers;
  for (const Tensor& argument : arguments) pointers.push_back(&argument);
  auto results = interpret(function, pointers, precision);
  MINNOW_CHECK(results, "{}", results.error().to_string());
  return *std::move(results);
}

// 0 where either is not finite.
double largest_difference(const Tensor& a, const Tensor& b) {
  const Tensor x = a.converted_to(DType::kF64);
  const Tensor y = b.converted_to(DType::kF64);
  double largest = 0;
  for (size_t i = 0; i < x.as<double>().size(); ++i) {
    const double difference = std::abs(x.as<double>()[i] - y.as<double>()[i]);
    if (std::isfinite(difference)) largest = std::max(largest, difference);
  }
  return largest;
}

double largest_magnitude(const Tensor& tensor) {
  return largest_difference(tensor, Tensor::zeros(tensor.type()));
}

bool is_close(double expected, double actual, const Tolerance& tolerance) {
  if (std::isnan(expected) || std::isnan(actual)) return std::isnan(expected) && std::isnan(actual);
  if (expected == actual) return !tolerance.signed_zeros || std::signbit(expected) == std::signbit(actual);
  return std::abs(expected - actual) <= tolerance.relative * std::abs(expected) + tolerance.absolute;
}

}  // namespace

Reference interpret_reference(const Function& function, const std::vector<Tensor>& arguments) {
  Reference reference{interpret_with(function, arguments, Precision::kDeclared), {}};
  const std::vector<Tensor> exact = interpret_with(function, arguments, Precision::kF64);
  for (size_t i = 0; i < exact.size(); ++i)
    reference.rounding.push_back(largest_difference(reference.results[i], exact[i]));
  return reference;
}

::testing::AssertionResult agrees(const Tensor& expected, const Tensor& actual, const Tolerance& tolerance) {
  if (expected.type() != actual.type())
    return ::testing::AssertionFailure()
           << expected.type().to_string() << " became " << actual.type().to_string();
  Tolerance scaled = tolerance;
  if (expected.type().dtype == DType::kF64) scaled.relative *= 1e-9;
  const Tensor x = expected.converted_to(DType::kF64);
  const Tensor y = actual.converted_to(DType::kF64);
  for (size_t i = 0; i < x.as<double>().size(); ++i)
    if (!is_close(x.as<double>()[i], y.as<double>()[i], scaled))
      return ::testing::AssertionFailure()
             << fmt::format("element {} of {} is {} instead of {}", i, expected.type().to_string(),
                            y.as<double>()[i], x.as<double>()[i]);
  return ::testing::AssertionSuccess();
}

Tolerance Reference::tolerance(size_t result) const {
  const double slack = is_float(results[result].type().dtype) ? 4e-6 * largest_magnitude(results[result]) : 0;
  return {.absolute = 16 * rounding[result] + slack};
}

::testing::AssertionResult agrees(const Reference& expected, const std::vector<Tensor>& actual) {
  for (size_t i = 0; i < actual.size(); ++i)
    if (auto one = agrees(expected.results[i], actual[i], expected.tolerance(i)); !one)
      return one << ", in result " << i;
  return ::testing::AssertionSuccess();
}

::testing::AssertionResult ignores_threads(CompiledProgram& program, const std::vector<Tensor>& arguments) {
  const std::vector<Tensor> alone = program.run(arguments);
  for (const int threads : {2, 3, 5}) {
    ThreadPool pool(threads);
    const std::vector<Tensor> together = program.run(arguments, pool);
    for (size_t i = 0; i < alone.size(); ++i)
      if (alone[i].bytes() != together[i].bytes())
        return ::testing::AssertionFailure()
               << "result " << i << " is another with " << threads << " threads";
  }
  return ::testing::AssertionSuccess();
}

}  // namespace minnow::testing
