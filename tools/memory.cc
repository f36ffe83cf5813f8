#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "ir/map.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "runtime/plot/arena_map.h"
#include "tools/command.h"

namespace minnow {
namespace {

// Bytes of one compiled function, by what they hold.
struct MemoryUse {
  int64_t weights = 0;
  int64_t running_statistics = 0;
  int64_t optimizer_state = 0;
  int64_t inputs = 0;
  int64_t arena = 0;                       // activations, gradients and temporaries, sharing one block
  int64_t blocks = 0;                      // the same for blocks of examples, one arena per thread
  int64_t activations = 0, gradients = 0;  // in an arena where most of it is in use
  int64_t saved = 0;                       // activations that wait for the gradients
  int64_t total() const { return weights + running_statistics + optimizer_state + inputs + arena + blocks; }
};

struct MemoryRow {
  const char* key;
  const char* title;
  int64_t MemoryUse::*bytes;
};

constexpr std::array<MemoryRow, 6> kRows = {{
    {"weights", "weights", &MemoryUse::weights},
    {"running_statistics", "running statistics", &MemoryUse::running_statistics},
    {"optimizer_state", "optimiser state", &MemoryUse::optimizer_state},
    {"inputs", "inputs", &MemoryUse::inputs},
    {"arena", "arena", &MemoryUse::arena},
    {"blocks", "arenas for blocks, one a thread", &MemoryUse::blocks},
}};
constexpr std::array<MemoryRow, 3> kPeakRows = {{
    {"activations", "  activations at its fullest", &MemoryUse::activations},
    {"gradients", "  gradients at its fullest", &MemoryUse::gradients},
    {"saved_activations", "  activations saved for gradients", &MemoryUse::saved},
}};

// What is live at the op where most is. Values that share bytes count once.
void measure_peak(const MemoryPlan& plan, MemoryUse& use) {
  struct Live {
    std::map<int64_t, std::pair<int64_t, Phase>> buffers;  // by offset
  };
  std::map<int, Live> ops;
  for (const auto& [value, slot] : plan.slots)
    for (int position = slot.first; position <= slot.last; ++position)
      ops[position].buffers[slot.offset] = {slot.bytes, location_of(*value).phase};
  for (const auto& [position, live] : ops) {
    int64_t activations = 0, gradients = 0;
    for (const auto& [offset, buffer] : live.buffers)
      (buffer.second == Phase::kForward ? activations : gradients) += buffer.first;
    if (activations + gradients <= use.activations + use.gradients) continue;
    use.activations = activations;
    use.gradients = gradients;
  }
}

// What the forward pass leaves for the way back: its values that live on where the first gradient is computed.
int64_t saved_bytes(const Function& function, const MemoryPlan& plan) {
  const auto is_gradient = [](const auto& op) { return op->location.phase == Phase::kGradient; };
  const auto first = std::ranges::find_if(function.ops(), is_gradient);
  if (first == function.ops().end()) return 0;
  const auto turn = static_cast<int>(std::distance(function.ops().begin(), first));
  std::map<int64_t, int64_t> buffers;  // by offset
  for (const auto& [value, slot] : plan.slots)
    if (slot.first < turn && slot.last >= turn && location_of(*value).phase == Phase::kForward)
      buffers[slot.offset] = slot.bytes;
  int64_t bytes = 0;
  for (const auto& [offset, held] : buffers) bytes += held;
  return bytes;
}

MemoryUse memory_use(const Function& function, const std::set<std::string>& statistics, int threads) {
  MemoryUse use;
  for (const auto& parameter : function.parameters()) {
    int64_t& held = parameter->role == Role::kWeight       ? use.weights
                    : parameter->role != Role::kState      ? use.inputs
                    : statistics.contains(parameter->name) ? use.running_statistics
                                                           : use.optimizer_state;
    held += parameter->type.bytes();
  }
  const MemoryPlan plan = plan_memory(function);
  use.arena = plan.arena_bytes;
  measure_peak(plan, use);
  use.saved = saved_bytes(function, plan);
  for (const auto& op : function.ops()) {
    if (op->kind != OpKind::kMap) continue;
    const MemoryPlan block = plan_memory(*op->body);
    use.blocks = std::max(use.blocks, threads * block.arena_bytes);
    measure_peak(block, use);
    use.saved += threads * saved_bytes(*op->body, block);
  }
  return use;
}

std::string kib(int64_t bytes) { return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024); }

void print_text(const LoadedModel& loaded, const MemoryUse& training, const MemoryUse& inference) {
  const auto print_row = [](std::string_view title, int64_t first, int64_t second) {
    fmt::print("{:34}{:>16}{:>16}\n", title, kib(first), kib(second));
  };
  fmt::print("{}, batch size {}\n\n{:34}{:>16}{:>16}\n", loaded.model.name(),
             loaded.model.training().batch_size(), "", "training", "inference");
  for (const MemoryRow& row : kRows) print_row(row.title, training.*row.bytes, inference.*row.bytes);
  for (const MemoryRow& row : kPeakRows) print_row(row.title, training.*row.bytes, inference.*row.bytes);
  print_row("total", training.total(), inference.total());
}

nlohmann::ordered_json to_json(const MemoryUse& use) {
  nlohmann::ordered_json object;
  for (const MemoryRow& row : kRows) object[row.key] = use.*row.bytes;
  for (const MemoryRow& row : kPeakRows) object[row.key] = use.*row.bytes;
  object["total"] = use.total();
  return object;
}

struct MemoryFlags {
  ModelFlags model;
  BackendFlags backend;
  std::string out;
  bool json = false;
};

Result<ExitCode> memory_command(const MemoryFlags& flags) {
  if (!flags.out.empty()) MINNOW_TRY(check_picture_path(flags.out));
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  const int64_t batch = loaded.model.training().batch_size();
  const BuildOptions build{{batch, flags.backend.session_options().max_bytes}, default_pipeline(), {}};
  MINNOW_ASSIGN(const LoweredModel lowered, lower_model(loaded, build.lower));
  MINNOW_ASSIGN(const auto train_step, build_function(loaded, "train_step", build));
  MINNOW_ASSIGN(const auto infer, build_function(loaded, "infer", build));
  std::set<std::string> statistics;
  for (const StateInfo& state : lowered.states) statistics.insert(state.name);
  const MemoryUse training = memory_use(*train_step, statistics, flags.backend.thread_count());
  const MemoryUse inference = memory_use(*infer, statistics, flags.backend.thread_count());
  if (!flags.out.empty()) {
    const std::string title = fmt::format("{}, training step of {} examples", loaded.model.name(), batch);
    MINNOW_TRY(write_drawing(flags.out, draw_arena_map(*train_step, title)));
  }
  if (flags.json) {
    print_json({{"model", loaded.model.name()},
                {"batch_size", batch},
                {"unit", "bytes"},
                {"training", to_json(training)},
                {"inference", to_json(inference)}});
  } else {
    print_text(loaded, training, inference);
  }
  return ExitCode::kDone;
}

}  // namespace

Action add_memory(CLI::App& app) {
  auto flags = std::make_shared<MemoryFlags>();
  flags->model.add(app);
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->backend.add(app);
  app.add_option("-o,--output", flags->out, "draw the arena of the training step, .svg or .png")->type_name("FILE");
  add_json_flag(app, flags->json);
  app.footer("The plan of the compiled functions. Gradients that are used up as they arise take no memory.\n"
             "What kernels need for themselves, such as sums over blocks, is not counted.");
  return [flags] { return memory_command(*flags); };
}

}  // namespace minnow
