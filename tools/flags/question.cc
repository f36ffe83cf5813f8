#include "tools/flags/question.h"

#include <algorithm>
#include <charconv>

#include "runtime/data/png.h"
#include "runtime/train/predict.h"

namespace minnow {
namespace {

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

// Whether the outermost pixels of f32 [H,W] are light on average: data sets have dark ones.
bool has_light_edges(const Tensor& picture) {
  const int64_t height = picture.dim(0), width = picture.dim(1);
  double sum = 0, count = 0;
  for (int64_t y = 0; y < height; ++y) {
    const bool is_edge = y == 0 || y + 1 == height;
    for (int64_t x = 0; x < width; x += is_edge ? 1 : std::max<int64_t>(1, width - 1), ++count)
      sum += picture.as<float>()[static_cast<size_t>(y * width + x)];
  }
  return sum > 127 * count;
}

}  // namespace

Result<Question> question_from_data(const std::string& text, const TrainedModel& trained, const Dataset& data) {
  MINNOW_ASSIGN(const Range range, parse_range(text));
  if (range.first < 0 || range.last <= range.first || range.last > data.size())
    return fail("--index " + text, "does not lie in the {} examples of {}", data.size(), data.name);
  Question question{slice_dataset(data, range.first, range.last - range.first), {}, {}, trained.class_names, {}};
  const Dataset& asked = question.data;
  const bool has_classes = !trained.class_names.empty() && !trained.session->lowered().labels_positions;
  for (int64_t i = 0; i < asked.size(); ++i) {
    question.titles.push_back(fmt::format("{} {}", data.name, range.first + i));
    if (has_classes)
      question.labels.push_back(class_name(data.class_names, asked.labels.as<int32_t>()[static_cast<size_t>(i)]));
  }
  return question;
}

Result<Question> question_from_image(const std::string& path, bool is_inverted, const TrainedModel& trained) {
  MINNOW_ASSIGN(const Tensor picture, read_png_gray(path));
  MINNOW_ASSIGN(Tensor example, example_from_picture(picture, *trained.session, is_inverted, path));
  if (trained.session->lowered().inputs.size() > 1)
    return fail(path, "is one picture, but the network has {} inputs", trained.session->lowered().inputs.size());
  Question question{{path, std::move(example), {}, {}}, {path}, {}, trained.class_names, {}};
  if (!is_inverted && has_light_edges(picture.converted_to(DType::kF32)))
    question.note =
        path + ": its edges are light, as of ink on paper; --invert makes it light on dark, as the data are";
  return question;
}

}  // namespace minnow
