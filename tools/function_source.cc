#include "tools/function_source.h"

#include "codegen/compile.h"
#include "ir/loop.h"
#include "tools/flags/ir_file.h"

namespace minnow {

Result<bool> FunctionSource::stands_in_text() const {
  if (!is_ir_file(model.path)) return false;
  MINNOW_ASSIGN(const bool is_made, is_made_of_loss(model.path, function));
  return !is_made;
}

Result<std::unique_ptr<Function>> FunctionSource::build(const PassFlags& flags, const PassPlan& plan,
                                                        const PassOptions& options,
                                                        std::vector<PassRecord>& records) const {
  MINNOW_ASSIGN(const bool is_text, stands_in_text());
  if (is_text) {
    MINNOW_ASSIGN(const auto module, read_ir_file(model.path));
    MINNOW_ASSIGN(const Function* const found, choose_function(*module, shown_path(model.path), function));
    MINNOW_TRY(check_memory(shown_path(model.path), *found, max_bytes));
    flags.print_limit(plan, found->name());
    auto copy = found->clone();
    MINNOW_ASSIGN(records, run_passes(*copy, plan.run, options));
    return copy;
  }
  MINNOW_ASSIGN(const LoadedModel loaded, model.read());
  const std::string name = !function.empty() ? function : loaded.has_loss() ? "train_step" : "infer";
  flags.print_limit(plan, name);
  return build_function(loaded, name, {{loaded.model.training().batch_size(), max_bytes}, plan.run, options, &records});
}

Status remark_on_memory(const Function& function, const std::string& triple, const std::string& cpu, Remarks& remarks) {
  remarks.begin("plan-memory", function);
  const MemoryPlan plan = plan_memory(function, &remarks);
  for (const auto& op : function.ops())
    if (is_block_loop(*op)) plan_body(*op, &remarks);
  remarks.begin("layout", function);
  return explain_layouts(function, plan, triple, cpu, remarks);
}

}  // namespace minnow
