#include "runtime/plot/op_curve.h"

#include <fmt/format.h>

#include "ir/builder.h"
#include "passes/autodiff.h"
#include "runtime/interpreter.h"

namespace minnow {
namespace {

constexpr int64_t kPoints = 601;

bool can_be_drawn(const OpInfo& info) {
  const bool is_logic = info.kind == OpKind::kNot || info.kind == OpKind::kAnd || info.kind == OpKind::kOr;
  return (info.traits & kElementwise) != 0 && info.operands <= 2 && !is_logic && info.kind != OpKind::kConvert;
}

Result<OpKind> find_op(std::string_view name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < kOpCount; ++i) {
    const OpInfo& info = op_info(static_cast<OpKind>(i));
    if (!can_be_drawn(info)) continue;
    if (info.mnemonic == name) return info.kind;
    names.emplace_back(info.mnemonic);
  }
  const std::string nearest = nearest_name(name, names);
  std::string known;
  for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
  return fail_with_hint("--op " + std::string(name), "is no elementwise op on numbers",
                        nearest.empty() ? "one of " + known : "did you mean " + nearest + "?");
}

struct OpFunction {
  Function function{"curve"};
  Value* x = nullptr;
  Value* y = nullptr;
};

void build(OpKind kind, double second, OpFunction& built) {
  const TensorType type{DType::kF64, {kPoints}};
  built.x = built.function.add_parameter("x", type, Role::kInput);
  Builder builder(built.function);
  std::vector<Value*> operands = {built.x};
  if (op_info(kind).operands == 2) operands.push_back(builder.constant(type, second));
  built.y = builder.create(kind, operands);
  if (built.y->type.dtype != DType::kF64) built.y = builder.convert(built.y, DType::kF64);
}

Series series_of(std::string name, const Tensor& x, const Tensor& y, int colour) {
  Series series{std::move(name), {}, colour == 1, colour};
  for (size_t i = 0; i < static_cast<size_t>(kPoints); ++i)
    series.points.push_back({x.as<double>()[i], y.as<double>()[i]});
  return series;
}

// The derivative at every x: the gradient of the sum, whose terms each depend on one x. Nothing if there is none.
Result<std::vector<Tensor>> derivative(OpKind kind, double second, const Tensor& x) {
  OpFunction built;
  build(kind, second, built);
  Builder builder(built.function);
  Value* sum = builder.reduce_sum(built.y, {0});
  std::vector<Value*> gradients;
  if (!differentiate(built.function, sum, {built.x}, gradients)) return std::vector<Tensor>{};
  built.function.add_result("derivative", gradients[0]);
  const Tensor* argument = &x;
  return interpret(built.function, {&argument, 1});
}

}  // namespace

Result<Chart> op_chart(std::string_view name, const OpCurveOptions& options) {
  MINNOW_ASSIGN(const OpKind kind, find_op(name));
  if (!(options.low < options.high && options.high - options.low < 1e300))
    return tl::unexpected(Error{"--range", "is empty or endless", "--range -6,6", ExitCode::kUsage});
  Tensor x = Tensor::uninitialized({DType::kF64, {kPoints}});
  for (int64_t i = 0; i < kPoints; ++i)
    x.as<double>()[static_cast<size_t>(i)] =
        options.low + (options.high - options.low) * static_cast<double>(i) / (kPoints - 1);
  OpFunction built;
  build(kind, options.second, built);
  built.function.add_result("y", built.y);
  const Tensor* argument = &x;
  MINNOW_ASSIGN(const std::vector<Tensor> values, interpret(built.function, {&argument, 1}));
  MINNOW_ASSIGN(const std::vector<Tensor> slopes, derivative(kind, options.second, x));
  const bool is_binary = op_info(kind).operands == 2;
  const std::string call = is_binary ? fmt::format("{}(x, {:g})", name, options.second) : fmt::format("{}(x)", name);
  Chart chart{call, "x", false, {}};
  chart.panels.push_back({"", {series_of(call, x, values[0], 0)}});
  if (!slopes.empty()) chart.panels[0].series.push_back(series_of("derivative", x, slopes[0], 1));
  return chart;
}

}  // namespace minnow
