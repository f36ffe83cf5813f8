#include "proof/fuzz.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "codegen/target/target.h"
#include "ir/text.h"
#include "runtime/file.h"
#include "tools/command.h"
#include "tools/flags/interrupt.h"

namespace minnow {
namespace {

constexpr unsigned kCaseSeconds = 120;

struct FuzzFlags {
  uint32_t seed = 1;
  uint32_t count = 500;
  int jobs = 1;
  std::string out = "fuzz-failures";
  std::string cpu;
  std::string only;  // one of kKinds; empty: all

  Result<proof::FuzzCase> draw(uint32_t seed) const;
  // What tries these cases.
  std::string command(uint64_t first, uint64_t cases) const {
    std::string text = fmt::format("minnow fuzz --seed {} --count {}", first, cases);
    if (!cpu.empty()) text += " --cpu " + cpu;
    return only.empty() ? text : text + " --only " + only;
  }
};

const std::map<std::string, proof::CaseKind> kKinds = {{"program", proof::CaseKind::kProgram},
                                                       {"extreme", proof::CaseKind::kExtreme},
                                                       {"model", proof::CaseKind::kModel},
                                                       {"body", proof::CaseKind::kBody},
                                                       {"loop", proof::CaseKind::kLoop}};

Result<proof::FuzzCase> FuzzFlags::draw(uint32_t seed) const {
  return proof::draw_case(seed, only.empty() ? proof::case_kind(seed) : kKinds.at(only));
}

// The case as a file of its own, with what is wrong with it above.
Status write_case(const FuzzFlags& flags, uint32_t seed, const proof::FuzzCase& drawn,
                  const std::vector<std::string>& complaints) {
  MINNOW_TRY(make_folder(flags.out));
  const char* const comment = drawn.is_model ? "# " : "// ";
  std::string text = fmt::format("{}seed {}: {}\n", comment, seed, flags.command(seed, 1));
  for (std::string complaint : complaints) {
    std::ranges::replace(complaint, '\n', ' ');
    text += fmt::format("{}{}\n", comment, complaint);
  }
  const std::string path = fmt::format("{}/seed-{}.{}", flags.out, seed, drawn.is_model ? "textproto" : "ir");
  return write_file_atomically(path, text + drawn.text);
}

struct Verdict {
  std::string report = {};  // empty if all is well
  bool is_refused = false;
};

Result<Verdict> try_seed(const FuzzFlags& flags, uint32_t seed, ThreadPool& pair) {
  MINNOW_ASSIGN(const proof::FuzzCase drawn, flags.draw(seed));
  const proof::FuzzOutcome outcome = proof::run_case(drawn, seed, pair, nullptr, flags.cpu);
  if (outcome.complaints.empty()) return Verdict{.is_refused = outcome.is_refused};
  MINNOW_TRY(write_case(flags, seed, drawn, outcome.complaints));
  return Verdict{.report = fmt::format("seed {}: {}", seed, fmt::join(outcome.complaints, "\n  "))};
}

// A process of its own for every worker, so that a crash takes one case with it.
struct Worker {
  pid_t process = -1;
  int pipe = -1;
  uint32_t seed = 0;  // being tried
};

struct Message {
  uint32_t seed = 0;
  char verdict = 0;  // 's'tarted, 'o'k, 'r'efused, 'f'ailed
};

[[noreturn]] void work(const FuzzFlags& flags, uint32_t first, uint32_t stride, int pipe) {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_IGN);  // the foreman sees to them
  ThreadPool pair(2);
  for (uint64_t seed = first; seed < uint64_t{flags.seed} + flags.count; seed += stride) {
    const auto number = static_cast<uint32_t>(seed);
    const auto say = [&](char verdict) {
      const Message message{number, verdict};
      if (::write(pipe, &message, sizeof message) != sizeof message) ::_exit(1);
    };
    say('s');
    ::alarm(kCaseSeconds);
    const Result<Verdict> verdict = try_seed(flags, number, pair);
    const std::string text =
        verdict ? verdict->report : fmt::format("seed {}: {}", number, verdict.error().to_string());
    if (!text.empty()) fmt::print(stdout, "{}\n", text);
    std::fflush(stdout);
    say(!text.empty() ? 'f' : verdict->is_refused ? 'r' : 'o');
  }
  ::_exit(0);
}

class Foreman {
 public:
  explicit Foreman(const FuzzFlags& flags) : flags_(flags) {}

  Result<ExitCode> run() {
    for (int i = 0; i < flags_.jobs; ++i)
      if (static_cast<uint32_t>(i) < flags_.count) MINNOW_TRY(start(flags_.seed + static_cast<uint32_t>(i)));
    while (!workers_.empty() && !is_interrupted_) MINNOW_TRY(listen());
    if (::isatty(STDERR_FILENO)) fmt::print(stderr, "\r\033[K");
    if (is_interrupted_) return stop();
    fmt::print("{} cases from seed {}: {}{} failed{}\n", done_, flags_.seed,
               refused_ == 0 ? "" : fmt::format("{} refused, ", refused_), failed_,
               failed_ == 0 ? "" : fmt::format(", see {}/", flags_.out));
    return failed_ == 0 ? ExitCode::kDone : ExitCode::kMismatch;
  }

 private:
  Status start(uint32_t first) {
    int ends[2];
    if (::pipe(ends) != 0) return fail({}, "cannot make a pipe");
    std::fflush(stdout);
    const pid_t child = ::fork();
    if (child < 0) return fail({}, "cannot start a process");
    if (child == 0) {
      ::close(ends[0]);
      work(flags_, first, static_cast<uint32_t>(flags_.jobs), ends[1]);
    }
    ::close(ends[1]);
    workers_[ends[0]] = {child, ends[0], first};
    return {};
  }

  Status listen() {
    std::vector<pollfd> pipes;
    for (const auto& [pipe, worker] : workers_) pipes.push_back({pipe, POLLIN, 0});
    if (::poll(pipes.data(), pipes.size(), -1) < 0) return {};
    for (const pollfd& ready : pipes)
      if (ready.revents != 0) MINNOW_TRY(hear(workers_[ready.fd]));
    return {};
  }

  Status hear(Worker worker) {
    Message message;
    if (::read(worker.pipe, &message, sizeof message) == sizeof message) {
      workers_[worker.pipe].seed = message.seed;
      done_ += message.verdict != 's';
      failed_ += message.verdict == 'f';
      refused_ += message.verdict == 'r';
      if (::isatty(STDERR_FILENO)) fmt::print(stderr, "\r\033[K{} of {}, {} failed", done_, flags_.count, failed_);
      return {};
    }
    ::close(worker.pipe);
    workers_.erase(worker.pipe);
    int status = 0;
    ::waitpid(worker.process, &status, 0);
    return WIFSIGNALED(status) && !is_interrupted_ ? bury(worker.seed, WTERMSIG(status)) : Status{};
  }

  // What is under way is given up; all cases before the first of these have been tried.
  ExitCode stop() {
    uint64_t next = uint64_t{flags_.seed} + flags_.count;
    for (const auto& [pipe, worker] : workers_) {
      ::kill(worker.process, SIGKILL);
      ::waitpid(worker.process, nullptr, 0);
      next = std::min(next, uint64_t{worker.seed});
    }
    fmt::print(stderr, "interrupted after {} cases, {} failed; go on with: {}\n", done_, failed_,
               flags_.command(next, uint64_t{flags_.seed} + flags_.count - next));
    return ExitCode::kInterrupted;
  }

  // The case is written down without being run, and another worker goes on behind it.
  Status bury(uint32_t seed, int signal) {
    ++done_, ++failed_;
    const std::string complaint =
        signal == SIGALRM ? fmt::format("takes more than {} s", kCaseSeconds)
                          : fmt::format("ends the program with signal {} ({})", signal, ::strsignal(signal));
    fmt::print("seed {}: {}\n", seed, complaint);
    if (const auto drawn = flags_.draw(seed)) MINNOW_TRY(write_case(flags_, seed, *drawn, {complaint}));
    const uint64_t next = uint64_t{seed} + static_cast<uint32_t>(flags_.jobs);
    return next < uint64_t{flags_.seed} + flags_.count ? start(static_cast<uint32_t>(next)) : Status{};
  }

  const FuzzFlags& flags_;
  const std::atomic<bool>& is_interrupted_ = watch_for_interrupts();
  std::map<int, Worker> workers_;  // by pipe
  int64_t done_ = 0, failed_ = 0, refused_ = 0;
};

// A cpu that there is not, or that this machine is not, is no failure of a case.
Result<ExitCode> fuzz(const FuzzFlags& flags) {
  MINNOW_TRY(host_target(flags.cpu));
  return Foreman(flags).run();
}

}  // namespace

Action add_fuzz(CLI::App& app) {
  auto flags = std::make_shared<FuzzFlags>();
  app.add_option("--seed", flags->seed, "of the first case; the others follow")->capture_default_str();
  app.add_option("--count", flags->count, "cases to try")->check(CLI::Range(1, 1000000000))->capture_default_str();
  app.add_option("--jobs", flags->jobs, "processes to try them in")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--out", flags->out, "where to write the cases that fail")->type_name("DIR")->capture_default_str();
  app.add_option("--only", flags->only, "draw cases of one kind: program, extreme, model, body or loop")
      ->check(CLI::IsMember(kKinds));
  add_cpu_flag(app, flags->cpu);
  app.footer(
      "Of five cases one is a model, one a program on numbers from 1e-30 to 1e30, infinities and NaN, the others programs on\n"
      "numbers near 1. Outputs, gradients and three training steps must agree between the interpreter in f32 and f64, before\n"
      "and after the passes, and compiled code: -O0, -O3, unfused, on one and two threads and, of -O3, among three ranks and\n"
      "with kernels divided as tuning might; -O0 is for vectors of 256 bits where this machine has 512. Gradients must agree\n"
      "with the slope of the loss. The tolerance is that of `minnow diff`; threads, ranks and divisions change no bit.\n"
      "A body or loop is drawn as a person might write it, right or wrong. It is refused, as by every command that compiles,\n"
      "or means what the interpreter says: never does it end the program or leave its buffers.");
  return [flags] { return fuzz(*flags); };
}

}  // namespace minnow
