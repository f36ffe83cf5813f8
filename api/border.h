// The border of the library: errors that travel as values inside become a status and texts that C can ask for, and no
// exception goes further.
#pragma once

#include <exception>
#include <new>

#include "include/minnow/minnow.h"
#include "ir/error.h"

namespace minnow::api {

// Remembers the error for minnow_error_..., for the calling thread, and answers its status.
minnow_status remember(const Error& error, minnow_status status) noexcept;
minnow_status remember(const Error& error) noexcept;

// A mistake in the call itself; `argument` names what is wrong.
tl::unexpected<Error> misuse(std::string argument, std::string message, std::string hint = {});

template <typename T>
Status check_given(const T* pointer, const char* argument) {
  if (pointer == nullptr) return misuse(argument, "is null");
  return {};
}

// Runs what answers a Status.
template <typename Body>
minnow_status at_border(Body body) noexcept {
  const ThrowingChecks throwing;
  try {
    const Status status = body();
    return status ? MINNOW_OK : remember(status.error());
  } catch (const CheckFailure& failure) {
    return remember({{}, failure.message, "a mistake of Minnow's own: please report it"}, MINNOW_INTERNAL_ERROR);
  } catch (const std::bad_alloc&) {
    return remember({{}, "out of memory", "a smaller training.batch_size needs less"}, MINNOW_OUT_OF_MEMORY);
  } catch (const std::exception& error) {
    return remember({{}, error.what(), {}}, MINNOW_INTERNAL_ERROR);
  } catch (...) {
    return remember({{}, "an unknown exception", {}}, MINNOW_INTERNAL_ERROR);
  }
}

// Options of a size that the caller's header knew, filled up from `defaults`.
template <typename T>
Result<T> filled_up(const T* given, T defaults) {
  if (given == nullptr) return defaults;
  if (given->size == 0 || given->size > sizeof(T))
    return misuse("options.size", fmt::format("is {}, but this library knows up to {}", given->size, sizeof(T)),
                  "begin with the ..._OPTIONS_INIT of the header that comes with the library");
  std::copy_n(reinterpret_cast<const char*>(given), given->size, reinterpret_cast<char*>(&defaults));
  return defaults;
}

// A text for the caller, who frees it by minnow_free_text.
Status give_text(std::string_view text, char** out);

}  // namespace minnow::api
