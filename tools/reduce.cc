#include "proof/reduce.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "ir/text.h"
#include "runtime/file.h"
#include "tools/command.h"
#include "tools/flags/interrupt.h"
#include "tools/flags/ir_file.h"
#include "tools/flags/shell_command.h"

namespace minnow {
namespace {

constexpr std::string_view kPlace = "{}";  // in a command: the program's file

struct ReduceFlags {
  std::string file;
  std::string command;
  std::string function;
  std::string out;
  int seconds = 60;
};

std::string default_output(const std::string& file) {
  return std::filesystem::path(file).replace_extension(".reduced.ir").string();
}

// A folder for the programs that are tried, gone with this.
class TrialFolder {
 public:
  static Result<TrialFolder> make() {
    std::error_code error;
    std::string path = (std::filesystem::temp_directory_path(error) / "minnow-reduce-XXXXXX").string();
    if (error || ::mkdtemp(path.data()) == nullptr) return fail(path, "cannot make a folder for trials");
    return TrialFolder(std::move(path));
  }
  TrialFolder(TrialFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TrialFolder& operator=(TrialFolder&&) = delete;
  ~TrialFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  std::string file() const { return path_ + "/case.ir"; }

 private:
  explicit TrialFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

std::string describe(const proof::ProgramSize& size) {
  return fmt::format("{} op{}, {} parameter{}, {} result{}, {} elements", size.ops, size.ops == 1 ? "" : "s",
                     size.parameters, size.parameters == 1 ? "" : "s", size.results, size.results == 1 ? "" : "s",
                     size.elements);
}

// Asks the command about programs, and keeps the smallest of which it holds.
class Trials {
 public:
  Trials(const ReduceFlags& flags, TrialFolder folder)
      : flags_(flags), folder_(std::move(folder)), is_interrupted_(watch_for_interrupts()) {
    command_ = flags.command;
    const std::string word = shell_word(folder_.file());
    for (size_t at = command_.find(kPlace); at != std::string::npos; at = command_.find(kPlace, at + word.size()))
      command_.replace(at, kPlace.size(), word);
  }

  Result<bool> holds(const Function& function) {
    if (is_interrupted_) return tl::unexpected(interruption());
    ++tried_;
    const std::string text = print(function);
    MINNOW_TRY(write_file_atomically(folder_.file(), text));
    MINNOW_ASSIGN(const bool held, succeeds(command_, flags_.seconds, is_interrupted_));
    if (is_interrupted_) return tl::unexpected(interruption());
    if (!held) return false;
    has_result_ = true;
    MINNOW_TRY(write_file_atomically(flags_.out, text));
    if (::isatty(STDERR_FILENO))
      fmt::print(stderr, "\r\033[K{} ({} tried)", describe(proof::size_of(function)), tried_);
    return true;
  }

  // Clears the line of progress.
  void end_line() const {
    if (::isatty(STDERR_FILENO)) fmt::print(stderr, "\r\033[K");
  }
  size_t tried() const { return tried_; }

 private:
  Error interruption() const {
    if (!has_result_) return {flags_.file, "interrupted before the command had answered", {}, ExitCode::kInterrupted};
    return {flags_.out, "interrupted; the smallest program so far is there",
            fmt::format("go on with: minnow reduce {} --while {}", shell_word(flags_.out), shell_word(flags_.command)),
            ExitCode::kInterrupted};
  }

  const ReduceFlags& flags_;
  TrialFolder folder_;
  const std::atomic<bool>& is_interrupted_;
  std::string command_;
  size_t tried_ = 0;
  bool has_result_ = false;
};

Result<ExitCode> reduce_command(ReduceFlags flags) {
  if (flags.command.find(kPlace) == std::string::npos)
    return tl::unexpected(Error{"--while", "the command does not say where the program's file goes",
                                "write {} for it: --while '! minnow diff {}'", ExitCode::kUsage});
  if (flags.out.empty()) flags.out = default_output(flags.file);
  MINNOW_ASSIGN(const auto module, read_ir_file(flags.file));
  MINNOW_ASSIGN(const Function* const function, choose_function(*module, flags.file, flags.function));
  MINNOW_ASSIGN(TrialFolder folder, TrialFolder::make());
  Trials trials(flags, std::move(folder));
  MINNOW_ASSIGN(const bool holds, trials.holds(*function));
  if (!holds)
    return fail_with_hint(
        flags.file, fmt::format("the command fails on @{} as it is", function->name()),
        "it must exit with 0 as long as the program shows what you are after; ! turns a result round");
  auto reduced = proof::reduce(*function, [&](const Function& candidate) { return trials.holds(candidate); });
  trials.end_line();
  MINNOW_ASSIGN(const auto smallest, std::move(reduced));
  fmt::print("before  {}\nafter   {}\n{} programs tried; the smallest is {}\n", describe(proof::size_of(*function)),
             describe(proof::size_of(*smallest)), trials.tried(), flags.out);
  return ExitCode::kDone;
}

}  // namespace

Action add_reduce(CLI::App& app) {
  auto flags = std::make_shared<ReduceFlags>();
  app.add_option("file", flags->file, "IR text")->required()->type_name("FILE.ir");
  app.add_option("--while", flags->command,
                 "a shell command, {} being the program's file, that exits with 0 while the program is as it should be")
      ->required()
      ->type_name("COMMAND");
  app.add_option("--function", flags->function, "which to keep; the first by default")->type_name("NAME");
  app.add_option("-o,--output", flags->out, "where to write the smallest; FILE.reduced.ir by default")
      ->type_name("FILE");
  app.add_option("--timeout", flags->seconds, "seconds, after which the command has failed")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.footer(
      "Results, ops, parameters and sizes are taken away for as long as the command succeeds. A program that two ways to\n"
      "run it disagree about:\n  minnow reduce case.ir --while '! minnow diff {}'\nOne that a pass breaks:\n  minnow reduce "
      "case.ir --while '! minnow opt {} --passes default --check-passes'");
  return [flags] { return reduce_command(*flags); };
}

}  // namespace minnow
