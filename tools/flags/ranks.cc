#include "tools/flags/ranks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "runtime/cluster/deadline.h"
#include "runtime/descriptor.h"
#include "tools/flags/error_text.h"
#include "tools/flags/interrupt.h"

namespace minnow {
namespace {

using namespace std::chrono_literals;

constexpr double kLeastTimeout = 0.5, kMostTimeout = 86400, kUsualTimeout = 60;

struct Membership {
  std::optional<Launch> launch;
  std::chrono::milliseconds timeout{};
  std::unique_ptr<RankGroup> group;
  int stderr_before = STDERR_FILENO;  // where an error is told if the leader no longer can
};

Membership& membership() {
  static Membership only;
  return only;
}

// What a rank writes that breaks off is told after all.
void tell_what_was_kept(int signal) {
  char bytes[4096];
  ::lseek(STDERR_FILENO, 0, SEEK_SET);
  for (ssize_t count = 0; (count = ::read(STDERR_FILENO, bytes, sizeof(bytes))) > 0;)
    (void)!::write(membership().stderr_before, bytes, static_cast<size_t>(count));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// Keeps stderr, drops stdout: by their descriptors, since the streams of pipes are of our own making.
void fall_silent() {
  const Descriptor kept(::memfd_create("stderr", MFD_CLOEXEC)), nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!kept.is_open() || !nowhere.is_open()) return;
  std::fflush(stderr);
  membership().stderr_before = ::dup(STDERR_FILENO);
  ::dup2(kept.get(), STDERR_FILENO);
  ::dup2(nowhere.get(), STDOUT_FILENO);
  std::signal(SIGABRT, tell_what_was_kept);
}

void tell(int descriptor, const Error& error) {
  const std::string text = error_text(error);
  (void)!::write(descriptor, text.data(), text.size());
}

// What is wrong with the flag is told when all are parsed.
std::chrono::milliseconds timeout_in(const std::vector<std::string>& words) {
  const std::string flag = "--timeout";
  double seconds = kUsualTimeout;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string value;
    if (words[i] == flag && i + 1 < words.size()) value = words[i + 1];
    if (words[i].starts_with(flag + "=")) value = words[i].substr(flag.size() + 1);
    if (value.empty()) continue;
    const double given = std::strtod(value.c_str(), nullptr);
    if (given >= kLeastTimeout && given <= kMostTimeout) seconds = given;
  }
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

void give_up_joining() {
  const Membership& self = membership();
  if (self.launch->rank == 0)
    tell(STDERR_FILENO, {self.launch->launcher,
                         fmt::format("the {} ranks have not come together within {:.3g} s (--timeout)",
                                     self.launch->size, std::chrono::duration<double>(self.timeout).count()),
                         "one is stopped, or the network between their machines lets nothing through"});
  else std::this_thread::sleep_for(1s);
  ::_exit(static_cast<int>(ExitCode::kInput));
}

// Where MPI does not end, the process does.
[[noreturn]] void end_all(int code) {
  std::fflush(stdout);
  std::thread([code] {
    std::this_thread::sleep_for(5s);
    ::_exit(code);
  }).detach();
  membership().group->ranks().abort(code);
  ::_exit(code);
}

// MPI ends when all ranks have come so far. What each has done is done by then.
std::optional<Lifeline::Loss> end_in_time(const std::optional<Error>& error) {
  const Membership& self = membership();
  if (auto loss = self.group->end(error)) return loss;
  const int code = error ? static_cast<int>(error->code) : 0;
  const Deadline deadline(self.timeout, [code] { ::_exit(code); });
  self.group->ranks().finalize();
  return std::nullopt;
}

// A rank is lost, so that MPI cannot come to its own end. The first that is left tells, the others wait to be ended.
[[noreturn]] void end_without(const Lifeline::Loss& loss, const Result<ExitCode>& result) {
  const int rank = membership().launch->rank;
  const int teller = loss.rank == 0 && !loss.is_told ? 1 : 0;
  const int code = static_cast<int>(loss.error.code);
  if (rank == teller) {
    // The leader has told its own error already.
    if (rank != 0 || result) tell(membership().stderr_before, result ? loss.error : result.error());
    end_all(code);
  }
  for (const int signal : {SIGTERM, SIGINT})
    std::signal(signal, [](int) { ::_exit(static_cast<int>(ExitCode::kInput)); });
  std::this_thread::sleep_for(3s);
  ::_exit(code);
}

}  // namespace

Status join_ranks(const std::vector<std::string>& words) {
  Membership& self = membership();
  self.launch = find_launch();
  if (!self.launch) return {};
  if (self.launch->rank > 0) fall_silent();
  self.timeout = timeout_in(words);
  // A launcher ends all where one is gone; who that is can be told before.
  watch_for_interrupts();
  const Deadline deadline(self.timeout, give_up_joining);
  auto group = RankGroup::join(*self.launch, self.timeout);
  if (!group) return tl::unexpected(std::move(group.error()));
  self.group = *std::move(group);
  if (self.group->has_lifeline() || self.launch->rank > 0) return {};
  std::fputs(
      "some rank cannot reach rank 0 by TCP: one that is gone is noticed only when a message of it is awaited for "
      "as long as --timeout says\n",
      stderr);
  return {};
}

RankGroup* this_group() { return membership().group.get(); }

Communicator* this_communicator() { return this_group() ? &this_group()->ranks() : nullptr; }

int leave_ranks(const Result<ExitCode>& result) {
  const Membership& self = membership();
  if (!result) std::fputs(error_text(result.error()).c_str(), stderr);
  const int code = static_cast<int>(result ? *result : result.error().code);
  if (!self.launch) return code;
  if (!self.group) {  // all have failed to join, and the leader is to have told so before the launcher ends it
    if (self.launch->rank > 0) std::this_thread::sleep_for(1s);
    return code;
  }
  std::fflush(stdout);
  const auto loss = end_in_time(result ? std::nullopt : std::optional(result.error()));
  if (loss) end_without(*loss, result);
  return code;
}

Status check_runs_on_ranks(const std::string& command, bool does) {
  const auto& launch = membership().launch;
  if (!launch || does) return {};
  return fail_with_hint(
      "minnow " + command, fmt::format("is of one process, but {} has started {}", launch->launcher, launch->size),
      "start it without " + launch->launcher + "; train, eval, bench, profile and sweep run on several");
}

void add_timeout_flag(CLI::App& app) {
  app.add_option("--timeout", "seconds after which a silent rank is given up, under mpirun or srun")
      ->check(CLI::Range(kLeastTimeout, kMostTimeout).description(""))
      ->type_name("SECONDS")
      ->default_str(fmt::format("{}", kUsualTimeout))
      ->group("Running");
}

}  // namespace minnow
