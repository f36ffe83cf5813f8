// `predict --prompt`: a network that has learnt a text writes on.
#pragma once

#include <optional>
#include <string>

#include "runtime/train/generate.h"
#include "tools/flags/question.h"

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

// The prompt, not empty, as the one example of a network fed with one sequence of tokens: its last tokens, if it is
// longer than that, else followed by token 0.
struct PromptedQuestion {
  Question question;
  int64_t tokens;  // of the prompt
};
Result<PromptedQuestion> question_from_prompt(const GenerateFlags& flags, const DataFlags& data,
                                              const TrainedModel& trained, ThreadPool& pool);

// Prints the prompt and, token by token as they come, what the network writes; the speed on stderr. With `json`, all at
// the end.
Result<ExitCode> generate_text(const GenerateFlags& flags, const DataFlags& data, const TrainedModel& trained,
                               ThreadPool& pool, bool json);

}  // namespace minnow
