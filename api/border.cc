#include "api/border.h"

#include <cstdlib>
#include <cstring>

namespace minnow::api {
namespace {

struct LastError {
  std::string message, place, hint, text;
};
thread_local LastError last_error;

minnow_status status_of(ExitCode code) {
  switch (code) {
    case ExitCode::kUsage: return MINNOW_USAGE_ERROR;
    case ExitCode::kMismatch: return MINNOW_NOT_FINITE;
    case ExitCode::kInterrupted: return MINNOW_INTERRUPTED;
    case ExitCode::kDone:
    case ExitCode::kInput: return MINNOW_INPUT_ERROR;
  }
  return MINNOW_INTERNAL_ERROR;
}

}  // namespace

// Where there is no memory for the texts, the status has to say it all.
minnow_status remember(const Error& error, minnow_status status) noexcept {
  try {
    last_error = {error.message, error.where, error.hint, error.to_string()};
  } catch (...) {
    last_error = {};
  }
  return status;
}

minnow_status remember(const Error& error) noexcept { return remember(error, status_of(error.code)); }

tl::unexpected<Error> misuse(std::string argument, std::string message, std::string hint) {
  return tl::unexpected(Error{std::move(argument), std::move(message), std::move(hint), ExitCode::kUsage});
}

Status give_text(std::string_view text, char** out) {
  auto* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  *out = copy;
  return {};
}

}  // namespace minnow::api

using minnow::api::last_error;

extern "C" {

int minnow_version(void) { return MINNOW_VERSION; }
const char* minnow_error_message(void) { return last_error.message.c_str(); }
const char* minnow_error_place(void) { return last_error.place.c_str(); }
const char* minnow_error_hint(void) { return last_error.hint.c_str(); }
const char* minnow_error_text(void) { return last_error.text.c_str(); }
void minnow_free_text(char* text) { std::free(text); }

}  // extern "C"
