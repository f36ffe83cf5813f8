// `predict --prompt`: a network that has learnt a text writes on.
#pragma once

#include <optional>
#include <string>

#include "runtime/train/generate.h"
#include "tools/flags/trained_model.h"

namespace minnow {

struct GenerateFlags {
  std::optional<std::string> prompt;
  int64_t length = 200;  // tokens behind the prompt
  SamplingOptions sampling;
  std::optional<uint32_t> seed;  // else that of the training
  bool quiet = false;

  // Adds --prompt and what belongs to it. Flags of other questions are there already.
  void add(CLI::App& app);
};

// Prints the prompt and, token by token as they come, what the network writes; the speed on stderr. With `json`, all at
// the end.
Result<ExitCode> generate_text(const GenerateFlags& flags, const DataFlags& data, const TrainedModel& trained,
                               ThreadPool& pool, bool json);

}  // namespace minnow
