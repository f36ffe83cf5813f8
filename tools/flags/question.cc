#include "tools/flags/question.h"

#include <algorithm>
#include <charconv>

#include "runtime/data/picture_files.h"
#include "runtime/train/picture_examples.h"

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

// Whether the outermost pixels of a picture [H,W] are light on average: data sets have dark ones.
bool has_light_edges(std::span<const float> pixels, int64_t height, int64_t width) {
  double sum = 0, count = 0;
  for (int64_t y = 0; y < height; ++y) {
    const bool is_edge = y == 0 || y + 1 == height;
    for (int64_t x = 0; x < width; x += is_edge ? 1 : std::max<int64_t>(1, width - 1), ++count)
      sum += pixels[static_cast<size_t>(y * width + x)];
  }
  return sum > 127 * count;
}

// A word where grey pictures [N,1,H,W] seem to be ink on paper.
std::string note_on_edges(const std::vector<std::string>& paths, const Tensor& examples) {
  if (examples.dim(1) != 1) return {};
  const Tensor numbers = examples.converted_to(DType::kF32);
  const int64_t height = examples.dim(2), width = examples.dim(3);
  const auto pixels = static_cast<size_t>(height * width);
  std::vector<size_t> light;
  for (size_t i = 0; i < paths.size(); ++i)
    if (has_light_edges(numbers.as<float>().subspan(i * pixels, pixels), height, width)) light.push_back(i);
  if (light.empty()) return {};
  const bool is_one = light.size() == 1;
  return fmt::format("{}{}: {} edges are light, as of ink on paper; --invert makes {} light on dark, as the data are",
                     paths[light[0]], is_one ? "" : fmt::format(" and {} more", light.size() - 1),
                     is_one ? "its" : "their", is_one ? "it" : "them");
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

Result<Question> question_from_images(const std::vector<std::string>& images, bool is_inverted,
                                      const TrainedModel& trained) {
  std::vector<std::string> paths;
  for (const std::string& image : images) {
    MINNOW_ASSIGN(const std::vector<std::string> found, list_pictures(image));
    paths.insert(paths.end(), found.begin(), found.end());
  }
  MINNOW_ASSIGN(Tensor examples, examples_from_pictures(paths, *trained.session, {is_inverted}));
  std::ranges::transform(paths, paths.begin(), shown_path);
  const std::string note = is_inverted ? "" : note_on_edges(paths, examples);
  return Question{{images[0], std::move(examples), {}, {}}, std::move(paths), {}, trained.class_names, note};
}

}  // namespace minnow
