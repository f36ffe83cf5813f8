// How rules say no. A file can be wrong at every step of every rule, and a rule of five lines would be fifteen if each
// step were asked; so they throw, within this folder alone: import_graph makes an Error with the node's place of it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

namespace minnow {

struct Refusal {
  std::string message;
  std::string hint = "";
};

template <typename... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> message, Args&&... args) {
  throw Refusal{fmt::format(message, std::forward<Args>(args)...)};
}

template <typename... Args>
void require(bool holds, fmt::format_string<Args...> message, Args&&... args) {
  if (!holds) refuse(message, std::forward<Args>(args)...);
}

}  // namespace minnow
