// How Minnow speaks of failure. A user's mistake travels as an Error value that says where it was made; a broken
// invariant of ours is a MINNOW_CHECK that prints what broke and stops. The two are never mixed.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace minnow {

// What the process exits with when an Error reaches the command line.
enum class ExitCode { kDone = 0, kInput = 1, kUsage = 2, kMismatch = 3, kInterrupted = 130 };

// One mistake of the user's, told like a compiler tells it: `where: message (hint)`.
struct Error {
  std::string where;    // "file:line:column", a field path such as "training.batch_size", a file, or empty
  std::string message;  // what is wrong, with the values and shapes that disagree
  std::string hint;     // what to do about it; empty if nothing helps
  ExitCode code = ExitCode::kInput;
  std::vector<Error> others = {};  // found in the same text, in the order of their places; these have none
  int64_t left_out = 0;            // how many more there are

  // "where: error: message\n  hint: ..." without a trailing newline; the others follow, a line or two each.
  std::string to_string() const;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// Makes the error half of a Result: `return fail("lenet.ir:3:1", "unknown op \"{}\"", name);`
template <typename... Args>
tl::unexpected<Error> fail(std::string where, fmt::format_string<Args...> message, Args&&... args) {
  return tl::unexpected(Error{std::move(where), fmt::format(message, std::forward<Args>(args)...), {}});
}
tl::unexpected<Error> fail_with_hint(std::string where, std::string message, std::string hint);

// The candidate closest to `name` in edit distance, or empty if none is near enough to suggest.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

// What a broken invariant becomes while a ThrowingChecks lives in its thread: an exception in place of the end of the
// process. For the border of the library, which has a caller to answer to; nothing else catches it.
struct CheckFailure {
  std::string message;
};

class ThrowingChecks {
 public:
  ThrowingChecks();
  ~ThrowingChecks();
  ThrowingChecks(const ThrowingChecks&) = delete;
  ThrowingChecks& operator=(const ThrowingChecks&) = delete;
};

[[noreturn]] void check_failed(const char* file, int line, const char* condition, const std::string& message);

}  // namespace minnow

// MINNOW_CHECK(condition, "format", args...): an invariant of ours, never the user's doing.
#define MINNOW_CHECK(condition, ...)                                                                    \
  do {                                                                                                  \
    if (!(condition)) ::minnow::check_failed(__FILE__, __LINE__, #condition, fmt::format(__VA_ARGS__)); \
  } while (false)

// Evaluates a Result or Status and returns its error from the enclosing function, if it is one.
#define MINNOW_TRY(expression)                                                                    \
  do {                                                                                            \
    if (auto status_ = (expression); !status_) return tl::unexpected(std::move(status_).error()); \
  } while (false)

// MINNOW_ASSIGN(auto model, load(path)): declares or assigns the value of a Result, or returns its error.
#define MINNOW_CONCAT_(a, b) a##b
#define MINNOW_CONCAT(a, b) MINNOW_CONCAT_(a, b)
#define MINNOW_ASSIGN(target, expression) MINNOW_ASSIGN_(MINNOW_CONCAT(result_, __LINE__), target, expression)
#define MINNOW_ASSIGN_(result, target, expression)               \
  auto result = (expression);                                    \
  if (!result) return tl::unexpected(std::move(result).error()); \
  target = *std::move(result)
