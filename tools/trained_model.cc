#include "tools/trained_model.h"

#include <filesystem>

#include "runtime/checkpoint.h"
#include "runtime/run_folder.h"

namespace minnow {

void TrainedModelFlags::add(CLI::App& app) {
  model_.add(app);
  app.add_option("--weights", weights_,
                 "trained weights, .safetensors; a run folder has its own, the best, else the last")
      ->type_name("FILE|DIR");
}

Result<std::string> TrainedModelFlags::find_weights() const {
  const std::string& place = weights_.empty() ? model_.path : weights_;
  std::error_code error;
  if (std::filesystem::is_directory(place, error)) {
    if (auto path = RunFolder::at(place).result_path()) return *std::move(path);
    return fail_with_hint(place, "holds no weights of a run", "minnow train --out leaves best.safetensors");
  }
  if (!weights_.empty()) return weights_;
  return tl::unexpected(
      Error{{}, "which weights?", "--weights FILE, or the folder of a run in place of the model", ExitCode::kUsage});
}

Result<TrainedModel> TrainedModelFlags::open(const BackendFlags& backend, ThreadPool& pool) const {
  MINNOW_ASSIGN(std::string weights, find_weights());
  MINNOW_ASSIGN(const LoadedModel loaded, model_.read());
  MINNOW_ASSIGN(auto session, Session::create(loaded, backend.inference_options(), pool));
  MINNOW_TRY(load_weights(weights, *session));
  return TrainedModel{std::move(weights), std::move(session)};
}

}  // namespace minnow
