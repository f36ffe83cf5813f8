#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "frontend/lower/validate_learning.h"
#include "tools/command.h"
#include "tools/report/layer_table.h"

namespace minnow {
namespace {

void print_layers(const LoweredModel& lowered) {
  const std::vector<std::vector<std::string>> rows = layer_table(lowered);
  size_t name = 0, kind = 16, output = 14;
  for (const auto& row : rows) {
    name = std::max(name, row[0].size());
    kind = std::max(kind, row[1].size());
    output = std::max(output, row[2].size());
  }
  for (const auto& row : rows)
    fmt::print("{:{}}  {:{}}  {:>{}}  {:>12}  {:>10}\n", row[0], name, row[1], kind, row[2], output, row[3], row[4]);
}

nlohmann::ordered_json to_json(const LoadedModel& loaded, const LoweredModel& lowered) {
  nlohmann::ordered_json object = {{"model", loaded.model.name()}, {"layers", nlohmann::ordered_json::array()}};
  double flops = 0;
  for (const LayerRow& row : lowered.layers) {
    object["layers"].push_back({{"name", row.name},
                                {"kind", row.kind},
                                {"output", row.output},
                                {"weights", row.weights},
                                {"flops", row.flops}});
    flops += row.flops;
  }
  object["weights"] = lowered.weight_count();
  object["trained"] = lowered.trained_count();
  object["flops"] = flops;
  return object;
}

struct CheckFlags {
  ModelFlags model;
  BackendFlags backend;
  bool json = false;
};

Result<ExitCode> check_command(const CheckFlags& flags) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  const LowerOptions options{loaded.model.training().batch_size(), flags.backend.session_options().max_bytes};
  MINNOW_ASSIGN(const LoweredModel lowered, lower_model(loaded, options));
  MINNOW_TRY(validate_learning(loaded, lowered));
  if (flags.json) {
    print_json(to_json(loaded, lowered));
  } else {
    fmt::print("{}: {}\n\n", loaded.where(""), loaded.model.name());
    print_layers(lowered);
  }
  return ExitCode::kDone;
}

}  // namespace

Action add_check(CLI::App& app) {
  auto flags = std::make_shared<CheckFlags>();
  flags->model.add(app);
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->backend.add(app);
  add_json_flag(app, flags->json);
  app.footer("FLOPs are those of one example's forward pass; a multiply-add counts 2.");
  return [flags] { return check_command(*flags); };
}

}  // namespace minnow
