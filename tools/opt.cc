#include <fmt/format.h>

#include "ir/text.h"
#include "passes/pipeline.h"
#include "runtime/file.h"
#include "tools/command.h"

namespace minnow {
namespace {

struct OptFlags {
  std::string file;
  std::string passes;
  bool verify_only = false;
};

Result<ExitCode> opt_command(const OptFlags& flags) {
  MINNOW_ASSIGN(const std::string text, read_file(flags.file, kMaxModelBytes));
  MINNOW_ASSIGN(const auto module, parse_module(text, flags.file));
  MINNOW_ASSIGN(const std::vector<Pass> pipeline, parse_pipeline(flags.passes));
  PassOptions options;
  options.check_answers = true;
  for (const auto& function : module->functions) MINNOW_TRY(run_passes(*function, pipeline, options));
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
  app.add_option("--passes", flags->passes, "passes to run, in order: cse,fuse")->type_name("LIST");
  app.footer(pass_list());
  return [flags] { return opt_command(*flags); };
}

}  // namespace minnow
