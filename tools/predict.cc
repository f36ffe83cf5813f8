#include <fmt/format.h>

#include <filesystem>

#include "ir/printable.h"
#include "runtime/train/network_pictures.h"
#include "runtime/train/progress.h"
#include "tools/command.h"
#include "tools/draw_result.h"
#include "tools/flags/question.h"
#include "tools/flags/trained_model.h"
#include "tools/generate_text.h"
#include "tools/predict_examples.h"
#include "tools/predict_sequences.h"
#include "tools/predict_table.h"

namespace minnow {
namespace {

struct PredictFlags {
  TrainedModelFlags model;
  BackendFlags backend;
  DataFlags data;
  std::vector<std::string> files;
  std::vector<std::string> images;
  bool is_inverted = false;
  int64_t worst = 0;
  bool draws_filters = false;
  std::string drawn;  // a result of a layer
  bool has_bars = false;
  std::string out;
  std::string range = "0:5";
  int64_t top = 3;
  GenerateFlags generate;
  bool json = false;
};

// One example is told in full.
bool is_table(const PredictFlags& flags, const PredictionRows& rows) {
  if (!flags.files.empty()) return rows.size() > 1;
  std::error_code error;
  return flags.images.size() > 1 || (flags.images.size() == 1 && std::filesystem::is_directory(flags.images[0], error));
}

void print_rows(const PredictFlags& flags, const Question& question, const PredictionRows& rows) {
  const bool has_bars = flags.has_bars || ProgressStyle::detect(stdout).is_terminal;
  if (is_table(flags, rows)) print_table(question, rows, flags.files.empty() ? "picture" : "row");
  else print_examples(question, rows, {flags.top, has_bars});
}

Result<Question> ask(const PredictFlags& flags, const TrainedModel& trained, ThreadPool& pool) {
  if (!flags.files.empty()) return question_from_files(flags.files, trained, flags.data.data_dir);
  if (!flags.images.empty()) return question_from_images(flags.images, flags.is_inverted, trained);
  MINNOW_ASSIGN(const DataSplits data, trained.load(flags.data, pool));
  return question_from_data(flags.range, trained, data.validation);
}

Result<ExitCode> show_sheet(const ImageSheet& sheet, const std::string& out) {
  if (!out.empty()) {
    MINNOW_TRY(write_drawing(out, draw_sheet(sheet)));
    return ExitCode::kDone;
  }
  const ProgressStyle style = ProgressStyle::detect(stdout);
  fmt::print("{}", sheet_text(sheet, style.columns, style.has_colour));
  return ExitCode::kDone;
}

Result<HeatMaps> maps(const PredictFlags& flags, const TrainedModel& trained, ThreadPool& pool) {
  if (!flags.generate.prompt) {
    MINNOW_ASSIGN(const Question question, ask(flags, trained, pool));
    return maps_of_result(flags.drawn, trained, question, 0);
  }
  MINNOW_ASSIGN(const PromptedQuestion prompted, question_from_prompt(flags.generate, flags.data, trained, pool));
  return maps_of_result(flags.drawn, trained, prompted.question, prompted.tokens);
}

Result<ExitCode> draw_maps(const PredictFlags& flags, const TrainedModel& trained, ThreadPool& pool) {
  MINNOW_ASSIGN(const HeatMaps drawn, maps(flags, trained, pool));
  MINNOW_TRY(write_drawing(flags.out, draw_heat_maps(drawn)));
  return ExitCode::kDone;
}

// -o has a picture or predictions, and what is only drawn has an -o.
Status check_output(const PredictFlags& flags) {
  const auto refuse = [](std::string what, std::string hint) {
    return tl::unexpected(Error{"-o", std::move(what), std::move(hint), ExitCode::kUsage});
  };
  if (!flags.drawn.empty() && flags.out.empty())
    return refuse("is missing: where --draw is to be drawn", "-o FILE.png");
  const bool has_picture = !flags.drawn.empty() || flags.worst > 0 || flags.draws_filters;
  if (!has_picture && is_prediction_file(flags.out)) return {};
  if (!flags.out.empty() && !has_picture)
    return refuse("there is no picture to write",
                  "predictions are written as .csv or .npy; --worst, --filters and --draw as pictures");
  return flags.out.empty() ? Status() : check_picture_path(flags.out);
}

Result<ExitCode> predict_command(const PredictFlags& flags) {
  MINNOW_TRY(check_output(flags));
  ThreadPool pool(flags.backend.thread_count());
  MINNOW_ASSIGN(const TrainedModel trained, flags.model.open(flags.backend, pool));
  const auto& session = trained.session;
  if (!flags.drawn.empty()) return draw_maps(flags, trained, pool);
  if (flags.generate.prompt) return generate_text(flags.generate, flags.data, trained, pool, flags.json);
  if (flags.draws_filters) {
    MINNOW_ASSIGN(const ImageSheet sheet, filter_sheet(*session));
    return show_sheet(sheet, flags.out);
  }
  if (flags.worst > 0) {
    MINNOW_ASSIGN(const DataSplits data, trained.load(flags.data, pool));
    MINNOW_ASSIGN(const Assessment assessment, assess(*session, data.validation));
    if (!assessment.confusion) return fail("--worst", "is for networks that tell one class for each example");
    MINNOW_ASSIGN(const ImageSheet sheet, worst_sheet(assessment, data.validation, flags.worst));
    return show_sheet(sheet, flags.out);
  }
  MINNOW_ASSIGN(const Question question, ask(flags, trained, pool));
  if (!question.note.empty()) std::fputs((printable(question.note) + "\n").c_str(), stderr);
  MINNOW_ASSIGN(const PredictionRows rows, predict(*session, question.data));
  const bool has_sequences = session->lowered().labels_positions;
  if (!flags.out.empty()) MINNOW_TRY(write_predictions(flags.out, question, rows));
  else if (flags.json)
    print_json(has_sequences ? sequences_to_json(question, rows) : examples_to_json(question, rows, flags.top));
  else if (has_sequences) print_sequences(question, rows);
  else print_rows(flags, question, rows);
  return ExitCode::kDone;
}

}  // namespace

Action add_predict(CLI::App& app) {
  auto flags = std::make_shared<PredictFlags>();
  flags->model.add(app);
  auto* files = app.add_option("rows", flags->files,
                               "rows to ask about, without labels or with: a .csv file or, as an .npy array, one for "
                               "each input, INPUT=FILE where there are several")
                    ->type_name("FILE");
  flags->backend.add(app);
  flags->data.add(app);
  auto* image = app.add_option("--image", flags->images,
                               "PNGs, or folders of them, of any size, resized to what the network is fed")
                    ->type_name("FILE|DIR")
                    ->excludes(files);
  app.add_flag("--invert", flags->is_inverted, "the picture is dark on light")->needs(image);
  app.add_option("--index", flags->range, "validation examples, FIRST or FIRST:LAST")
      ->excludes(image)
      ->excludes(files)
      ->capture_default_str();
  auto* worst = app.add_option("--worst", flags->worst, "draw so many validation examples it is most wrong about")
                    ->check(CLI::Range(1, 1000))
                    ->excludes(image)
                    ->excludes(files);
  auto* filters = app.add_flag("--filters", flags->draws_filters, "draw the kernels of the first convolution")
                      ->excludes(image)
                      ->excludes(files)
                      ->excludes(worst);
  app.add_option(
         "--draw", flags->drawn,
         "draw what a layer makes of an example, the first of --index or the prompt: LAYER, or LAYER.weights of "
         "attention, LAYER.forget_gate of an lstm")
      ->type_name("NAME")
      ->excludes(worst)
      ->excludes(filters);
  app.add_option("-o,--output", flags->out,
                 "write predictions as .csv or .npy; --worst, --filters or --draw as a picture, .png or .svg")
      ->type_name("FILE");
  app.add_flag("--bars", flags->has_bars, "probabilities as bars, as on a terminal");
  app.add_option("--top", flags->top, "classes to print")->check(CLI::Range(1, 1000))->capture_default_str();
  flags->generate.add(app);
  add_json_flag(app, flags->json);
  return [flags] { return predict_command(*flags); };
}

}  // namespace minnow
