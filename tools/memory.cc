#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/memory_use.h"
#include "runtime/plot/arena_map.h"
#include "tools/command.h"

namespace minnow {
namespace {

std::string kib(int64_t bytes) { return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024); }

void print_text(const LoadedModel& loaded, const MemoryUse& training, const MemoryUse& inference) {
  const auto print_row = [](std::string_view title, int64_t first, int64_t second) {
    fmt::print("{:34}{:>16}{:>16}\n", title, kib(first), kib(second));
  };
  fmt::print("{}, batch size {}\n\n{:34}{:>16}{:>16}\n", loaded.model.name(), loaded.model.training().batch_size(), "",
             "training", "inference");
  for (const MemoryRow& row : memory_rows()) print_row(row.title, training.*row.bytes, inference.*row.bytes);
  for (const MemoryRow& row : memory_peak_rows()) print_row(row.title, training.*row.bytes, inference.*row.bytes);
  print_row("total", training.total(), inference.total());
}

nlohmann::ordered_json to_json(const MemoryUse& use) {
  nlohmann::ordered_json object;
  for (const MemoryRow& row : memory_rows()) object[row.key] = use.*row.bytes;
  for (const MemoryRow& row : memory_peak_rows()) object[row.key] = use.*row.bytes;
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
  const SessionOptions options = flags.backend.session_options();
  MINNOW_ASSIGN(const ModelMemory memory, measure_memory(loaded, flags.backend.thread_count(), options.max_bytes));
  if (!flags.out.empty()) {
    const std::string title = fmt::format("{}, {} of {} examples", loaded.model.name(),
                                          loaded.has_loss() ? "training step" : "inference", batch);
    MINNOW_TRY(write_drawing(flags.out, draw_arena_map(*memory.train_step, title)));
  }
  if (flags.json) {
    print_json({{"model", loaded.model.name()},
                {"batch_size", batch},
                {"unit", "bytes"},
                {"training", to_json(memory.training)},
                {"inference", to_json(memory.inference)}});
  } else {
    print_text(loaded, memory.training, memory.inference);
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
  app.footer(
      "The plan of the compiled functions. Gradients that are used up as they arise take no memory.\n"
      "Indented rows are parts of the arenas. The total is what a session allocates, for this machine.");
  return [flags] { return memory_command(*flags); };
}

}  // namespace minnow
