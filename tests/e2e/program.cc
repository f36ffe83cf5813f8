#include "tests/e2e/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

#include "ir/error.h"

namespace minnow {
namespace {

// A word is where letters or quotes are.
std::vector<std::string> split_arguments(const std::string& text) {
  std::vector<std::string> words;
  bool is_quoted = false, is_inside = false;
  for (const char c : text) {
    const bool is_part = c != ' ' || is_quoted;
    if (is_part && !is_inside) words.emplace_back();
    is_inside = is_part;
    if (c == '\'') is_quoted = !is_quoted;
    else if (is_part) words.back() += c;
  }
  return words;
}

void redirect(int descriptor, const char* file) {
  const int target = ::open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  ::dup2(target, descriptor);
}

void limit(decltype(RLIMIT_AS) resource, uint64_t value) {
  const rlimit both{value, value};
  ::setrlimit(resource, &both);
}

[[noreturn]] void become_minnow(const std::string& folder, const std::string& out, const std::string& err,
                                const std::vector<std::string>& arguments, const RunOptions& options) {
  constexpr uint64_t kSeconds = 60;
  limit(RLIMIT_CPU, kHasSanitizer ? 10 * kSeconds : kSeconds);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, options.file_bytes);
  if (!kHasSanitizer) limit(RLIMIT_AS, options.memory_bytes);
  ::unsetenv("MINNOW_DATA");
  if (const int source = ::open(options.in.c_str(), O_RDONLY); source >= 0) ::dup2(source, STDIN_FILENO);
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  redirect(STDOUT_FILENO, out.c_str());
  redirect(STDERR_FILENO, err.c_str());
  if (::chdir(folder.c_str()) != 0) ::_exit(127);
  std::vector<std::string> words = options.launcher;
  words.emplace_back(MINNOW_PROGRAM);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execvp(pointers[0], pointers.data());
  ::_exit(127);
}

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool has_ended(pid_t child) {
  siginfo_t state{};
  ::waitid(P_PID, static_cast<id_t>(child), &state, WEXITED | WNOHANG | WNOWAIT);
  return state.si_pid != 0;
}

// Whether the moment has come before the program has ended.
bool wait_for_moment(const std::string& folder, pid_t child, const RunOptions& options) {
  using namespace std::chrono_literals;
  const auto is_there = [&](const std::string& file) {
    return file.empty() || std::filesystem::exists(folder + "/" + file);
  };
  while (!is_there(options.process_file) || !is_there(options.file) || (options.when && !options.when(child))) {
    if (has_ended(child)) return false;
    std::this_thread::sleep_for(1ms);
  }
  std::this_thread::sleep_for(options.delay);
  return true;
}

void disturb(const std::string& folder, pid_t child, const RunOptions& options) {
  if (!wait_for_moment(folder, child, options)) return;
  pid_t process = child;
  if (!options.process_file.empty()) std::ifstream(folder + "/" + options.process_file) >> process;
  MINNOW_CHECK(process > 0, "{} holds no process", options.process_file);  // 0 would be all of the test's own
  if (options.signal != 0) ::kill(process, options.signal);
  if (options.then) options.then();
}

}  // namespace

Outcome Workbench::run(const std::string& arguments, const RunOptions& options) const {
  const TemporaryFolder streams;
  const std::string out = options.out.empty() ? streams.file("out") : options.out;
  const pid_t child = ::fork();
  MINNOW_CHECK(child >= 0, "cannot fork");
  if (child == 0) become_minnow(folder_.path(), out, streams.file("err"), split_arguments(arguments), options);
  if (options.signal != 0 || options.then) disturb(folder_.path(), child, options);
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents(streams.file("out")),
          contents(streams.file("err"))};
}

Outcome Workbench::succeed(const std::string& arguments) const {
  Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.exit_code, 0) << arguments << "\n" << outcome.err;
  return outcome;
}

std::string Workbench::read(const std::string& name) const { return contents(folder_.file(name)); }

std::vector<std::string> Workbench::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
    names.push_back(std::filesystem::relative(entry.path(), folder_.path()).string());
  std::ranges::sort(names);
  return names;
}

int count_of(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

void expect_refused(const Workbench& bench, const std::string& arguments, const std::string& expected) {
  const std::vector<std::string> before = bench.files();
  const Outcome outcome = bench.run(arguments);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(("\n" + outcome.err).find("\n" + expected), std::string::npos) << outcome.err << "expected: " << expected;
  EXPECT_EQ(bench.files(), before);
}

}  // namespace minnow
