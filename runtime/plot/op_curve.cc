#include "runtime/plot/op_curve.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <functional>

#include "frontend/lower/composites.h"
#include "interpreter/interpreter.h"
#include "ir/builder.h"
#include "passes/gradient/autodiff.h"

namespace minnow {
namespace {

constexpr int64_t kPoints = 601;

bool can_be_drawn(const OpInfo& info) {
  const bool is_logic = info.kind == OpKind::kNot || info.kind == OpKind::kAnd || info.kind == OpKind::kOr;
  return (info.traits & kElementwise) != 0 && info.operands <= 2 && !is_logic && info.kind != OpKind::kConvert;
}

// A function of x, and how it is written.
struct Curve {
  std::string call;
  std::function<Value*(Builder&, Value*)> build;
};

Curve curve_of(OpKind kind, double second) {
  const bool is_binary = op_info(kind).operands == 2;
  return {is_binary ? fmt::format("{}(x, {:g})", mnemonic(kind), second) : fmt::format("{}(x)", mnemonic(kind)),
          [=](Builder& builder, Value* x) {
            std::vector<Value*> operands = {x};
            if (is_binary) operands.push_back(builder.like(x, second));
            return builder.create(kind, operands);
          }};
}

Curve curve_of(const std::string& name, spec::Activation::Function function) {
  return {name + "(x)", [=](Builder& builder, Value* x) { return activate(builder, x, function); }};
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// By their names, as those of ops are written.
std::vector<std::pair<std::string, spec::Activation::Function>> activations() {
  std::vector<std::pair<std::string, spec::Activation::Function>> found;
  const google::protobuf::EnumDescriptor& all = *spec::Activation::Function_descriptor();
  for (int i = 0; i < all.value_count(); ++i) {
    const auto function = static_cast<spec::Activation::Function>(all.value(i)->number());
    if (function != spec::Activation::NONE) found.emplace_back(lower_case(all.value(i)->name()), function);
  }
  return found;
}

// An op, or an activation of model files, such as relu, which is no op.
Result<Curve> find_curve(std::string_view name, double second) {
  for (size_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = op_info(static_cast<OpKind>(i));
    if (can_be_drawn(info) && info.mnemonic == name) return curve_of(info.kind, second);
  }
  for (const auto& [activation, function] : activations())
    if (activation == name) return curve_of(activation, function);
  const std::vector<std::string> names = op_curve_names();
  const std::string nearest = nearest_name(name, names);
  return fail_with_hint(
      "--op " + std::string(name), "is no elementwise op on numbers, and no activation",
      nearest.empty() ? fmt::format("one of {}", fmt::join(names, ", ")) : "did you mean " + nearest + "?");
}

struct CurveFunction {
  Function function{"curve"};
  Value* x = nullptr;
  Value* y = nullptr;
};

void build(const Curve& curve, CurveFunction& built) {
  built.x = built.function.add_parameter("x", {DType::kF64, {kPoints}}, Role::kInput);
  Builder builder(built.function);
  built.y = curve.build(builder, built.x);
  if (built.y->type.dtype != DType::kF64) built.y = builder.convert(built.y, DType::kF64);
}

Series series_of(std::string name, const Tensor& x, const Tensor& y, int colour) {
  Series series{std::move(name), {}, colour == 1, colour};
  for (size_t i = 0; i < static_cast<size_t>(kPoints); ++i)
    series.points.push_back({x.as<double>()[i], y.as<double>()[i]});
  return series;
}

// The derivative at every x: the gradient of the sum, whose terms each depend on one x. Nothing if there is none.
Result<std::vector<Tensor>> derivative(const Curve& curve, const Tensor& x) {
  CurveFunction built;
  build(curve, built);
  Builder builder(built.function);
  Value* sum = builder.reduce_sum(built.y, {0});
  std::vector<Value*> gradients;
  if (!differentiate(built.function, sum, {built.x}, gradients)) return std::vector<Tensor>{};
  built.function.add_result("derivative", gradients[0]);
  const Tensor* argument = &x;
  return interpret(built.function, {&argument, 1});
}

}  // namespace

std::vector<std::string> op_curve_names() {
  std::vector<std::string> names;
  for (size_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = op_info(static_cast<OpKind>(i));
    if (can_be_drawn(info)) names.emplace_back(info.mnemonic);
  }
  for (auto& [name, function] : activations())
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

Result<Chart> op_chart(std::string_view name, const OpCurveOptions& options) {
  MINNOW_ASSIGN(const Curve curve, find_curve(name, options.second));
  if (!(options.low < options.high && options.high - options.low < 1e300))
    return tl::unexpected(Error{"--range", "is empty or endless", "--range -6,6", ExitCode::kUsage});
  Tensor x = Tensor::uninitialized({DType::kF64, {kPoints}});
  for (int64_t i = 0; i < kPoints; ++i)
    x.as<double>()[static_cast<size_t>(i)] =
        options.low + (options.high - options.low) * static_cast<double>(i) / (kPoints - 1);
  CurveFunction built;
  build(curve, built);
  built.function.add_result("y", built.y);
  const Tensor* argument = &x;
  MINNOW_ASSIGN(const std::vector<Tensor> values, interpret(built.function, {&argument, 1}));
  MINNOW_ASSIGN(const std::vector<Tensor> slopes, derivative(curve, x));
  Chart chart{curve.call, "x", false, {}};
  chart.panels.push_back({"", {series_of(curve.call, x, values[0], 0)}});
  if (!slopes.empty()) chart.panels[0].series.push_back(series_of("derivative", x, slopes[0], 1));
  return chart;
}

}  // namespace minnow
