#include <fmt/format.h>

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
    fmt::print("{:{}}  {:16}  {:>14}  {:>12}  {:>10}\n", row.name, width, row.kind, shape_to_string(row.output),
               row.weights ? grouped(row.weights) : "", megaflops(row.flops));
    flops += row.flops;
  }
  fmt::print("{:{}}  {:16}  {:>14}  {:>12}  {:>10}\n", "total", width, "", "", grouped(lowered.weight_count()),
             megaflops(flops));
}

}  // namespace

Action add_check(CLI::App& app) {
  auto model = std::make_shared<ModelFlags>();
  auto backend = std::make_shared<BackendFlags>();
  model->add(app);
  model->add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  backend->add(app);
  app.footer("FLOPs are those of one example's forward pass; a multiply-add counts 2.");
  return [model, backend]() -> Result<ExitCode> {
    MINNOW_ASSIGN(const LoadedModel loaded, model->read());
    MINNOW_ASSIGN(const LoweredModel lowered,
                  lower_model(loaded, {loaded.model.training().batch_size(), backend->session_options().max_bytes}));
    fmt::print("{}: {}\n\n", loaded.path, loaded.model.name());
    print_layers(lowered);
    return ExitCode::kDone;
  };
}

}  // namespace minnow
