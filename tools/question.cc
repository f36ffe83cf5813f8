#include "tools/question.h"

#include <algorithm>
#include <charconv>

#include "runtime/named_dataset.h"
#include "runtime/png.h"
#include "runtime/predict.h"

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

// Of a picture the classes are numbers, unless the model names a data set with known ones.
std::vector<std::string> class_names(const Session& session) {
  for (const NamedDataset& dataset : named_datasets())
    if (dataset.name == session.model().model.data().named()) return dataset.class_names;
  return numbered_classes(session.lowered().classes);
}

// Whether the outermost pixels of u8 [H,W] are light on average: data sets have dark ones.
bool has_light_edges(const Tensor& picture) {
  const int64_t height = picture.dim(0), width = picture.dim(1);
  int64_t sum = 0, count = 0;
  for (int64_t y = 0; y < height; ++y) {
    const bool is_edge = y == 0 || y + 1 == height;
    for (int64_t x = 0; x < width; x += is_edge ? 1 : std::max<int64_t>(1, width - 1), ++count)
      sum += picture.as<uint8_t>()[static_cast<size_t>(y * width + x)];
  }
  return sum > 127 * count;
}

}  // namespace

Result<Question> question_from_data(const std::string& text, const Session& session, const Dataset& data) {
  MINNOW_ASSIGN(const Range range, parse_range(text));
  if (range.first < 0 || range.last <= range.first || range.last > data.size())
    return fail("--index " + text, "does not lie in the {} examples of {}", data.size(), data.name);
  const Dataset asked = slice_dataset(data, range.first, range.last - range.first);
  Question question{asked.examples.clone(), {}, {}, {}, {}};
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

Result<Question> question_from_image(const std::string& path, bool is_inverted, const Session& session) {
  MINNOW_ASSIGN(const Tensor picture, read_png_gray(path));
  MINNOW_ASSIGN(Tensor example, example_from_picture(picture, session, is_inverted, path));
  Question question{std::move(example), {path}, {}, class_names(session), {}};
  if (!is_inverted && has_light_edges(picture))
    question.note =
        path + ": its edges are light, as of ink on paper; --invert makes it light on dark, as the data are";
  return question;
}

}  // namespace minnow
