// minnow, the command line.
#include <fmt/format.h>
#include <llvm/Support/ErrorHandling.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <new>
#include <system_error>

#include "include/minnow/minnow.h"
#include "ir/printable.h"
#include "tools/command.h"
#include "tools/flags/closed_pipe.h"
#include "tools/flags/interrupt.h"
#include "tools/flags/usage_error.h"

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
    {"predict", "classes of examples, with probabilities, or text that goes on", add_predict},
    {"compile", "show a model's IR, LLVM IR or assembly, or write its object", add_compile},
    {"explain", "where a value comes from, and what becomes of it", add_explain},
    {"opt", "run passes over IR text", add_opt},
    {"run", "run a function of IR text", add_run},
    {"bench", "time compiled against interpreted", add_bench},
    {"profile", "time per kernel of a step", add_profile},
    {"gradcheck", "autodiff against finite differences, per weight", add_gradcheck},
    {"diff", "every way to run a program against the interpreter, value by value", add_diff},
    {"fuzz", "the same for programs and models drawn at random", add_fuzz},
    {"reduce", "shrink a failing program while a command says that it still fails", add_reduce},
    {"memory", "bytes that training and inference take", add_memory},
    {"sweep", "train every combination of settings, and compare", add_sweep},
    {"experiment", "runs and pictures that belong together, from one file", add_experiment},
    {"plot", "curves of runs, or an op with its derivative", add_plot},
    {"report", "one page about a run, or several beside each other", add_report},
    {"data", "show data, and count their classes", add_data},
    {"info", "this machine as the compiler sees it", add_info},
    {"completion", "a script by which a shell completes these commands", add_completion},
};

// Each line cut where it is long: what it quotes of a file may be as long as the file.
std::string with_short_lines(std::string_view text) {
  constexpr size_t kMostLetters = 2000;
  std::string lines;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines += shortened(text.substr(begin, end - begin), kMostLetters) + "\n";
    begin = end + 1;
  }
  return lines;
}

int report(const Error& error) {
  std::fputs(with_short_lines(error.to_string()).c_str(), stderr);
  return static_cast<int>(error.code);
}

// Memory may end in any thread, and within libraries that no exception may cross: the process ends on the spot. What it
// has saved is whole at any moment.
[[noreturn]] void end_out_of_memory() {
  constexpr std::string_view kMessage = "error: out of memory\n  hint: a smaller training.batch_size needs less\n";
  static std::atomic_flag is_told;
  while (is_told.test_and_set()) ::pause();  // another thread is about to end the process
  (void)!::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(static_cast<int>(ExitCode::kInput));
}

// What the system would end the process for becomes a message.
void take_exhaustion_as_an_error() {
  std::set_new_handler(end_out_of_memory);
  const auto end = [](void*, const char*, bool) { end_out_of_memory(); };
  llvm::install_bad_alloc_error_handler(end);
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit of a file's size fails
}

// A full disk shows only when the last of the output leaves the buffer.
Result<ExitCode> run_and_flush(const Action& action) {
  const Result<ExitCode> result = action();
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (result && !is_written) return fail("stdout", "cannot write the results");
  return result;
}

int run_command(const Action& action) {
  try {
    const Result<ExitCode> result = run_and_flush(action);
    return result ? static_cast<int>(*result) : report(result.error());
  } catch (const std::bad_alloc&) {
    end_out_of_memory();
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again)
      return report({{}, fmt::format("cannot start a thread: {}", error.what()), "--threads 1 needs fewer"});
    return report({{}, error.what(), {}});
  }
}

// CLI11 would only say that a command is needed.
std::optional<Error> unknown_command(int argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]).starts_with('-')) return std::nullopt;
  std::vector<std::string> names;
  for (const CommandRow& row : kCommands) names.emplace_back(row.name);
  if (std::ranges::find(names, argv[1]) != names.end()) return std::nullopt;
  const std::string nearest = std::string_view(argv[1]) == "help" ? "--help" : nearest_name(argv[1], names);
  return Error{{},
               fmt::format("there is no command \"{}\"", argv[1]),
               nearest.empty() ? "minnow --help lists them" : fmt::format("did you mean {}?", nearest),
               ExitCode::kUsage};
}

int run_main(int argc, char** argv) {
  if (const auto error = unknown_command(argc, argv)) return report(*error);
  CLI::App app("Minnow compiles, trains and runs small neural networks.", "minnow");
  app.set_version_flag("--version", "minnow " MINNOW_VERSION_STRING);
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Action>> commands;
  for (const CommandRow& row : kCommands) {
    CLI::App* command = app.add_subcommand(row.name, row.summary);
    commands.emplace_back(command, row.add(*command));
  }
  if (argc < 2) {
    fmt::print(stderr, "{}", app.help());
    return static_cast<int>(ExitCode::kUsage);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return error.get_exit_code() == 0 ? app.exit(error) : report(usage_error(app, error));
  }
  for (const auto& [command, action] : commands)
    if (command->parsed()) return run_command(action);
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace
}  // namespace minnow

int main(int argc, char** argv) {
  minnow::take_exhaustion_as_an_error();
  minnow::outlive_readers();
  minnow::end_on_interrupts();
  return minnow::run_main(argc, argv);
}
