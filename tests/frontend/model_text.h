// Small models for the tests, and short ways to read and check them.
#pragma once

#include <string>
#include <vector>

#include "frontend/load/defaults.h"
#include "frontend/load/load_model.h"
#include "frontend/load/validate_model.h"

namespace minnow {

inline constexpr char kTail[] = "loss { softmax_cross_entropy {} }\n";
inline constexpr char kImageInput[] = "inputs { name: \"image\" shape: [1, 28, 28] }\n";

// A file of the project, wherever the tests run.
inline std::string source_path(const std::string& path) { return std::string(MINNOW_SOURCE_DIR) + "/" + path; }

// A model whose layers start in line 2 of "m.textproto".
inline std::string model_with(const std::string& layers, const std::string& rest = kTail) {
  return kImageInput + layers + "\n" + rest;
}

inline Result<LoadedModel> checked(const std::string& text) {
  MINNOW_ASSIGN(LoadedModel loaded, parse_model_text(text, "m.textproto"));
  MINNOW_TRY(complete_model(loaded));
  return loaded;
}

// "where: message | hint", or "" if there is no error.
template <typename T>
std::string error_of(const Result<T>& result) {
  if (result) return {};
  const Error& error = result.error();
  return error.where + ": " + error.message + (error.hint.empty() ? "" : " | " + error.hint);
}

}  // namespace minnow
