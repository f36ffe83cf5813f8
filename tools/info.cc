#include <fmt/format.h>
#include <llvm/Config/llvm-config.h>

#include "codegen/target.h"
#include "tools/command.h"

namespace minnow {

Action add_info(CLI::App& app) {
  app.footer("What the compiler sees of this machine.");
  return []() -> Result<ExitCode> {
    MINNOW_ASSIGN(const Target target, host_target());
    fmt::print("cpu       {}\nlanes     {} (f32 in one vector)\nthreads   {}\nllvm      {}\n", target.cpu,
               target.lanes, available_threads(), LLVM_VERSION_STRING);
    fmt::print("dot tile  {} rows x {} vectors\nconv tile {} channels x {} vectors\n", target.dot.rows,
               target.dot.vectors, target.conv.rows, target.conv.vectors);
    return ExitCode::kDone;
  };
}

}  // namespace minnow
