// minnow, the command line.
#include <fmt/format.h>

#include <csignal>
#include <new>

#include "tools/command.h"

namespace minnow {
namespace {

struct CommandRow {
  const char* name;
  const char* summary;
  Action (*add)(CLI::App& app);
};

constexpr CommandRow kCommands[] = {
    {"new", "write a commented model file to start from", add_new},
    {"check", "validate a model and print its layers", add_check},
    {"train", "train a model", add_train},
    {"eval", "loss and accuracy of trained weights", add_eval},
    {"predict", "classes of images, with probabilities", add_predict},
    {"compile", "show a model's IR, LLVM IR or assembly, or write its object", add_compile},
    {"opt", "run passes over IR text", add_opt},
    {"run", "run a function of IR text", add_run},
    {"bench", "time compiled against interpreted", add_bench},
    {"profile", "time per kernel of a step", add_profile},
    {"gradcheck", "autodiff against finite differences, per weight", add_gradcheck},
    {"memory", "bytes that training and inference take", add_memory},
    {"info", "this machine as the compiler sees it", add_info},
};

int run_command(const Action& action) {
  try {
    const Result<ExitCode> result = action();
    if (result) return static_cast<int>(*result);
    fmt::print(stderr, "{}\n", result.error().to_string());
    return static_cast<int>(result.error().code);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: out of memory\n  hint: a smaller training.batch_size needs less\n");
    return static_cast<int>(ExitCode::kInput);
  }
}

int run_main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Minnow compiles, trains and runs small neural networks.", "minnow");
  app.set_version_flag("--version", "minnow 0.1.0");
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Action>> commands;
  for (const CommandRow& row : kCommands) {
    CLI::App* command = app.add_subcommand(row.name, row.summary);
    commands.emplace_back(command, row.add(*command));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  for (const auto& [command, action] : commands)
    if (command->parsed()) return run_command(action);
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace
}  // namespace minnow

int main(int argc, char** argv) { return minnow::run_main(argc, argv); }
