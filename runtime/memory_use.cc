#include "runtime/memory_use.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "codegen/compile.h"
#include "ir/loop.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"
#include "runtime/session.h"

namespace minnow {
namespace {

constexpr std::array<MemoryRow, 9> kRows = {{
    {"weights", "weights", &MemoryUse::weights},
    {"running_statistics", "running statistics", &MemoryUse::running_statistics},
    {"optimizer_state", "optimiser state", &MemoryUse::optimizer_state},
    {"inputs", "inputs", &MemoryUse::inputs},
    {"arena", "arena", &MemoryUse::arena},
    {"scratch", "scratch of kernels", &MemoryUse::scratch},
    {"blocks", "arenas for blocks, one a thread", &MemoryUse::blocks},
    {"constants", "constants", &MemoryUse::constants},
    {"results", "results", &MemoryUse::results},
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
    for (int position = slot.first; position <= slot.last && !plan.is_within(value); ++position)
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
    if (!plan.is_within(value) && slot.first < turn && slot.last >= turn &&
        location_of(*value).phase == Phase::kForward)
      buffers[slot.offset] = slot.bytes;
  int64_t bytes = 0;
  for (const auto& [offset, held] : buffers) bytes += held;
  return bytes;
}

Result<MemoryUse> memory_use(const Function& function, const LoweredModel& lowered, int threads) {
  MemoryUse use;
  std::set<std::string> statistics;
  for (const StateInfo& state : lowered.states) statistics.insert(state.name);
  for (const auto& parameter : function.parameters()) {
    int64_t& held = parameter->role == Role::kWeight       ? use.weights
                    : parameter->role != Role::kState      ? use.inputs
                    : statistics.contains(parameter->name) ? use.running_statistics
                                                           : use.optimizer_state;
    held += parameter->type.bytes();
  }
  const MemoryPlan plan = plan_memory(function);
  use.arena = plan.arena_bytes;
  MINNOW_ASSIGN(const RunMemory run, run_memory(function, plan));
  use.scratch = run.scratch;
  use.blocks = threads * run.local;
  use.constants = run.constants;
  use.results = run.results;
  measure_peak(plan, use);
  use.saved = saved_bytes(function, plan);
  for (const auto& op : function.ops()) {
    if (op->kind != OpKind::kLoop) continue;
    const bool in_blocks = is_block_loop(*op);
    const MemoryPlan body = in_blocks ? plan_body(*op) : *plan.loops.at(op.get()).body;
    measure_peak(body, use);
    use.saved += (in_blocks ? threads : 1) * saved_bytes(*op->body, body);
  }
  return use;
}

}  // namespace

Result<ModelMemory> measure_memory(const LoadedModel& model, int threads, int64_t max_bytes) {
  const BuildOptions build{{model.model.training().batch_size(), max_bytes}, default_pipeline(), {}};
  MINNOW_ASSIGN(const LoweredModel lowered, lower_model(model, build.lower));
  ModelMemory memory;
  MINNOW_ASSIGN(memory.train_step, build_function(model, model.has_loss() ? "train_step" : "infer", build));
  // A program need not predict; then it is validation that does without gradients.
  const bool predicts = lowered.module.find("infer") != nullptr;
  MINNOW_ASSIGN(const auto infer, build_function(model, predicts ? "infer" : "evaluate", build));
  if (model.has_loss()) {
    MINNOW_ASSIGN(memory.training, memory_use(*memory.train_step, lowered, threads));
  }
  MINNOW_ASSIGN(memory.inference, memory_use(*infer, lowered, threads));
  return memory;
}

std::span<const MemoryRow> memory_rows() { return kRows; }
std::span<const MemoryRow> memory_peak_rows() { return kPeakRows; }

}  // namespace minnow
