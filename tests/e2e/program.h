// Runs minnow, the program, as a user does.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/runtime/temporary_folder.h"

namespace minnow {

struct Outcome {
  int exit_code = -1;  // 128 + the signal, where one ended the program
  std::string out;
  std::string err;
};

struct RunOptions {
  std::string out;  // where stdout goes, instead of being kept
  // What happens to the program meanwhile: as soon as the file exists and `when` says so of its process, and after the
  // delay, it gets the signal, and `then` is called. Nothing happens to one that has ended by itself before.
  int signal = 0;
  std::string file;
  std::function<bool(pid_t program)> when = {};
  std::chrono::microseconds delay{0};
  std::function<void()> then = {};
  std::string process_file = {};  // holds the number of the process that gets the signal in place of the program
  std::string in = "/dev/null";   // where stdin comes from
  uint64_t memory_bytes = uint64_t{4} << 30;            // of address space
  uint64_t file_bytes = ~uint64_t{0};                   // that a file may grow to
  std::map<std::string, std::string> environment = {};  // on top of the test's own
  std::vector<std::string> launcher = {};               // words of a command that starts minnow; empty: none
};

// Sanitizers reserve more address space than any limit leaves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kHasSanitizer = true;
#else
inline constexpr bool kHasSanitizer = false;
#endif

// A folder to run minnow in. Each run is limited to 60 s of processor time and 4 GiB of address space, unless it says
// otherwise, so that neither a hang nor a huge allocation passes for an error.
class Workbench {
 public:
  // `arguments` as a shell splits them: at blanks, outside single quotes. MINNOW_DATA is not set.
  Outcome run(const std::string& arguments, const RunOptions& options = {}) const;

  // A run that must end well.
  Outcome succeed(const std::string& arguments) const;

  std::string write(const std::string& name, const std::string& bytes) const { return folder_.write(name, bytes); }
  std::string read(const std::string& name) const;
  std::vector<std::string> files() const;  // all below the folder, sorted
  std::string path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

// How often `part` occurs in `text`.
int count_of(const std::string& text, const std::string& part);

// The arguments are refused with exit code 1 and errors, the first line of one of which begins with `expected`; nothing
// is printed, and nothing is written.
void expect_refused(const Workbench& bench, const std::string& arguments, const std::string& expected);

}  // namespace minnow
