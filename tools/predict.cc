#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "runtime/batch.h"
#include "runtime/load_data.h"
#include "runtime/png.h"
#include "runtime/trainer.h"
#include "tools/command.h"

namespace minnow {
namespace {

struct PredictFlags {
  ModelFlags model;
  BackendFlags backend;
  std::string weights;
  std::string data_dir;
  std::string image;
  std::string range;
  int64_t top = 3;
};

// What is to be predicted, with the labels where they are known.
struct Question {
  Tensor examples;
  std::vector<std::string> titles;
};

Result<std::pair<int64_t, int64_t>> parse_range(const std::string& text) {
  int64_t first = 0;
  int64_t last = 0;
  const char* end = text.data() + text.size();
  const auto [colon, error] = std::from_chars(text.data(), end, first);
  if (error != std::errc()) return fail("--index " + text, "is not FIRST or FIRST:LAST");
  if (colon == end) return std::pair(first, first + 1);
  const auto [rest, second_error] = std::from_chars(colon + 1, end, last);
  if (*colon != ':' || second_error != std::errc() || rest != end)
    return fail("--index " + text, "is not FIRST or FIRST:LAST");
  return std::pair(first, last);
}

Result<Question> question_from_data(const PredictFlags& flags, const Session& session, const Dataset& data) {
  MINNOW_ASSIGN(const auto range, parse_range(flags.range.empty() ? "0:5" : flags.range));
  const auto [first, last] = range;
  if (first < 0 || last <= first || last > data.size())
    return fail("--index " + flags.range, "does not lie in the {} examples of {}", data.size(), data.name);
  std::vector<int32_t> rows(static_cast<size_t>(last - first));
  std::iota(rows.begin(), rows.end(), static_cast<int32_t>(first));
  TensorType type = session.input_type();
  type.shape[0] = last - first;
  Question question{Tensor::uninitialized(type), {}};
  gather_rows(data.examples, rows, question.examples);
  for (const int32_t row : rows) {
    const bool has_class = session.lowered().classes > 0;
    const std::string label =
        has_class ? data.class_names[static_cast<size_t>(data.labels.as<int32_t>()[static_cast<size_t>(row)])] : "";
    question.titles.push_back(has_class ? fmt::format("{} {} (is {})", data.name, row, label)
                                        : fmt::format("{} {}", data.name, row));
  }
  return question;
}

Result<Question> question_from_image(const std::string& path, const Session& session) {
  MINNOW_ASSIGN(Tensor image, read_png_gray(path));
  TensorType type = session.input_type();
  type.shape[0] = 1;
  if (type.dtype != DType::kU8 || type.elements() != image.type().elements() || type.rank() != 4 ||
      type.dim(2) != image.dim(0))
    return fail(path, "the picture is {}x{}, but the network is fed {}", image.dim(1), image.dim(0),
                type.to_string());
  return Question{std::move(image).reshaped(type.shape), {path}};
}

void print_prediction(const std::string& title, std::span<const float> row, const std::vector<std::string>& names,
                      int64_t top) {
  fmt::print("{}\n", title);
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (!names.empty()) std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return row[i]; });
  for (size_t i = 0; i < std::min(order.size(), static_cast<size_t>(top)); ++i) {
    if (names.empty()) fmt::print("  {:.6g}\n", row[order[i]]);
    else fmt::print("  {:6.2f} %  {}\n", 100 * row[order[i]], names[order[i]]);
  }
}

Result<ExitCode> predict_command(const PredictFlags& flags) {
  MINNOW_ASSIGN(const LoadedModel loaded, flags.model.read());
  ThreadPool pool(flags.backend.thread_count());
  MINNOW_ASSIGN(const auto session, Session::create(loaded, flags.backend.session_options(), pool));
  MINNOW_TRY(load_weights(flags.weights, *session));
  std::vector<std::string> names;
  Question question;
  if (!flags.image.empty()) {
    MINNOW_ASSIGN(question, question_from_image(flags.image, *session));
    names = numbered_classes(session->lowered().classes);
  } else {
    const auto seed = static_cast<uint32_t>(loaded.model.training().seed());
    MINNOW_ASSIGN(const DataSplits data,
                  load_data(loaded.model.data(), {flags.data_dir, seed, session->lowered().classes}, pool));
    MINNOW_TRY(check_data_fits(*session, data));
    MINNOW_ASSIGN(question, question_from_data(flags, *session, data.validation));
    names = data.validation.class_names;
  }
  MINNOW_ASSIGN(const Tensor* prediction, session->infer(question.examples));
  const size_t width = prediction->as<float>().size() / question.titles.size();
  for (size_t i = 0; i < question.titles.size(); ++i)
    print_prediction(question.titles[i], prediction->as<float>().subspan(i * width, width), names, flags.top);
  return ExitCode::kDone;
}

}  // namespace

Action add_predict(CLI::App& app) {
  auto flags = std::make_shared<PredictFlags>();
  flags->model.add(app);
  flags->backend.add(app);
  app.add_option("--weights", flags->weights, "trained weights, .safetensors")->required()->type_name("FILE");
  app.add_option("--data-dir", flags->data_dir, "where named datasets lie")->type_name("DIR");
  auto* image = app.add_option("--image", flags->image, "a PNG of the size the network is fed")->type_name("FILE");
  app.add_option("--index", flags->range, "validation examples, FIRST:LAST (0:5 by default)")->excludes(image);
  app.add_option("--top", flags->top, "classes to print")->check(CLI::Range(1, 1000))->capture_default_str();
  return [flags] { return predict_command(*flags); };
}

}  // namespace minnow
