#include "runtime/train/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "runtime/safetensors.h"
#include "runtime/train/diagnose.h"
#include "runtime/weights/detect_names.h"
#include "runtime/weights/match_weights.h"

namespace minnow {
namespace {

using nlohmann::json;

constexpr std::string_view kStateKey = "minnow.training";
constexpr std::string_view kModelKey = "minnow.model";
constexpr std::string_view kClassesKey = "minnow.classes";

json to_json(const EpochMetrics& row) {
  return json::array({row.epoch, row.steps, row.learning_rate, row.train_loss, row.train_accuracy, row.validation_loss,
                      row.validation_accuracy, row.seconds});
}

// A json number that is no whole one of 64 bits would be converted in silence.
int64_t count_from(const json& value) {
  if (!value.is_number_integer()) throw json::type_error::create(302, "a count must be a whole number", &value);
  return value.get<int64_t>();
}

EpochMetrics metrics_from(const json& row) {
  // json writes a number that is not finite as null.
  const auto number = [&](size_t i) { return row.at(i).is_null() ? std::nan("") : row.at(i).get<double>(); };
  return {
      count_from(row.at(0)), count_from(row.at(1)), number(2), number(3), number(4), number(5), number(6), number(7)};
}

std::string state_to_text(const TrainingState& state) {
  json history = json::array();
  for (const EpochMetrics& row : state.history) history.push_back(to_json(row));
  return json{
      {"step", state.step},           {"batch_in_epoch", state.batch_in_epoch}, {"batch_size", state.batch_size},
      {"loss_sum", state.loss_sum},   {"correct_sum", state.correct_sum},       {"weight_sum", state.weight_sum},
      {"history", std::move(history)}}
      .dump();
}

// What the trainer relies on, so that a file made by hand cannot lead it astray.
bool is_sound(const TrainingState& state) {
  for (size_t i = 0; i < state.history.size(); ++i)
    if (state.history[i].epoch != static_cast<int64_t>(i) + 1) return false;
  return state.step >= 0 && state.batch_in_epoch >= 0 && state.batch_in_epoch <= state.step;
}

Result<TrainingState> state_from_text(const std::string& path, const std::string& text) {
  try {
    const json object = json::parse(text);
    TrainingState state{count_from(object.at("step")),
                        count_from(object.at("batch_in_epoch")),
                        count_from(object.at("batch_size")),
                        object.at("loss_sum"),
                        object.at("correct_sum"),
                        {}};
    // Checkpoints of earlier versions have every example count.
    state.weight_sum = object.contains("weight_sum") ? object.at("weight_sum").get<double>()
                                                     : static_cast<double>(state.batch_in_epoch * state.batch_size);
    for (const json& row : object.at("history")) state.history.push_back(metrics_from(row));
    if (!is_sound(state)) return fail(path, "the training state in the metadata makes no sense");
    return state;
  } catch (const json::exception& error) {
    return fail(path, "the training state in the metadata cannot be read: {}", error.what());
  }
}

// Names may come from folders and files in any encoding, but JSON is UTF-8.
std::string names_to_text(const std::vector<std::string>& names) {
  return json(names).dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::vector<std::string>> class_names_of(const TensorFile& file, const std::string& path) {
  const auto it = file.metadata.find(std::string(kClassesKey));
  if (it == file.metadata.end()) return std::vector<std::string>();
  try {
    return json::parse(it->second).get<std::vector<std::string>>();
  } catch (const json::exception& error) {
    return fail(path, "the names of classes in the metadata cannot be read: {}", error.what());
  }
}

bool is_network_tensor(const LoweredModel& lowered, std::string_view name) {
  return std::ranges::find(lowered.weights, name, &WeightInfo::name) != lowered.weights.end() ||
         std::ranges::find(lowered.states, name, &StateInfo::name) != lowered.states.end();
}

// "fc.weight.momentum" for a weight "fc.weight": what some optimiser keeps for it.
bool is_optimizer_state(const LoweredModel& lowered, std::string_view name) {
  return std::ranges::any_of(lowered.weights,
                             [&](const WeightInfo& weight) { return name.starts_with(weight.name + "."); });
}

std::string optimizer_name(const spec::Training& training) {
  const auto* chosen = training.GetReflection()->GetOneofFieldDescriptor(
      training, training.GetDescriptor()->FindOneofByName("optimizer"));
  return chosen == nullptr ? "sgd" : chosen->name();
}

tl::unexpected<Error> other_model(const std::string& path, const std::string& what) {
  return fail_with_hint(path, "weights of another model: " + what,
                        "the file must come from the same layers as the model has");
}

// Every tensor of the network is in the file with its type.
Status check_same_model(const std::string& path, const TensorFile& file, const Session& session) {
  for (const auto& [name, tensor] : session.tensors()) {
    const Tensor* found = file.find(name);
    if (!found && !is_network_tensor(session.lowered(), name)) continue;
    if (!found) return other_model(path, fmt::format("tensor \"{}\" {} is missing", name, tensor.type().to_string()));
    if (found->type() != tensor.type())
      return other_model(path, fmt::format("tensor \"{}\" is {}, but the model needs {}", name,
                                           found->type().to_string(), tensor.type().to_string()));
  }
  for (const NamedTensor& entry : file.tensors) {
    const bool known = session.tensors().contains(entry.name) || is_optimizer_state(session.lowered(), entry.name);
    if (!known)
      return other_model(
          path, fmt::format("tensor \"{}\" {} is not in the model", entry.name, entry.tensor.type().to_string()));
  }
  return {};
}

// The file, of the same network, has what the optimiser keeps.
Status check_same_optimizer(const std::string& path, const TensorFile& file, const Session& session) {
  const auto missing =
      std::ranges::find_if(session.tensors(), [&](const auto& entry) { return file.find(entry.first) == nullptr; });
  if (missing == session.tensors().end()) return {};
  return fail_with_hint(path,
                        fmt::format("was trained with another optimiser: {} needs \"{}\", which is not there",
                                    optimizer_name(session.model().model.training()), missing->first),
                        "a run goes on with the optimiser that its config.textproto names; a new one takes --out");
}

// No run saves anything else, and nothing that is computed from it would be worth a look.
Status check_finite(const std::string& path, const TensorFile& file, const Session& session) {
  for (const NamedTensor& entry : file.tensors) {
    const auto bad = session.tensors().contains(entry.name) ? first_bad_element(entry.tensor) : std::nullopt;
    if (bad) return fail(path, "tensor \"{}\" is not finite: {}", entry.name, bad->to_string());
  }
  return {};
}

// A path below the working folder as its reader would write it; any other as it is.
std::string seen_from_here(const std::string& path) {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::relative(path, error);
  return error || here.empty() || *here.begin() == ".." ? path : here.string();
}

// In place: whoever has looked at a weight goes on seeing it.
void take(const WeightMatch& match, Session& session) {
  for (const MatchedWeight& weight : match.matched) session.tensors().at(weight.name).assign(weight.tensor);
}

Result<TensorFile> restore(const std::string& path, Session& session) {
  MINNOW_ASSIGN(TensorFile file, read_safetensors(path));
  MINNOW_TRY(check_same_model(path, file, session));
  MINNOW_TRY(check_same_optimizer(path, file, session));
  MINNOW_TRY(check_finite(path, file, session));
  for (const NamedTensor& entry : file.tensors)
    if (const auto it = session.tensors().find(entry.name); it != session.tensors().end())
      it->second.assign(entry.tensor);
  return file;
}

}  // namespace

Status save_checkpoint(const std::string& path, const Session& session, const TrainingState& state,
                       const std::vector<std::string>& class_names) {
  std::vector<NamedTensorRef> tensors;
  for (const auto& [name, tensor] : session.tensors()) tensors.push_back({name, &tensor});
  Metadata metadata = {{std::string(kStateKey), state_to_text(state)},
                       {std::string(kModelKey), session.model().model.name()}};
  if (!class_names.empty()) metadata[std::string(kClassesKey)] = names_to_text(class_names);
  return write_safetensors(path, tensors, metadata);
}

Result<std::vector<std::string>> load_weights(const std::string& path, Session& session, std::optional<Naming> names) {
  MINNOW_ASSIGN(const TensorFile file, read_safetensors(path));
  MINNOW_ASSIGN(WeightMatch match, match_weights(file, path, session.model(), session.lowered(), names));
  MINNOW_TRY(check_whole(match, path, "it must come from the same layers as the model has"));
  take(match, session);
  return class_names_of(file, path);
}

Result<std::optional<FirstWeights>> load_first_weights(Session& session) {
  const spec::Training& training = session.model().model.training();
  if (training.weights_from().empty()) return std::optional<FirstWeights>();
  const std::string path = seen_from_here(training.weights_from());
  MINNOW_ASSIGN(const TensorFile file, read_safetensors(path));
  const std::optional<Naming> names = names_of(training.weights_names());
  MINNOW_ASSIGN(WeightMatch match, match_weights(file, path, session.model(), session.lowered(), names));
  FirstWeights first{match_table(match, path), {}};
  if (match.matched.empty() || !training.partial()) {
    const std::string_view hint = training.partial() ? "there is nothing in it for this model"
                                                     : "--partial, or partial: true in the model, takes what fits";
    first.status = check_whole(match, path, hint);
  }
  take(match, session);
  return first;
}

Result<Checkpoint> restore_checkpoint(const std::string& path, Session& session) {
  MINNOW_ASSIGN(const TensorFile file, restore(path, session));
  const auto it = file.metadata.find(std::string(kStateKey));
  if (it == file.metadata.end())
    return fail_with_hint(path, "holds weights, but no training state to go on from", "use it with eval or predict");
  MINNOW_ASSIGN(TrainingState state, state_from_text(path, it->second));
  MINNOW_ASSIGN(std::vector<std::string> names, class_names_of(file, path));
  return Checkpoint{std::move(state), std::move(names)};
}

Result<TrainingState> load_checkpoint(const std::string& path, Session& session) {
  MINNOW_ASSIGN(Checkpoint checkpoint, restore_checkpoint(path, session));
  return std::move(checkpoint.state);
}

}  // namespace minnow
