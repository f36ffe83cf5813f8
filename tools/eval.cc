#include <fmt/format.h>

#include "runtime/load_data.h"
#include "runtime/trainer.h"
#include "tools/command.h"

namespace minnow {
namespace {

struct EvalFlags {
  ModelFlags model;
  BackendFlags backend;
  std::string weights;
  std::string data_dir;
  std::string split = "validation";
};

Result<ExitCode> eval_command(const EvalFlags& flags) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  ThreadPool pool(flags.backend.thread_count());
  MINNOW_ASSIGN(const auto session, Session::create(loaded, flags.backend.session_options(), pool));
  MINNOW_TRY(load_weights(flags.weights, *session));
  const auto seed = static_cast<uint32_t>(loaded.model.training().seed());
  MINNOW_ASSIGN(const DataSplits data,
                load_data(loaded.model.data(), {flags.data_dir, seed, session->lowered().classes}, pool));
  MINNOW_TRY(check_data_fits(*session, data));
  const Dataset& dataset = flags.split == "train" ? data.train : data.validation;
  MINNOW_ASSIGN(const Evaluation evaluation, evaluate(*session, dataset));
  fmt::print("{} examples of {} ({})\n  loss      {:.6f}\n", dataset.size(), dataset.name, flags.split,
             evaluation.loss);
  if (session->lowered().classifies) fmt::print("  accuracy  {:.2f} %\n", 100 * evaluation.accuracy);
  return ExitCode::kDone;
}

}  // namespace

Action add_eval(CLI::App& app) {
  auto flags = std::make_shared<EvalFlags>();
  flags->model.add(app);
  flags->backend.add(app);
  app.add_option("--weights", flags->weights, "trained weights, .safetensors")->required()->type_name("FILE");
  app.add_option("--data-dir", flags->data_dir, "where named datasets lie")->type_name("DIR");
  app.add_option("--split", flags->split, "train or validation")
      ->check(CLI::IsMember({"train", "validation"}))
      ->capture_default_str();
  return [flags] { return eval_command(*flags); };
}

}  // namespace minnow
