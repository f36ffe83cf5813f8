#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/command.h"

namespace minnow {
namespace {

// 61706 → "61,706"
std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::string megaflops(double flops) { return flops == 0 ? "" : fmt::format("{:.3f}", flops / 1e6); }

void print_layers(const LoweredModel& lowered) {
  size_t width = 5;
  for (const LayerRow& row : lowered.layers) width = std::max(width, row.name.size());
  fmt::print("{:{}}  {:16}  {:>14}  {:>12}  {:>10}\n", "layer", width, "kind", "output", "weights", "MFLOP");
  double flops = 0;
  for (const LayerRow& row : lowered.layers) {
    fmt::print("{:{}}  {:16}  {:>14}  {:>12}  {:>10}\n", row.name, width, row.kind,
               shape_to_string(row.output), row.weights ? grouped(row.weights) : "", megaflops(row.flops));
    flops += row.flops;
  }
  fmt::print("{:{}}  {:16}  {:>14}  {:>12}  {:>10}\n", "total", width, "", "",
             grouped(lowered.weight_count()), megaflops(flops));
}

nlohmann::ordered_json to_json(const LoadedModel& loaded, const LoweredModel& lowered) {
  nlohmann::ordered_json object = {{"model", loaded.model.name()},
                                   {"layers", nlohmann::ordered_json::array()}};
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
  if (flags.json) {
    print_json(to_json(loaded, lowered));
  } else {
    fmt::print("{}: {}\n\n", loaded.path, loaded.model.name());
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
