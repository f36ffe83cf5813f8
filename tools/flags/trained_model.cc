#include "tools/flags/trained_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "frontend/onnx/onnx_file.h"
#include "runtime/data/named_dataset.h"
#include "runtime/train/checkpoint.h"
#include "runtime/train/run_folder.h"
#include "runtime/weights/detect_names.h"

namespace minnow {

std::vector<std::string> names_of_classes(std::vector<std::string> known, const Session& session) {
  for (const NamedDataset& dataset : named_datasets())
    if (known.empty() && dataset.name == session.model().model.data().named()) known = dataset.class_names;
  std::vector<std::string> names = numbered_classes(session.lowered().classes);
  known.resize(std::min(known.size(), names.size()));
  std::ranges::copy(known, names.begin());
  return names;
}

void NamesFlag::add(CLI::App& app, const std::string& help) {
  app.add_option("--names", text, help)->check(CLI::IsMember({"minnow", "pytorch", "keras"}));
}

std::optional<Naming> NamesFlag::names() const { return parse_names(text); }

Result<std::string> weights_at(const std::string& place) {
  std::error_code error;
  if (!std::filesystem::is_directory(place, error)) return place;
  if (auto path = RunFolder::at(place).result_path()) return *std::move(path);
  return fail_with_hint(place, "holds no weights of a run", "minnow train --out leaves best.safetensors");
}

void TrainedModelFlags::add(CLI::App& app) {
  model_.add(app);
  app.add_option("--weights", weights_,
                 "trained weights, .safetensors; a run folder has its own, the best, else the last")
      ->type_name("FILE|DIR")
      ->group("Model and data");
  names_.add(app, "whose names and layouts the weights have; else told by the names");
}

Result<std::string> TrainedModelFlags::find_weights() const {
  std::error_code error;
  if (!weights_.empty()) return weights_at(weights_);
  if (std::filesystem::is_directory(model_.path, error)) return weights_at(model_.path);
  if (is_onnx_file(model_.path)) return model_.path;
  if (model_.path.ends_with(".safetensors"))
    return fail_with_hint(model_.path, "holds weights, but no model",
                          "the folder of their run has both; or a model file, with --weights " + model_.path);
  if (!std::filesystem::exists(model_.path, error)) MINNOW_TRY(model_.read());
  return tl::unexpected(
      Error{{}, "which weights?", "--weights FILE, or the folder of a run in place of the model", ExitCode::kUsage});
}

Result<TrainedModel> TrainedModelFlags::open(SessionOptions options, ThreadPool& pool) const {
  options.trains = false;
  MINNOW_ASSIGN(std::string weights, find_weights());
  MINNOW_ASSIGN(const LoadedModel loaded, model_.read());
  MINNOW_ASSIGN(auto session, Session::create(loaded, options, pool));
  if (!loaded.has_loss()) MINNOW_TRY(prediction_type(*session));
  std::vector<std::string> known;
  if (!is_onnx_file(weights)) {
    MINNOW_ASSIGN(known, load_weights(weights, *session, names_.names()));
  }
  const auto count = std::ssize(known);
  std::vector<std::string> names = names_of_classes(std::move(known), *session);
  const int64_t named = std::min<int64_t>(count, session->lowered().classes);
  return TrainedModel{std::move(weights), std::move(session), std::move(names), named};
}

Result<DataSplits> TrainedModel::load(const DataFlags& flags, ThreadPool& pool) const {
  MINNOW_ASSIGN(DataSplits data, flags.load(*session, pool));
  for (Dataset* split : {&data.train, &data.validation}) take_names(*split);
  const std::vector<std::string>& found = data.validation.class_names;
  const size_t count = std::min(found.size(), class_names.size());
  for (size_t i = 0; i < count; ++i) {
    if (found[i] == class_names[i]) continue;
    print_notes({fmt::format("{}: class {} is {}, but the weights know it as {}", data.validation.name, i, found[i],
                             class_names[i])});
    break;
  }
  return data;
}

void TrainedModel::take_names(Dataset& data) const {
  const size_t count = std::min(data.class_names.size(), class_names.size());
  if (data.class_names == numbered_classes(data.classes()))
    std::copy_n(class_names.begin(), count, data.class_names.begin());
}

}  // namespace minnow
