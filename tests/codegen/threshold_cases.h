// Many functions in one, whose results are compared with the interpreter's.
#pragma once

#include <array>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "proof/parameters.h"
#include "tests/cases/agreement.h"

namespace minnow {

// Many functions in one: each result is a case.
struct Cases {
  Function function{"f"};
  Builder b{function};
  bool takes_infinities = false;

  Value* input(Shape shape, Role role = Role::kInput) {
    return function.add_parameter(fmt::format("p{}", function.parameters().size()), {DType::kF32, std::move(shape)},
                                  role);
  }
  void result(Value* value) { function.add_result(fmt::format("r{}", function.results().size()), value); }
  void op(OpKind kind, const Shape& left, const Shape& right, const Attributes& attributes) {
    Value* first = input(left);
    result(b.create(kind, {first, input(right)}, attributes));
  }
  void dot(int64_t rows, int64_t depth, int64_t columns, std::array<int64_t, 2> contract = {1, 0}) {
    Shape left = {rows, depth}, right = {depth, columns};
    if (contract[0] == 0) std::swap(left[0], left[1]);
    if (contract[1] == 1) std::swap(right[0], right[1]);
    op(OpKind::kDot, left, right, DotAttributes{contract});
  }

  std::vector<Tensor> arguments() const {
    proof::Rng rng(7);
    return draw_arguments(function, std::vector<proof::Domain>(function.parameters().size()), proof::Numbers::kWhole,
                          rng);
  }
  // Compiled as it is, or after all passes; on three threads.
  void check(const std::string& cpu = {}, bool keeps_weights = false) const {
    check_compiled(*function.clone(), {.cpu = cpu, .keeps_weights = keeps_weights});
  }
  void check_after_passes() const {
    const auto passed = function.clone();
    ASSERT_TRUE(run_passes(*passed, default_pipeline()));
    check_compiled(*passed, {});
  }

 private:
  // An infinity at an end shows up where it has no business.
  static void put_infinities(std::vector<Tensor>& arguments) {
    for (Tensor& argument : arguments) argument.as<float>().back() = std::numeric_limits<float>::infinity();
  }
  void check_compiled(const Function& compiled, const CompileOptions& options) const {
    testing::CompiledProgram program(compiled, options);
    ThreadPool three(3);
    auto given = arguments();
    for (const bool is_finite : {true, false}) {
      if (!is_finite && !takes_infinities) continue;
      if (!is_finite) put_infinities(given);
      const testing::Reference expected = testing::interpret_reference(function, given);
      const auto actual = program.run(given, three);
      ASSERT_EQ(actual.size(), expected.results.size());
      for (size_t i = 0; i < actual.size(); ++i)
        EXPECT_TRUE(
            testing::agrees(expected.results[i], actual[i], is_finite ? expected.tolerance(i) : testing::Tolerance{}))
            << "result " << i << " of\n"
            << print(compiled);
    }
  }
};

}  // namespace minnow
