#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ir/printable.h"
#include "runtime/batch.h"
#include "runtime/named_dataset.h"
#include "runtime/checkpoint.h"
#include "runtime/plot/network_pictures.h"
#include "runtime/png.h"
#include "runtime/predict.h"
#include "runtime/progress.h"
#include "tools/command.h"

namespace minnow {
namespace {

struct PredictFlags {
  ModelFlags model;
  BackendFlags backend;
  DataFlags data;
  std::string weights;
  std::string image;
  bool is_inverted = false;
  int64_t worst = 0;
  bool draws_filters = false;
  bool has_bars = false;
  std::string out;
  std::string range = "0:5";
  int64_t top = 3;
  bool json = false;
};

// What is to be predicted, with the labels where they are known.
struct Question {
  Tensor examples;
  std::vector<std::string> titles;
  std::vector<std::string> labels;       // one per example, or none
  std::vector<std::string> class_names;  // empty for a regression
};

struct Range {
  int64_t first = 0;
  int64_t last = 0;  // the one behind
};

Result<Range> parse_range(const std::string& text) {
  Range range;
  const char* end = text.data() + text.size();
  const auto [colon, error] = std::from_chars(text.data(), end, range.first);
  range.last = range.first + 1;
  if (error == std::errc() && colon == end) return range;
  if (error == std::errc() && *colon == ':') {
    const auto [rest, second_error] = std::from_chars(colon + 1, end, range.last);
    if (second_error == std::errc() && rest == end) return range;
  }
  return fail("--index " + text, "is not FIRST or FIRST:LAST");
}

Result<Question> question_from_data(const PredictFlags& flags, const Session& session, const Dataset& data) {
  MINNOW_ASSIGN(const Range range, parse_range(flags.range));
  if (range.first < 0 || range.last <= range.first || range.last > data.size())
    return fail("--index " + flags.range, "does not lie in the {} examples of {}", data.size(), data.name);
  const Dataset asked = slice_dataset(data, range.first, range.last - range.first);
  Question question{asked.examples.clone(), {}, {}, {}};
  const bool has_classes = session.lowered().classes > 0;
  if (has_classes) question.class_names = data.class_names;
  for (int64_t i = 0; i < asked.size(); ++i) {
    question.titles.push_back(fmt::format("{} {}", data.name, range.first + i));
    if (has_classes)
      question.labels.push_back(
          data.class_names[static_cast<size_t>(asked.labels.as<int32_t>()[static_cast<size_t>(i)])]);
  }
  return question;
}

// Of a picture the classes are numbers, unless the model names a data set with known ones.
std::vector<std::string> class_names(const Session& session) {
  for (const NamedDataset& dataset : named_datasets())
    if (dataset.name == session.model().model.data().named()) return dataset.class_names;
  return numbered_classes(session.lowered().classes);
}

Result<Question> question_from_image(const PredictFlags& flags, const Session& session) {
  MINNOW_ASSIGN(const Tensor picture, read_png_gray(flags.image));
  MINNOW_ASSIGN(Tensor example, example_from_picture(picture, session, flags.is_inverted, flags.image));
  return Question{std::move(example), {flags.image}, {}, class_names(session)};
}

Result<Question> ask(const PredictFlags& flags, const Session& session, ThreadPool& pool) {
  if (!flags.image.empty()) return question_from_image(flags, session);
  MINNOW_ASSIGN(const DataSplits data, flags.data.load(session, pool));
  return question_from_data(flags, session, data.validation);
}

std::string bar(float probability) {
  constexpr int kCells = 30;
  std::string text;
  for (int i = 0; i < static_cast<int>(std::lround(probability * kCells)); ++i) text += "█";
  return text;
}

void print_text(const Question& question, const PredictionRows& rows, const PredictFlags& flags) {
  size_t width = 0;
  for (const std::string& name : question.class_names) width = std::max(width, letter_count(printable(name)));
  const bool has_bars = flags.has_bars || ProgressStyle::detect(stdout).is_terminal;
  for (size_t i = 0; i < rows.size(); ++i) {
    fmt::print("{}{}\n", printable(question.titles[i]),
               question.labels.empty() ? "" : fmt::format(" (is {})", printable(question.labels[i])));
    if (question.class_names.empty())
      for (const float value : rows[i]) fmt::print("  {:.6g}\n", value);
    else
      for (const size_t at : ranking(rows[i], flags.top)) {
        const std::string name = printable(question.class_names[at]);
        fmt::print("  {:6.2f} %  {:{}}{}\n", 100 * rows[i][at], name, has_bars ? width + 2 : 0,
                   has_bars ? bar(rows[i][at]) : "");
      }
  }
}

nlohmann::ordered_json to_json(const Question& question, const PredictionRows& rows, int64_t top) {
  auto predictions = nlohmann::ordered_json::array();
  for (size_t i = 0; i < rows.size(); ++i) {
    nlohmann::ordered_json object = {{"example", question.titles[i]}};
    if (!question.labels.empty()) object["label"] = question.labels[i];
    if (question.class_names.empty()) {
      object["outputs"] = rows[i];
    } else {
      for (const size_t at : ranking(rows[i], top))
        object["classes"].push_back({{"class", question.class_names[at]}, {"probability", rows[i][at]}});
    }
    predictions.push_back(std::move(object));
  }
  return {{"predictions", std::move(predictions)}};
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

// The examples that the network is most wrong about, with what they are and what it takes them for.
Result<ImageSheet> worst_sheet(const PredictFlags& flags, Session& session, const Dataset& data) {
  if (session.lowered().classes == 0 || session.lowered().predictions_per_example != 1)
    return fail("--worst", "is for networks that tell one class for each example");
  MINNOW_ASSIGN(const PredictionRows rows, predict(session, data.examples));
  const std::vector<int64_t> worst = worst_examples(rows, data.labels, flags.worst);
  const std::vector<int32_t> numbers(worst.begin(), worst.end());
  TensorType type = data.examples.type();
  type.shape[0] = static_cast<int64_t>(numbers.size());
  Tensor examples = Tensor::uninitialized(type);
  gather_rows(data.examples, numbers, examples);
  ImageSheet sheet{fmt::format("{}: the {} worst of {}", data.name, worst.size(), data.size()), {}, {}};
  MINNOW_ASSIGN(sheet.pictures, as_pictures(examples, data.name));
  for (const int64_t i : worst) {
    const std::vector<float>& row = rows[static_cast<size_t>(i)];
    const auto actual = static_cast<size_t>(data.labels.as<int32_t>()[static_cast<size_t>(i)]);
    const size_t guess = ranking(row, 1)[0];
    sheet.captions.push_back({fmt::format("{} is {}", i, data.class_names[actual]),
                              fmt::format("{} {:.0f} %", data.class_names[guess], 100 * row[guess])});
  }
  return sheet;
}

Result<ExitCode> predict_command(const PredictFlags& flags) {
  if (!flags.out.empty()) MINNOW_TRY(check_picture_path(flags.out));
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  ThreadPool pool(flags.backend.thread_count());
  MINNOW_ASSIGN(const auto session, Session::create(loaded, flags.backend.session_options(), pool));
  MINNOW_TRY(load_weights(flags.weights, *session));
  if (flags.draws_filters) {
    MINNOW_ASSIGN(const ImageSheet sheet, filter_sheet(*session));
    return show_sheet(sheet, flags.out);
  }
  if (flags.worst > 0) {
    MINNOW_ASSIGN(const DataSplits data, flags.data.load(*session, pool));
    MINNOW_ASSIGN(const ImageSheet sheet, worst_sheet(flags, *session, data.validation));
    return show_sheet(sheet, flags.out);
  }
  if (!flags.out.empty())
    return tl::unexpected(Error{"-o", "there is no picture to write", "draw --worst or --filters", ExitCode::kUsage});
  MINNOW_ASSIGN(const Question question, ask(flags, *session, pool));
  MINNOW_ASSIGN(const PredictionRows rows, predict(*session, question.examples));
  if (flags.json)
    print_json(to_json(question, rows, flags.top));
  else
    print_text(question, rows, flags);
  return ExitCode::kDone;
}

}  // namespace

Action add_predict(CLI::App& app) {
  auto flags = std::make_shared<PredictFlags>();
  flags->model.add(app);
  flags->backend.add(app);
  flags->data.add(app);
  app.add_option("--weights", flags->weights, "trained weights, .safetensors")->required()->type_name("FILE");
  auto* image =
      app.add_option("--image", flags->image, "a PNG of any size; it is resized to what the network is fed")
          ->type_name("FILE");
  app.add_flag("--invert", flags->is_inverted, "the picture is dark on light")->needs(image);
  app.add_option("--index", flags->range, "validation examples, FIRST or FIRST:LAST")
      ->excludes(image)
      ->capture_default_str();
  auto* worst = app.add_option("--worst", flags->worst, "draw so many validation examples it is most wrong about")
                    ->check(CLI::Range(1, 1000))
                    ->excludes(image);
  app.add_flag("--filters", flags->draws_filters, "draw the kernels of the first convolution")
      ->excludes(image)
      ->excludes(worst);
  app.add_option("-o,--output", flags->out, "write --worst or --filters as a picture, .png or .svg")->type_name("FILE");
  app.add_flag("--bars", flags->has_bars, "probabilities as bars, as on a terminal");
  app.add_option("--top", flags->top, "classes to print")->check(CLI::Range(1, 1000))->capture_default_str();
  add_json_flag(app, flags->json);
  return [flags] { return predict_command(*flags); };
}

}  // namespace minnow
