#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <numeric>

#include "runtime/batch.h"
#include "runtime/named_dataset.h"
#include "runtime/png.h"
#include "runtime/trainer.h"
#include "tools/command.h"

namespace minnow {
namespace {

struct PredictFlags {
  ModelFlags model;
  BackendFlags backend;
  DataFlags data;
  std::string weights;
  std::string image;
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

Result<Question> question_from_image(const std::string& path, const Session& session) {
  MINNOW_ASSIGN(Tensor image, read_png_gray(path));
  TensorType type = session.input_type();
  type.shape[0] = 1;
  if (type.dtype != DType::kU8 || type.shape != Shape{1, 1, image.dim(0), image.dim(1)})
    return fail(path, "the picture is {}x{}, but the network is fed {}", image.dim(1), image.dim(0),
                type.to_string());
  return Question{std::move(image).reshaped(type.shape), {path}, {}, class_names(session)};
}

Result<Question> ask(const PredictFlags& flags, const Session& session, ThreadPool& pool) {
  if (!flags.image.empty()) return question_from_image(flags.image, session);
  MINNOW_ASSIGN(const DataSplits data, flags.data.load(session, pool));
  return question_from_data(flags, session, data.validation);
}

// Predictions of all examples, a batch at a time: a row for each.
Result<std::vector<std::vector<float>>> predict(Session& session, const Tensor& examples) {
  const int64_t batch_size = session.model().model.training().batch_size();
  std::vector<std::vector<float>> rows;
  for (int64_t first = 0; first < examples.dim(0); first += batch_size) {
    TensorType type = session.input_type();
    type.shape[0] = std::min(batch_size, examples.dim(0) - first);
    std::vector<int32_t> numbers(static_cast<size_t>(type.shape[0]));
    std::iota(numbers.begin(), numbers.end(), static_cast<int32_t>(first));
    Tensor batch = Tensor::uninitialized(type);
    gather_rows(examples, numbers, batch);
    MINNOW_ASSIGN(const Tensor* prediction, session.infer(batch));
    const auto values = prediction->as<float>();
    const size_t width = values.size() / numbers.size();
    for (size_t i = 0; i < numbers.size(); ++i)
      rows.emplace_back(values.begin() + i * width, values.begin() + (i + 1) * width);
  }
  return rows;
}

// The likeliest classes first; a regression's outputs as they come.
std::vector<size_t> ranking(const std::vector<float>& row, bool has_classes, int64_t top) {
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (!has_classes) return order;
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return row[i]; });
  order.resize(std::min(order.size(), static_cast<size_t>(top)));
  return order;
}

void print_text(const Question& question, const std::vector<std::vector<float>>& rows, int64_t top) {
  const bool has_classes = !question.class_names.empty();
  for (size_t i = 0; i < rows.size(); ++i) {
    fmt::print("{}{}\n", question.titles[i],
               question.labels.empty() ? "" : fmt::format(" (is {})", question.labels[i]));
    for (const size_t at : ranking(rows[i], has_classes, top)) {
      if (has_classes)
        fmt::print("  {:6.2f} %  {}\n", 100 * rows[i][at], question.class_names[at]);
      else
        fmt::print("  {:.6g}\n", rows[i][at]);
    }
  }
}

nlohmann::ordered_json to_json(const Question& question, const std::vector<std::vector<float>>& rows,
                               int64_t top) {
  auto predictions = nlohmann::ordered_json::array();
  for (size_t i = 0; i < rows.size(); ++i) {
    nlohmann::ordered_json object = {{"example", question.titles[i]}};
    if (!question.labels.empty()) object["label"] = question.labels[i];
    if (question.class_names.empty()) {
      object["outputs"] = rows[i];
    } else {
      for (const size_t at : ranking(rows[i], true, top))
        object["classes"].push_back({{"class", question.class_names[at]}, {"probability", rows[i][at]}});
    }
    predictions.push_back(std::move(object));
  }
  return {{"predictions", std::move(predictions)}};
}

Result<ExitCode> predict_command(const PredictFlags& flags) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  ThreadPool pool(flags.backend.thread_count());
  MINNOW_ASSIGN(const auto session, Session::create(loaded, flags.backend.session_options(), pool));
  MINNOW_TRY(load_weights(flags.weights, *session));
  MINNOW_ASSIGN(const Question question, ask(flags, *session, pool));
  MINNOW_ASSIGN(const auto rows, predict(*session, question.examples));
  if (flags.json)
    print_json(to_json(question, rows, flags.top));
  else
    print_text(question, rows, flags.top);
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
      app.add_option("--image", flags->image, "a PNG of the size the network is fed")->type_name("FILE");
  app.add_option("--index", flags->range, "validation examples, FIRST or FIRST:LAST")
      ->excludes(image)
      ->capture_default_str();
  app.add_option("--top", flags->top, "classes to print")->check(CLI::Range(1, 1000))->capture_default_str();
  add_json_flag(app, flags->json);
  return [flags] { return predict_command(*flags); };
}

}  // namespace minnow
