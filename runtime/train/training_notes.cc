#include "runtime/train/training_notes.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "frontend/lower/validate_learning.h"
#include "runtime/data/batch.h"
#include "runtime/train/evaluate.h"

namespace minnow {
namespace {

// All examples have the same target: a constant is as good as any network.
bool has_one_target(const Dataset& data) {
  if (data.windows) {
    const TokenSequence& tokens = *data.windows->tokens;
    int32_t first = 0, other = 0;
    tokens.copy(0, {&first, 1});
    for (int64_t i = 1; i < tokens.size(); ++i) {
      tokens.copy(i, {&other, 1});
      if (other != first) return false;
    }
    return true;
  }
  const std::string_view bytes = data.labels.bytes();
  const size_t row = bytes.size() / static_cast<size_t>(data.size());
  return data.size() > 1 && bytes.substr(row) == bytes.substr(0, bytes.size() - row);
}

std::string target_of_first(const Dataset& data) {
  if (data.labels.type().rank() == 1 && data.labels.type().dtype == DType::kI32)
    return fmt::format("of the class {}", class_name(data.class_names, data.labels.as<int32_t>()[0]));
  return data.labels.type().elements() == data.size() ? fmt::format("{:g}", data.labels.as<float>()[0]) : "the same";
}

}  // namespace

std::vector<std::string> training_notes(const Session& session, const DataSplits& data) {
  std::vector<std::string> notes;
  for (const Dataset* split : {&data.train, &data.validation})
    if (!split->read_as.empty()) notes.push_back(fmt::format("{}: {}", split->name, split->read_as));
  notes.erase(std::ranges::unique(notes).begin(), notes.end());  // of one file for both
  if (has_one_target(data.train))
    notes.push_back(fmt::format("warning: all {} targets of {} are {}: there is nothing to learn from them",
                                data.train.size(), data.train.name, target_of_first(data.train)));
  if (loss_takes_probabilities_for_logits(session.model(), session.lowered()))
    notes.push_back(fmt::format(
        "warning: the loss takes logits, but the output \"{}\" has a softmax or sigmoid already: better leave that out",
        session.model().model.output()));
  std::string note = left_out(session, {{"training", &data.train}, {"validation", &data.validation}});
  if (!note.empty()) notes.push_back(note + " in each epoch");
  const int64_t batch = session.model().model.training().batch_size();
  if (data.train.size() % batch == 1 && normalizes_single_values_over_batch(session.lowered()))
    notes.push_back(fmt::format(
        "warning: the last batch of {} examples by {} is a single one, of which batch_norm makes 0: no gradient passes",
        data.train.size(), batch));
  return notes;
}

std::string left_out(const Session& session, const std::vector<NamedSplit>& splits) {
  std::vector<std::string> parts;
  for (const auto& [name, split] : splits) {
    const int64_t examples = std::ssize(rows_in_order(*split));
    const int64_t left = examples - evaluated_examples(session, *split);
    if (left > 0) parts.push_back(fmt::format("{} of {} {} examples", left, examples, name));
  }
  if (parts.empty()) return "";
  return fmt::format("the {} takes {} examples at a time, which leaves out {}",
                     session.model().program ? "program" : "network", session.model().model.training().batch_size(),
                     fmt::join(parts, " and "));
}

}  // namespace minnow
