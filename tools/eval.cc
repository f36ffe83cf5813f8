#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ir/printable.h"
#include "runtime/cluster/agreement.h"
#include "runtime/train/assess.h"
#include "runtime/train/metrics_csv.h"
#include "runtime/train/network_pictures.h"
#include "runtime/train/rank_start.h"
#include "runtime/train/training_notes.h"
#include "tools/command.h"
#include "tools/flags/ranks.h"
#include "tools/flags/trained_model.h"

namespace minnow {
namespace {

struct EvalFlags {
  TrainedModelFlags model;
  BackendFlags backend;
  DataFlags data;
  std::string split = "validation";
  std::string out;
  bool json = false;
};

constexpr int64_t kMostColumns = 20;  // of a matrix in text
constexpr size_t kLineWidth = 100;

std::string share(double value) { return std::isnan(value) ? "-" : fmt::format("{:.2f} %", 100 * value); }

void print_classes(const ConfusionMatrix& matrix, const std::vector<std::string>& class_names) {
  size_t width = 5;
  for (const std::string& name : class_names) width = std::max(width, letter_count(printable(name)));
  fmt::print("\n  {:{}}  {:>9}  {:>9}  {:>9}\n", "class", width, "examples", "precision", "recall");
  for (int64_t c = 0; c < matrix.classes(); ++c)
    fmt::print("  {:{}}  {:>9}  {:>9}  {:>9}\n", printable(class_names[static_cast<size_t>(c)]), width,
               matrix.actual(c), share(matrix.precision(c)), share(matrix.recall(c)));
  if (matrix.classes() > kMostColumns) return;
  // As wide as the names are, if all columns have room on a line.
  const size_t room = (kLineWidth - std::min(width, kLineWidth)) / static_cast<size_t>(matrix.classes());
  const size_t column = std::clamp<size_t>(std::max<size_t>(room, 2) - 2, 5, width);
  fmt::print("\n  {:{}}  predicted\n  {:{}}", "", width, "actual", width);
  for (int64_t c = 0; c < matrix.classes(); ++c)
    fmt::print("  {:>{}}", shortened(printable(class_names[static_cast<size_t>(c)]), column), column);
  fmt::print("\n");
  for (int64_t a = 0; a < matrix.classes(); ++a) {
    fmt::print("  {:{}}", printable(class_names[static_cast<size_t>(a)]), width);
    for (int64_t p = 0; p < matrix.classes(); ++p) fmt::print("  {:>{}}", matrix.count(a, p), column);
    fmt::print("\n");
  }
}

nlohmann::ordered_json to_json(const ConfusionMatrix& matrix, const std::vector<std::string>& class_names) {
  auto classes = nlohmann::ordered_json::array();
  for (int64_t c = 0; c < matrix.classes(); ++c) {
    nlohmann::ordered_json object = {{"class", class_names[static_cast<size_t>(c)]},
                                     {"examples", matrix.actual(c)},
                                     {"precision", matrix.precision(c)},
                                     {"recall", matrix.recall(c)},
                                     {"predicted", nlohmann::ordered_json::array()}};
    for (int64_t p = 0; p < matrix.classes(); ++p) object["predicted"].push_back(matrix.count(c, p));
    classes.push_back(std::move(object));
  }
  return classes;
}

void print_report(const EvalFlags& flags, const TrainedModel& trained, const Dataset& dataset,
                  const Assessment& assessment) {
  const MetricColumns columns = MetricColumns::of(trained.session->lowered());
  const int64_t examples = evaluated_examples(*trained.session, dataset);
  const std::string& weights = trained.weights;
  const Evaluation& evaluation = assessment.evaluation;
  if (flags.json) {
    nlohmann::ordered_json object = {{"dataset", dataset.name},
                                     {"split", flags.split},
                                     {"weights", weights},
                                     {"examples", examples},
                                     {"loss", evaluation.loss}};
    if (columns.perplexity) object["perplexity"] = std::exp(evaluation.loss);
    if (columns.accuracy) object["accuracy"] = evaluation.accuracy;
    if (assessment.confusion) object["classes"] = to_json(*assessment.confusion, assessment.class_names);
    return print_json(object);
  }
  const size_t width = columns.perplexity ? 12 : 10;
  fmt::print("{} examples of {} ({})\n  {:{}}{}\n  {:{}}{:.6f}\n", examples, printable(dataset.name), flags.split,
             "weights", width, printable(weights), "loss", width, evaluation.loss);
  if (columns.perplexity) fmt::print("  {:{}}{:.4f}\n", "perplexity", width, std::exp(evaluation.loss));
  if (columns.accuracy) fmt::print("  {:{}}{:.2f} %\n", "accuracy", width, 100 * evaluation.accuracy);
  if (assessment.confusion) print_classes(*assessment.confusion, assessment.class_names);
}

struct Opened {
  TrainedModel trained;
  DataSplits data;
};

Result<Opened> open(const EvalFlags& flags, const SessionOptions& options, ThreadPool& pool) {
  if (!flags.out.empty()) MINNOW_TRY(check_picture_path(flags.out));
  Opened opened;
  MINNOW_ASSIGN(opened.trained, flags.model.open(options, pool));
  MINNOW_TRY(check_has_loss(opened.trained.session->model()));
  MINNOW_ASSIGN(opened.data, opened.trained.load(flags.data, pool));
  return opened;
}

Result<ExitCode> eval_command(const EvalFlags& flags) {
  Communicator* const ranks = this_communicator();
  ThreadPool pool(flags.backend.thread_count());
  MINNOW_ASSIGN(const SessionOptions options, flags.backend.session_options_of_ranks());
  MINNOW_ASSIGN(const Opened opened, agree_on(ranks, open(flags, options, pool)));
  Session& session = *opened.trained.session;
  if (ranks) {
    MINNOW_TRY(check_ranks_alike(*ranks, session, opened.data, options.code));
    TrainingState unused;
    MINNOW_TRY(start_like_leader(*ranks, session, unused));
  }
  const Dataset& dataset = flags.split == "train" ? opened.data.train : opened.data.validation;
  MINNOW_ASSIGN(const Assessment assessment, assess(session, dataset));
  if (!flags.out.empty()) {
    if (!assessment.confusion)
      return fail("-o " + flags.out, "there is no confusion matrix: the network tells no classes apart");
    MINNOW_TRY(as_leader(ranks, [&] {
      return write_drawing(flags.out, draw_confusion(*assessment.confusion, assessment.class_names));
    }));
  }
  print_report(flags, opened.trained, dataset, assessment);
  if (const std::string note = left_out(session, {{flags.split, &dataset}}); !note.empty()) print_notes({note});
  return ExitCode::kDone;
}

}  // namespace

Action add_eval(CLI::App& app) {
  auto flags = std::make_shared<EvalFlags>();
  flags->model.add(app);
  flags->backend.add(app);
  add_timeout_flag(app);
  flags->data.add(app);
  app.add_option("--split", flags->split, "train or validation")
      ->check(CLI::IsMember({"train", "validation"}))
      ->capture_default_str();
  app.add_option("-o,--output", flags->out, "draw the confusion matrix, .png or .svg")->type_name("FILE");
  add_json_flag(app, flags->json);
  return [flags] { return eval_command(*flags); };
}

}  // namespace minnow
