#include "tools/flags/ranks.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tools/flags/error_text.h"
#include "tools/flags/interrupt.h"

namespace minnow {
namespace {

using namespace std::chrono_literals;

struct Membership {
  std::optional<Launch> launch;
  std::unique_ptr<Cluster> cluster;
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

// Keeps stderr, drops stdout.
void fall_silent() {
  const int kept = ::memfd_create("stderr", MFD_CLOEXEC);
  if (kept < 0 || std::freopen("/dev/null", "w", stdout) == nullptr) return;
  std::fflush(stderr);
  membership().stderr_before = ::dup(STDERR_FILENO);
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  std::signal(SIGABRT, tell_what_was_kept);
}

void tell(int descriptor, const Error& error) {
  const std::string text = error_text(error);
  (void)!::write(descriptor, text.data(), text.size());
}

// Where MPI does not end, the process does.
[[noreturn]] void end_all(int code) {
  std::fflush(stdout);
  std::thread([code] {
    std::this_thread::sleep_for(5s);
    ::_exit(code);
  }).detach();
  membership().cluster->ranks().abort(code);
  ::_exit(code);
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

Status join_ranks() {
  Membership& self = membership();
  self.launch = find_launch();
  if (!self.launch) return {};
  if (self.launch->rank > 0) fall_silent();
  // A launcher ends all where one is gone; who that is can be told before.
  watch_for_interrupts();
  auto cluster = Cluster::join(*self.launch);
  if (!cluster) return tl::unexpected(std::move(cluster.error()));
  self.cluster = *std::move(cluster);
  if (self.cluster->has_lifeline() || self.launch->rank > 0) return {};
  std::fputs("not all ranks can reach rank 0 by TCP: that one is gone is told by its messages, within --timeout\n",
             stderr);
  return {};
}

Cluster* this_cluster() { return membership().cluster.get(); }

Communicator* this_communicator() { return this_cluster() ? &this_cluster()->ranks() : nullptr; }

int leave_ranks(const Result<ExitCode>& result) {
  const Membership& self = membership();
  if (!result) std::fputs(error_text(result.error()).c_str(), stderr);
  const int code = static_cast<int>(result ? *result : result.error().code);
  if (!self.launch) return code;
  if (!self.cluster) {  // all have failed to join, and the leader is to have told so before the launcher ends it
    if (self.launch->rank > 0) std::this_thread::sleep_for(1s);
    return code;
  }
  std::fflush(stdout);
  const auto loss = self.cluster->end(result ? std::nullopt : std::optional(result.error()));
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

void RanksFlags::add(CLI::App& app) {
  app.add_option("--timeout", timeout, "seconds after which a silent rank is given up, under mpirun or srun")
      ->check(CLI::Range(0.5, 86400.0))
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group("Running");
}

void RanksFlags::apply() const {
  if (this_cluster()) this_cluster()->set_timeout(std::chrono::milliseconds(static_cast<int64_t>(timeout * 1000)));
}

}  // namespace minnow
