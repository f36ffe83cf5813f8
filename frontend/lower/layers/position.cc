#include <cmath>

#include "frontend/lower/layer_rule.h"
#include "frontend/lower/layers/one_position.h"

namespace minnow {
namespace {

// code [T,D]: sines in the even columns, cosines in the odd ones.
std::vector<double> sinusoidal_code(int64_t positions, int64_t width, double base) {
  std::vector<double> code;
  for (int64_t t = 0; t < positions; ++t)
    for (int64_t i = 0; i < width; ++i) {
      const double exponent = static_cast<double>(i - i % 2) / static_cast<double>(width);
      const double angle = static_cast<double>(t) / std::pow(base, exponent);
      code.push_back(static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  return code;
}

// x [N,T,D] → y [N,T,D]
Result<Value*> lower_position(LayerScope& scope) {
  const spec::Position& position = scope.layer().position();
  const Shape& shape = scope.input_shape();
  if (shape.size() != 3)
    return scope.complain("", "needs a sequence of vectors [length,width], but its input is {}{}",
                          scope.example_shape(), scope.from());
  MINNOW_TRY(scope.admit_output(shape));
  Builder& b = scope.builder();
  const int64_t positions = scope.mode() == Mode::kGeneration ? scope.sequence_length() : shape[1];
  const Shape code_shape = {positions, shape[2]};
  Value* code = nullptr;
  if (position.code() == spec::Position::LEARNED) {
    MINNOW_ASSIGN(code, scope.weight("weight", code_shape, {position.weight_init(), positions, shape[2]}));
  } else {
    code = b.constant({DType::kF32, code_shape}, sinusoidal_code(positions, shape[2], position.base()));
  }
  if (scope.mode() == Mode::kGeneration) code = scope.row_of_position(code);
  return b.add(scope.input(), b.broadcast(code, {1, 2}, shape));
}

}  // namespace

const LayerRule kPositionRule = {.lower = lower_position, .check_generation = goes_by_elements};

}  // namespace minnow
