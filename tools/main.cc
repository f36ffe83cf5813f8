// minnow, the command line.
#include <fmt/format.h>
#include <llvm/Support/ErrorHandling.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <new>
#include <optional>
#include <system_error>
#include <vector>

#include "include/minnow/minnow.h"
#include "ir/printable.h"
#include "tools/command.h"
#include "tools/flags/closed_pipe.h"
#include "tools/flags/interrupt.h"
#include "tools/flags/ranks.h"
#include "tools/flags/usage_error.h"
#include "tools/help.h"

namespace minnow {
namespace {

struct CommandRow {
  const char* name;
  const char* summary;
  Action (*add)(CLI::App& app);
  const char* examples;  // a line each
  bool runs_on_ranks = false;
};

constexpr CommandRow kCommands[] = {
    {"new", "write a commented model file to start from", add_new, "minnow new lenet > lenet.textproto"},
    {"check", "validate a model and print its layers", add_check,
     "minnow check lenet.textproto\nminnow new lenet | minnow check -"},
    {"train", "train a model", add_train,
     "minnow train lenet.textproto --out run\n"
     "minnow train lenet.textproto --epochs 3 --set training.learning_rate=0.05 --set inputs.image.shape=[1,28,28]\n"
     "minnow train --resume run\nmpirun -n 2 minnow train lenet.textproto --out run",
     true},
    {"eval", "loss and accuracy of trained weights", add_eval,
     "minnow eval run\nminnow eval lenet.textproto --weights run/best.safetensors -o confusion.svg", true},
    {"predict", "classes of examples, with probabilities, or text that goes on", add_predict,
     "minnow predict run --index 0:5\nminnow predict run new.csv\nminnow predict run --image digit.png --invert\n"
     "minnow predict run --image pictures/ --json"},
    {"export", "write a network with its weights for other frameworks", add_export,
     "minnow export run -o net.onnx\nminnow export run -o w.safetensors --names pytorch"},
    {"compile", "show a model's IR, LLVM IR or assembly, or write its object", add_compile,
     "minnow compile lenet.textproto\nminnow compile lenet.textproto --emit=asm --function=infer\n"
     "minnow compile lenet.textproto --passes '' | minnow opt - --passes cse,fuse"},
    {"explain", "where a value comes from, and what becomes of it", add_explain,
     "minnow explain lenet.textproto conv1\nminnow explain lenet.textproto %0/%b1"},
    {"opt", "run passes over IR text", add_opt,
     "minnow opt f.ir --passes cse,fuse\nminnow opt - --passes default -o fused.ir < f.ir"},
    {"run", "run a function of IR text, or a graph of ONNX", add_run,
     "minnow run f.ir --input x=0.5 --input w=@w.npy\nminnow run f.ir --input x=@data.npz:x --out results\n"
     "minnow run f.ir --input x=- < x.npy"},
    {"bench", "time compiled against interpreted", add_bench, "minnow bench lenet.textproto", true},
    {"profile", "time per kernel of a step", add_profile, "minnow profile lenet.textproto", true},
    {"gradcheck", "autodiff against finite differences, per weight", add_gradcheck,
     "minnow gradcheck lenet.textproto --samples 3"},
    {"diff", "every way to run a program against the interpreter, value by value", add_diff,
     "minnow diff lenet.textproto --steps 3"},
    {"fuzz", "the same for programs and models drawn at random", add_fuzz, ""},
    {"reduce", "shrink a failing program while a command says that it still fails", add_reduce, ""},
    {"memory", "bytes that training and inference take", add_memory, "minnow memory lenet.textproto -o arena.svg"},
    {"sweep", "train every combination of settings, and compare", add_sweep,
     "minnow sweep lenet.textproto --grid training.learning_rate=0.01,0.1 --grid training.seed=1,2 --out sweep", true},
    {"experiment", "runs and pictures that belong together, from one file", add_experiment,
     "minnow experiment --list\nminnow experiment learning-rates --out rates"},
    {"plot", "curves of runs, or an op with its derivative", add_plot,
     "minnow plot run other -o curves.svg\nminnow plot run -o - > curves.svg"},
    {"report", "one page about a run, or several beside each other", add_report, "minnow report run -o run.html"},
    {"data", "show data, and count their classes", add_data,
     "minnow data show glyphs --count 5\nminnow data stats pictures/"},
    {"info", "this machine as the compiler sees it", add_info, ""},
    {"completion", "a script by which a shell completes these commands", add_completion, ""},
};

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
bool is_output_written() { return std::fflush(stdout) == 0 && std::ferror(stdout) == 0; }

Result<ExitCode> run_and_flush(const Action& action) {
  const auto unwritten = fail("stdout", "cannot write the results");
  try {
    const Result<ExitCode> result = action();
    if (result && !is_output_written()) return unwritten;
    return result;
  } catch (const std::bad_alloc&) {
    end_out_of_memory();
  } catch (const std::system_error& error) {
    if (!is_output_written()) return unwritten;
    if (error.code() == std::errc::resource_unavailable_try_again)
      return fail_with_hint({}, fmt::format("cannot start a thread: {}", error.what()), "--threads 1 needs fewer");
    return fail({}, "{}", error.what());
  }
}

// CLI11 would only say that a command is needed.
std::optional<Error> unknown_command(const std::vector<std::string>& words) {
  if (words.empty() || words[0].starts_with('-')) return std::nullopt;
  std::vector<std::string> names;
  for (const CommandRow& row : kCommands) names.emplace_back(row.name);
  if (std::ranges::find(names, words[0]) != names.end()) return std::nullopt;
  names.emplace_back("help");
  const std::string nearest = nearest_name(words[0], names);
  return Error{{},
               fmt::format("there is no command \"{}\"", words[0]),
               nearest.empty() ? "minnow --help lists them" : fmt::format("did you mean {}?", nearest),
               ExitCode::kUsage};
}

// "help train" is "train --help".
std::vector<std::string> with_help_behind(std::vector<std::string> words) {
  if (words.empty() || words[0] != "help") return words;
  words.erase(words.begin(), std::ranges::find_if(words, [](const std::string& word) { return word != "help"; }));
  if (words.empty() || words.back() != "--help") words.emplace_back("--help");
  return words;
}

Result<ExitCode> run_main(int argc, char** argv) {
  CLI::App app("Minnow compiles, trains and runs small neural networks.", "minnow");
  app.set_version_flag("--version", "minnow " MINNOW_VERSION_STRING);
  app.require_subcommand(1);
  std::vector<std::pair<CLI::App*, Action>> commands;
  for (const CommandRow& row : kCommands) {
    CLI::App* command = app.add_subcommand(row.name, row.summary);
    commands.emplace_back(command, row.add(*command));
    add_examples(*command, row.examples);
  }
  app.footer("minnow help COMMAND tells more of one; help --json lists all flags of all");
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words == std::vector<std::string>{"help", "--json"}) {
    fmt::print("{}\n", commands_json(app));
    return ExitCode::kDone;
  }
  words = with_help_behind(std::move(words));
  if (const auto error = unknown_command(words)) return tl::unexpected(*error);
  if (words.empty()) {
    fmt::print(stderr, "{}", app.help());
    return ExitCode::kUsage;
  }
  std::ranges::reverse(words);  // as CLI11 takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return tl::unexpected(usage_error(app, error));
    app.exit(error);
    return ExitCode::kDone;
  }
  for (size_t i = 0; i < commands.size(); ++i) {
    if (!commands[i].first->parsed()) continue;
    MINNOW_TRY(check_runs_on_ranks(kCommands[i].name, kCommands[i].runs_on_ranks));
    return commands[i].second();
  }
  return ExitCode::kUsage;
}

}  // namespace
}  // namespace minnow

int main(int argc, char** argv) {
  minnow::take_exhaustion_as_an_error();
  minnow::outlive_readers();
  minnow::end_on_interrupts();
  if (const minnow::Status joined = minnow::join_ranks({argv, argv + argc}); !joined)
    return minnow::leave_ranks(tl::unexpected(joined.error()));
  return minnow::leave_ranks(minnow::run_and_flush([&] { return minnow::run_main(argc, argv); }));
}
