#include "tools/flags/question.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "frontend/load/read_bytes.h"
#include "runtime/data/load_csv.h"
#include "runtime/data/load_data.h"
#include "runtime/data/load_npy.h"
#include "runtime/data/npy.h"
#include "runtime/data/picture_files.h"
#include "runtime/train/evaluate.h"
#include "runtime/train/picture_examples.h"

namespace minnow {
namespace {

struct Range {
  int64_t first = 0;
  std::optional<int64_t> last;  // the one behind; unset: of the first alone
};

Result<Range> parse_range(const std::string& text) {
  Range range;
  const char* end = text.data() + text.size();
  const auto [colon, error] = std::from_chars(text.data(), end, range.first);
  if (error == std::errc() && colon == end) return range;
  if (error == std::errc() && *colon == ':') {
    const auto [rest, second_error] = std::from_chars(colon + 1, end, range.last.emplace());
    if (second_error == std::errc() && rest == end) return range;
  }
  return fail("--index " + text, "is not FIRST or FIRST:LAST");
}

// Whether the outermost pixels of a picture [H,W] are light on average: data sets have dark ones.
bool has_light_edges(std::span<const float> pixels, int64_t height, int64_t width, double white) {
  double sum = 0, count = 0;
  for (int64_t y = 0; y < height; ++y) {
    const bool is_edge = y == 0 || y + 1 == height;
    for (int64_t x = 0; x < width; x += is_edge ? 1 : std::max<int64_t>(1, width - 1), ++count)
      sum += pixels[static_cast<size_t>(y * width + x)];
  }
  return sum > white / 2 * count;
}

// A word where grey pictures [N,1,H,W] seem to be ink on paper.
std::string note_on_edges(const std::vector<std::string>& paths, const Tensor& examples, double white) {
  if (examples.dim(1) != 1) return {};
  const Tensor numbers = examples.converted_to(DType::kF32);
  const int64_t height = examples.dim(2), width = examples.dim(3);
  const auto pixels = static_cast<size_t>(height * width);
  std::vector<size_t> light;
  for (size_t i = 0; i < paths.size(); ++i)
    if (has_light_edges(numbers.as<float>().subspan(i * pixels, pixels), height, width, white)) light.push_back(i);
  if (light.empty()) return {};
  const bool is_one = light.size() == 1;
  return fmt::format("{}{}: {} edges are light, as of ink on paper; --invert makes {} light on dark, as the data are",
                     paths[light[0]], is_one ? "" : fmt::format(" and {} more", light.size() - 1),
                     is_one ? "its" : "their", is_one ? "it" : "them");
}

// Of the examples, which are called by their numbers, from `first` on.
Question question_of(Dataset data, int64_t first, const TrainedModel& trained) {
  Question question{std::move(data), {}, {}, trained.class_names, {}};
  const Dataset& asked = question.data;
  const bool has_classes =
      asked.has_labels() && !trained.class_names.empty() && !trained.session->lowered().labels_positions;
  for (int64_t i = 0; i < asked.size(); ++i) {
    question.titles.push_back(fmt::format("{} {}", shown_path(asked.name), first + i));
    if (has_classes)
      question.labels.push_back(class_name(asked.class_names, asked.labels.as<int32_t>()[static_cast<size_t>(i)]));
  }
  return question;
}

bool is_array(const std::string& file) {
  const std::string name = ArrayPath::of(file).file;
  return name.ends_with(".npy") || name.ends_with(".npz");
}

// A picture, or a folder of them, has a flag of its own.
Status check_is_data(const std::vector<std::string>& files) {
  std::error_code error;
  for (const std::string& file : files)
    if (std::filesystem::is_directory(file, error) || file.ends_with(".png") || file.ends_with(".PNG"))
      return fail_with_hint(file, "is no table and no array", "pictures are asked about by --image " + file);
  return {};
}

// One input takes a file, several each INPUT=FILE.
Result<std::map<std::string, std::string>> files_by_input(const std::vector<std::string>& files,
                                                          const std::vector<InputInfo>& inputs) {
  if (inputs.size() == 1) {
    if (files.size() > 1) return fail(files[1], "is one file too many: the network has one input");
    return std::map<std::string, std::string>{{inputs[0].name, files[0]}};
  }
  std::vector<std::string> names;
  for (const InputInfo& input : inputs) names.push_back(input.name);
  const std::string hint = fmt::format("{}=FILE.npy", fmt::join(names, "=FILE.npy "));
  std::map<std::string, std::string> found;
  for (const std::string& given : files) {
    const size_t equals = given.find('=');
    const std::string name = given.substr(0, equals);
    if (equals == std::string::npos || std::ranges::find(names, name) == names.end())
      return fail_with_hint(given, fmt::format("does not say which of the network's {} inputs it is", inputs.size()),
                            hint);
    if (!found.emplace(name, given.substr(equals + 1)).second) return fail(given, "\"{}\" has a file already", name);
  }
  if (found.size() < inputs.size())
    return fail_with_hint(files[0], fmt::format("the network has {} inputs", inputs.size()), hint);
  return found;
}

}  // namespace

std::vector<float> Question::target(size_t i) const {
  if (!class_names.empty() || data.labels.dim(0) == 0 || data.labels.type().dtype != DType::kF32) return {};
  const auto values = data.labels.as<float>();
  const size_t width = values.size() / static_cast<size_t>(data.labels.dim(0));
  return {values.begin() + i * width, values.begin() + (i + 1) * width};
}

Result<Question> question_from_data(const std::string& text, const TrainedModel& trained, const Dataset& data) {
  MINNOW_ASSIGN(const Range range, parse_range(text));
  const bool begins = range.first >= 0 && range.first < data.size();
  const int64_t last = range.last ? *range.last : begins ? range.first + 1 : 0;
  if (!begins || last <= range.first || last > data.size())
    return fail("--index " + text, "does not lie in the {} examples of {}", data.size(), data.name);
  return question_of(slice_dataset(data, range.first, last - range.first), range.first, trained);
}

Result<Question> question_from_files(const std::vector<std::string>& files, const TrainedModel& trained,
                                     const std::string& data_dir) {
  const Session& session = *trained.session;
  const spec::Data& data = session.model().model.data();
  const LoadDataOptions options = load_options(session, data_dir);
  MINNOW_TRY(check_is_data(files));
  Dataset asked;
  if (files.size() == 1 && options.inputs.size() == 1 && !is_array(files[0])) {
    MINNOW_ASSIGN(asked, load_csv_rows(files[0], data.csv(), options, trained.class_names));
  } else {
    MINNOW_ASSIGN(const auto by_input, files_by_input(files, options.inputs));
    MINNOW_ASSIGN(asked, load_npy_rows(by_input, data, options));
  }
  MINNOW_TRY(adapt_inputs(asked, options));
  MINNOW_TRY(check_inputs_fit(session, asked));
  const std::string note = asked.read_as.empty() ? "" : fmt::format("{}: {}", shown_path(asked.name), asked.read_as);
  Question question = question_of(std::move(asked), 0, trained);
  question.note = note;
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
  const bool are_divided = divides_pictures(*trained.session);
  std::string note = is_inverted ? "" : note_on_edges(paths, examples, are_divided ? 1 : 255);
  if (note.empty() && are_divided) note = "pictures are divided by 255, as bytes of .npy files are";
  return Question{{images[0], std::move(examples), {}, {}}, std::move(paths), {}, trained.class_names, note};
}

}  // namespace minnow
