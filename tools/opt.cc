#include <fmt/format.h>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "tools/command.h"
#include "tools/ir_file.h"
#include "tools/pass_flags.h"

namespace minnow {
namespace {

struct OptFlags {
  std::string file;
  PassFlags passes;
};

Result<ExitCode> opt_command(const OptFlags& flags) {
  MINNOW_ASSIGN(const auto module, read_ir_file(flags.file));
  MINNOW_ASSIGN(const PassPlan plan, flags.passes.plan());
  IrDump dump(flags.passes.dump);
  PassOptions options;
  options.check_answers = true;
  options.observers = {&dump};
  for (const auto& function : module->functions) {
    flags.passes.print_limit(plan, function->name());
    MINNOW_ASSIGN(const std::vector<PassRecord> records, run_passes(*function, plan.run, options));
    if (flags.passes.time) print_pass_times(records);
  }
  fmt::print("{}", print(*module));
  return ExitCode::kDone;
}

std::string pass_list() {
  std::string text = "passes:\n";
  for (const Pass& pass : all_passes()) text += fmt::format("  {:20} {}\n", pass.name, pass.summary);
  return text + fmt::format("  {:20} {}", "default", "all of them, as compile runs them");
}

}  // namespace

Action add_opt(CLI::App& app) {
  auto flags = std::make_shared<OptFlags>();
  app.add_option("file", flags->file, "IR text")->required()->type_name("FILE.ir");
  flags->passes.add(app, "");
  app.footer(pass_list());
  return [flags] { return opt_command(*flags); };
}

}  // namespace minnow
