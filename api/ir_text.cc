// Functions of a model as text.
#include "api/border.h"
#include "api/model.h"
#include "codegen/compile.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "passes/plan_memory.h"

namespace minnow::api {
namespace {

bool is_code(std::string_view stage) { return stage == "llvm" || stage == "asm"; }

Result<std::vector<Pass>> passes_up_to(std::string_view stage) {
  if (stage == "lowered") return std::vector<Pass>();
  if (stage == "optimized" || is_code(stage)) return default_pipeline();
  auto cut = cut_pipeline(default_pipeline(), std::string(stage), "stage");
  if (!cut && cut.error().hint.empty()) cut.error().hint = "a stage is lowered, a pass by name, optimized, llvm or asm";
  return cut;
}

Result<std::string> ir_text(const minnow_model* model, std::string_view function, std::string_view stage,
                            int64_t batch_size) {
  const LoadedModel& loaded = model->session->model();
  const int64_t wanted = batch_size > 0 ? batch_size : loaded.model.training().batch_size();
  BuildOptions build{{batch_size_for(loaded, wanted), model->max_bytes}, {}, {}};
  MINNOW_ASSIGN(build.pipeline, passes_up_to(stage));
  auto made = build_function(loaded, function, build);
  if (!made && made.error().where == "--function") made.error().where = "function";
  MINNOW_ASSIGN(const auto built, std::move(made));
  if (!is_code(stage)) return print(*built);
  const MemoryPlan plan = plan_memory(*built);
  return stage == "llvm" ? emit_llvm_ir(*built, plan) : emit_assembly(*built, plan);
}

}  // namespace
}  // namespace minnow::api

using namespace minnow;       // NOLINT
using namespace minnow::api;  // NOLINT

extern "C" minnow_status minnow_ir_text(const minnow_model* model, const char* function, const char* stage,
                                        int64_t batch_size, char** text) {
  return at_border([&]() -> Status {
    MINNOW_TRY(check_given(model, "model"));
    MINNOW_TRY(check_given(function, "function"));
    MINNOW_TRY(check_given(text, "text"));
    if (batch_size < 0) return misuse("batch_size", fmt::format("is {}", batch_size));
    MINNOW_ASSIGN(const std::string result,
                  ir_text(model, function, stage == nullptr ? "optimized" : stage, batch_size));
    return give_text(result, text);
  });
}
