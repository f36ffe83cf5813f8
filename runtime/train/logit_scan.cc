#include "runtime/train/logit_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "interpreter/interpreter.h"

namespace minnow {
namespace {

constexpr double kLeastError = 1e-9;  // f32 has no smaller ones near 1
constexpr int kLowPanel = 220;

// The results of a program, in its order, in f64.
using Values = std::vector<std::vector<double>>;

std::vector<double> values_of(const Tensor& tensor) {
  const Tensor wide = tensor.converted_to(DType::kF64);
  const std::span<const double> values = wide.as<double>();
  return {values.begin(), values.end()};
}

Status check_program(const ScannedProgram& program, const ScannedProgram& reference, size_t logits) {
  const Function& function = *program.function;
  const bool has_one = function.parameters().size() == 1 && function.parameters()[0]->type.dtype == DType::kF32;
  if (!has_one) return fail(program.where, "@{} is not of one operand in f32", function.name());
  const TensorType& type = function.parameters()[0]->type;
  if (static_cast<size_t>(type.elements()) != logits)
    return fail(program.where, "@{} takes {}, but there are {} logits", function.name(), type.to_string(), logits);
  const auto& results = function.results();
  const auto& expected = reference.function->results();
  const auto is_alike = [](const FunctionResult& a, const FunctionResult& b) { return a.value->type == b.value->type; };
  if (!std::ranges::equal(results, expected, is_alike))
    return fail(program.where, "the results of @{} are not of the types that {} has", function.name(), reference.name);
  return {};
}

Result<Tensor> scaled(const std::vector<double>& logits, double scale, const TensorType& type) {
  Tensor tensor = Tensor::uninitialized(type);
  for (size_t i = 0; i < logits.size(); ++i) {
    const auto value = static_cast<float>(logits[i] * scale);
    if (!std::isfinite(value)) return fail({}, "{:g} times {:g} does not fit into f32", logits[i], scale);
    tensor.as<float>()[i] = value;
  }
  return tensor;
}

Result<Values> truth_of(const Function& function, const Tensor& operand) {
  const Tensor* argument = &operand;
  MINNOW_ASSIGN(const std::vector<Tensor> results, interpret(function, {&argument, 1}, Precision::kF64));
  Values values;
  for (const Tensor& result : results) values.push_back(values_of(result));
  return values;
}

Result<Values> run(Executable& executable, Tensor operand) {
  Tensor* argument = &operand;
  MINNOW_TRY(executable.run({&argument, 1}));
  Values values;
  for (const FunctionResult& result : executable.function().results())
    values.push_back(values_of(executable.result(result.name)));
  return values;
}

// The same function with a name of its own for each result, none of which is the operand's.
std::unique_ptr<Function> with_named_results(const Function& function) {
  auto named = function.clone();
  for (size_t i = 0; i < named->results().size(); ++i) named->results()[i].name = fmt::format("result {}", i);
  return named;
}

ScanOutcome compare(const Values& values, const Values& truth) {
  ScanOutcome outcome;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = 0; j < values[i].size(); ++j) {
      const double value = values[i][j];
      ++outcome.values;
      outcome.infinite += std::isinf(value);
      outcome.not_a_number += std::isnan(value);
      if (std::isfinite(value))
        outcome.error = std::max(outcome.error, std::abs(value - truth[i][j]) / std::max(1.0, std::abs(truth[i][j])));
    }
  }
  return outcome;
}

}  // namespace

std::string ScanOutcome::text() const {
  if (infinite > 0) return not_a_number > 0 ? "inf, NaN" : "inf";
  if (not_a_number > 0) return "NaN";
  return error < kLeastError ? fmt::format("<{:g}", kLeastError) : fmt::format("{:.1e}", error);
}

ResultTable LogitScan::table() const {
  ResultTable table{{"scale"}, {}};
  table.header.insert(table.header.end(), columns.begin(), columns.end());
  for (size_t i = 0; i < scales.size(); ++i) {
    std::vector<std::string> row = {fmt::format("{:g}", scales[i])};
    for (const ScanOutcome& outcome : outcomes[i]) row.push_back(outcome.text());
    table.rows.push_back(std::move(row));
  }
  return table;
}

Chart LogitScan::chart(const std::string& title) const {
  Chart chart{title, "scale of the logits", false, {{"not finite", {}}, {"error, where all is finite", {}}}};
  chart.panel_height = kLowPanel;
  chart.is_x_log = true;
  chart.panels[0].is_percentage = true;
  chart.panels[1].is_log = true;
  for (size_t column = 0; column < columns.size(); ++column) {
    const bool is_compiled = column % 2 == 1;  // the twin of the column before
    Series share{columns[column], {}, is_compiled, static_cast<int>(column / 2)}, error = share;
    for (size_t i = 0; i < scales.size(); ++i) {
      if (!(scales[i] > 0)) continue;
      const ScanOutcome& outcome = outcomes[i][column];
      const int64_t bad = outcome.infinite + outcome.not_a_number;
      share.points.push_back(
          {scales[i], static_cast<double>(bad) / static_cast<double>(std::max<int64_t>(outcome.values, 1))});
      error.points.push_back({scales[i], bad > 0 ? NAN : std::max(outcome.error, kLeastError)});
    }
    chart.panels[0].series.push_back(std::move(share));
    chart.panels[1].series.push_back(std::move(error));
  }
  return chart;
}

Result<LogitScan> scan_logits(const LogitScanInput& input, ThreadPool& pool, const CodeOptions& code) {
  const ScannedProgram& reference = input.programs[input.reference];
  LogitScan scan{{}, input.scales, {}};
  std::vector<std::unique_ptr<Executable>> executables;
  for (const ScannedProgram& program : input.programs) {
    MINNOW_TRY(check_program(program, reference, input.logits.size()));
    scan.columns.insert(scan.columns.end(), {program.name + ", interpreted", program.name + ", compiled"});
    executables.push_back(make_interpreted(with_named_results(*program.function)));
    MINNOW_ASSIGN(auto compiled, make_compiled(with_named_results(*program.function), pool, code));
    executables.push_back(std::move(compiled));
  }
  for (const double scale : input.scales) {
    MINNOW_ASSIGN(const Tensor operand, scaled(input.logits, scale, reference.function->parameters()[0]->type));
    MINNOW_ASSIGN(const Values truth, truth_of(*reference.function, operand));
    std::vector<ScanOutcome>& row = scan.outcomes.emplace_back();
    for (const auto& executable : executables) {
      MINNOW_ASSIGN(const Values values, run(*executable, operand.clone()));
      row.push_back(compare(values, truth));
    }
  }
  return scan;
}

}  // namespace minnow
