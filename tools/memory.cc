#include <fmt/format.h>

#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "tools/command.h"

namespace minnow {
namespace {

// Bytes of one compiled function, by what they hold.
struct MemoryUse {
  int64_t weights = 0;
  int64_t state = 0;  // running statistics and the optimiser's
  int64_t inputs = 0;
  int64_t arena = 0;  // activations, gradients and temporaries, sharing one block
  int64_t live = 0;   // the largest sum of bytes live at once
  int64_t total() const { return weights + state + inputs + arena; }
};

MemoryUse memory_use(const Function& function) {
  MemoryUse use;
  for (const auto& parameter : function.parameters()) {
    int64_t& held = parameter->role == Role::kWeight  ? use.weights
                    : parameter->role == Role::kState ? use.state
                                                      : use.inputs;
    held += parameter->type.bytes();
  }
  const MemoryPlan plan = plan_memory(function);
  use.arena = plan.arena_bytes;
  use.live = peak_live_bytes(plan);
  return use;
}

std::string kib(int64_t bytes) { return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024); }

Result<ExitCode> memory_command(const ModelFlags& model, const BackendFlags& backend) {
  MINNOW_ASSIGN(const LoadedModel loaded, model.read());
  const int64_t batch = loaded.model.training().batch_size();
  BuildOptions build{{batch, backend.session_options().max_bytes}, default_pipeline(), {}};
  MINNOW_ASSIGN(const auto train_step, build_function(loaded, "train_step", build));
  MINNOW_ASSIGN(const auto infer, build_function(loaded, "infer", build));
  const MemoryUse training = memory_use(*train_step);
  const MemoryUse inference = memory_use(*infer);
  fmt::print("{}, batch size {}\n\n{:34}{:>16}{:>16}\n", loaded.model.name(), batch, "", "training", "inference");
  const auto row = [&](std::string_view what, int64_t MemoryUse::*field) {
    fmt::print("{:34}{:>16}{:>16}\n", what, kib(training.*field), kib(inference.*field));
  };
  row("weights", &MemoryUse::weights);
  row("running and optimiser state", &MemoryUse::state);
  row("inputs", &MemoryUse::inputs);
  row("activations, gradients (arena)", &MemoryUse::arena);
  fmt::print("{:34}{:>16}{:>16}\n", "total", kib(training.total()), kib(inference.total()));
  row("most that is live at once", &MemoryUse::live);
  return ExitCode::kDone;
}

}  // namespace

Action add_memory(CLI::App& app) {
  auto model = std::make_shared<ModelFlags>();
  auto backend = std::make_shared<BackendFlags>();
  model->add(app);
  model->add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  backend->add(app);
  return [model, backend] { return memory_command(*model, *backend); };
}

}  // namespace minnow
