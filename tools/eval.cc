#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/trainer.h"
#include "tools/command.h"

namespace minnow {
namespace {

struct EvalFlags {
  ModelFlags model;
  BackendFlags backend;
  DataFlags data;
  std::string weights;
  std::string split = "validation";
  bool json = false;
};

void print_evaluation(const EvalFlags& flags, const Dataset& dataset, const Evaluation& evaluation,
                      bool classifies) {
  if (flags.json) {
    nlohmann::ordered_json object = {{"dataset", dataset.name},
                                     {"split", flags.split},
                                     {"examples", dataset.size()},
                                     {"loss", evaluation.loss}};
    if (classifies) object["accuracy"] = evaluation.accuracy;
    return print_json(object);
  }
  fmt::print("{} examples of {} ({})\n  loss      {:.6f}\n", dataset.size(), dataset.name, flags.split,
             evaluation.loss);
  if (classifies) fmt::print("  accuracy  {:.2f} %\n", 100 * evaluation.accuracy);
}

Result<ExitCode> eval_command(const EvalFlags& flags) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  ThreadPool pool(flags.backend.thread_count());
  MINNOW_ASSIGN(const auto session, Session::create(loaded, flags.backend.session_options(), pool));
  MINNOW_TRY(load_weights(flags.weights, *session));
  MINNOW_ASSIGN(const DataSplits data, flags.data.load(*session, pool));
  const Dataset& dataset = flags.split == "train" ? data.train : data.validation;
  MINNOW_ASSIGN(const Evaluation evaluation, evaluate(*session, dataset));
  print_evaluation(flags, dataset, evaluation, session->lowered().classifies);
  return ExitCode::kDone;
}

}  // namespace

Action add_eval(CLI::App& app) {
  auto flags = std::make_shared<EvalFlags>();
  flags->model.add(app);
  flags->backend.add(app);
  flags->data.add(app);
  app.add_option("--weights", flags->weights, "trained weights, .safetensors")->required()->type_name("FILE");
  app.add_option("--split", flags->split, "train or validation")
      ->check(CLI::IsMember({"train", "validation"}))
      ->capture_default_str();
  add_json_flag(app, flags->json);
  return [flags] { return eval_command(*flags); };
}

}  // namespace minnow
