// How far compiled elementwise functions of f32 are from the exact ones, over all floats: zeros of both signs,
// denormals, the largest, infinities and NaN included. docs/ir.md shows the table,
// tests/codegen/element/accuracy_test.cc holds it.
#pragma once

#include <string_view>

namespace minnow::proof {

// In units in the last place of the exact value, of which denormals share the smallest. What is exactly infinite or NaN
// is that.
struct Accuracy {
  std::string_view function;  // mnemonic of an op, or activation of a model
  double value = 0;
  double gradient = 0;
  double gradient_error = 0;  // or off by no more than this, where numbers near each other are subtracted
  std::string_view remark = "";
  double value_error = 0;
};

inline constexpr Accuracy kAccuracies[] = {
    // clang-format off
    {"neg", 0, 0},
    {"abs", 0, 0},
    {"sign", 0, 0},
    {"floor", 0, 0},
    {"round", 0, 0},
    {"sqrt", 0.5, 1.5},
    {"exp", 1, 1},
    {"expm1", 1.5, 1},
    {"log", 0.8, 0.5},
    {"log1p", 1.5, 1.5},
    {"tanh", 1.5, 1, 1.8e-7, "the gradient is 0 from ±9.02 on"},
    {"sigmoid", 2.1, 4, 9e-8, "the gradient is 0 from 17.33 on"},
    {"erf", 2.5, 64, 0, "e^(-x²) magnifies the rounding of x²; 4 within ±2"},
    {"erfc", 6, 64, 0, "as `erf`"},
    {"sin", 0.6, 0.6},
    {"cos", 0.6, 0.6},
    {"atan", 0.9, 2.5, 1e-38, "the gradient is 0 from ±1.8e19 on"},
    {"RELU", 0, 0},
    {"LEAKY_RELU", 0.5, 0},
    {"SIGMOID", 2.1, 4, 9e-8, "as `sigmoid`"},
    {"TANH", 1.5, 1, 1.8e-7, "as `tanh`"},
    {"GELU", 3.2, 64, 3e-7, "0 below -5.4, where erf is -1. NaN at -inf: inf · 0", 3e-7},
    {"SILU", 52, 64, 1e-6, "4 above -87, where `sigmoid` is no denormal. NaN at -inf: inf · 0"},
    {"SOFTPLUS", 1.8, 2.5},
    {"ELU", 1.5, 1},
    {"RELU6", 0, 0},
    {"HARD_SIGMOID", 2, 0.5},
    {"HARD_SWISH", 3, 4, 2e-7},
    {"MISH", 56, 64, 2e-6, "4 above -87, as `SILU`. NaN at -inf: inf · 0"},
    {"GELU_TANH", 300, 300, 1e-6, "below -2 as `sigmoid`, whose argument is rounded; above it 8. NaN at -inf: inf · 0"},
    // clang-format on
};

}  // namespace minnow::proof
