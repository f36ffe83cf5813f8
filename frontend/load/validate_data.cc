// The data: what the ranges of single fields cannot say.
#include "frontend/load/validate_data.h"

#include <fmt/ranges.h>

#include <array>
#include <cctype>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "frontend/load/complain.h"
#include "frontend/load/data_files.h"
#include "frontend/load/mistakes.h"
#include "frontend/load/text_data.h"
#include "frontend/load/validate_model.h"
#include "ir/type.h"

namespace minnow {
namespace {

// One character that no number and no name has.
Status check_separator(const LoadedModel& loaded) {
  const std::string& separator = loaded.model.data().csv().separator();
  if (separator.empty()) return {};
  constexpr std::string_view kTaken = "\"\r\n#+-._";
  const auto c = static_cast<unsigned char>(separator[0]);
  if (separator.size() == 1 && c < 0x80 && !std::isalnum(c) && kTaken.find(separator[0]) == std::string_view::npos)
    return {};
  return complain_with_hint(loaded, "data.csv.separator", "for example \";\" or \"\\t\"",
                            "separator must be one character that neither numbers nor names have");
}

Status check_csv(const LoadedModel& loaded) {
  const spec::Data::Csv& csv = loaded.model.data().csv();
  MINNOW_TRY(check_files(loaded, "data.csv", {{"train", &csv.train()}, {"validation", &csv.validation()}}));
  constexpr int64_t kLast = -1;
  if (!csv.label().empty() && csv.label_column() != kLast)
    return complain(loaded, "data.csv.label", "label_column says already which column has the label");
  return check_separator(loaded);
}

Status check_named(const LoadedModel& loaded) {
  const std::vector<std::string> known = named_data();
  const std::string& name = loaded.model.data().named();
  for (const std::string& candidate : known)
    if (name == candidate) return {};
  const std::string nearest = nearest_name(name, known);
  return complain_with_hint(
      loaded, "data.named",
      nearest.empty() ? fmt::format("known: {}; or give the files by idx, csv, npy or text", fmt::join(known, ", "))
                      : fmt::format("did you mean \"{}\"?", nearest),
      "there is no data set \"{}\"", name);
}

Status check_source(const LoadedModel& loaded) {
  const spec::Data& data = loaded.model.data();
  switch (data.source_case()) {
    case spec::Data::kNamed: return check_named(loaded);
    case spec::Data::kIdx:
      return check_files(loaded, "data.idx",
                         {{"train_images", &data.idx().train_images()},
                          {"train_labels", &data.idx().train_labels()},
                          {"validation_images", &data.idx().validation_images()},
                          {"validation_labels", &data.idx().validation_labels()}});
    case spec::Data::kCsv: return check_csv(loaded);
    case spec::Data::kPngFolder:
      return check_files(loaded, "data.png_folder",
                         {{"train", &data.png_folder().train()}, {"validation", &data.png_folder().validation()}});
    case spec::Data::kNpy: return check_npy(loaded);
    case spec::Data::kText: return check_text(loaded);
    case spec::Data::SOURCE_NOT_SET:
      return complain_with_hint(loaded, "data", "for example data { builtin: GLYPHS }", "the data have no source");
    default: return {};
  }
}

// One value, or one for each channel.
Status check_per_channel(const LoadedModel& loaded, std::string_view field, int count) {
  for (const spec::Input& input : loaded.model.inputs()) {
    const int64_t channels = input.type() == spec::Input::F32 ? input.shape(0) : 1;
    if (count > 1 && count != channels)
      return complain(loaded, fmt::format("data.normalize.{}", field),
                      "{} has {} values, but takes one or as many as the input has channels, {}", field, count,
                      channels);
  }
  return {};
}

// (x * scale - mean) / deviation is computed as x * factor + shift.
Status check_factors(const LoadedModel& loaded) {
  const spec::Data::Normalize& normalize = loaded.model.data().normalize();
  double largest = normalize.has_scale() ? std::abs(normalize.scale()) : 1;
  for (const double mean : normalize.mean()) largest = std::max(largest, std::abs(mean));
  for (const double deviation : normalize.deviation())
    if (deviation > 0 && largest / deviation > std::numeric_limits<float>::max())
      return complain(loaded, "data.normalize.deviation", "what is divided by deviation {} is beyond what f32 holds",
                      deviation);
  return {};
}

// Images of 28 by 28 pixels are what these sources hold; what a file holds is seen when it is read.
Status check_input_fits_source(const LoadedModel& loaded) {
  const spec::Data& data = loaded.model.data();
  const spec::Input& input = loaded.model.inputs(0);
  constexpr std::array<int64_t, 3> kImage = {1, 28, 28};
  if (is_tokens(data)) return check_takes_tokens(loaded);
  const bool is_image = data.has_builtin() || data.has_named();
  if (is_image && !std::equal(input.shape().begin(), input.shape().end(), kImage.begin(), kImage.end()))
    return complain_with_hint(loaded, "inputs.0.shape",
                              loaded.program ? "write u8[N,1,28,28], and a reshape if need be"
                                             : "write shape: [1, 28, 28], and a flatten layer if need be",
                              "input \"{}\" must have the shape of the images, [1,28,28]", input.name());
  if (!data.has_linear_regression()) return {};
  const int weights = data.linear_regression().weights_size();
  if (input.shape_size() != 1 || input.shape(0) != weights)
    return complain(loaded, "data.linear_regression", "there are {} weights, so input \"{}\" must have the shape [{}]",
                    weights, input.name(), weights);
  if (loaded.model.loss().has_softmax_cross_entropy())
    return complain(loaded, "loss", "softmax_cross_entropy needs classes, but linear_regression data have none");
  return {};
}

// Drawn data are as large as the model says; files are measured when they are read.
Status check_drawn_size(const LoadedModel& loaded) {
  const spec::Data& data = loaded.model.data();
  if (!data.has_builtin() && !data.has_linear_regression()) return {};
  const auto& example = loaded.model.inputs(0).shape();
  for (const auto& [field, count] : {std::pair("data.train_examples", data.train_examples()),
                                     std::pair("data.validation_examples", data.validation_examples())}) {
    Shape shape(example.begin(), example.end());
    shape.insert(shape.begin(), count);
    if (count > 0 && !checked_element_count(shape))
      return complain(loaded, field, "{} examples have more than {} elements", count, kMaxElements);
  }
  return {};
}

// Only of files can a part be set apart, and only where they do not say what validates.
Status check_validation_share(const LoadedModel& loaded) {
  constexpr const char* kField = "data.validation_share";
  const spec::Data& data = loaded.model.data();
  if (!data.has_validation_share() || sets_validation_apart(data)) return {};
  if (!files_of(data).validation.empty())
    return complain(loaded, kField, "there are files for validation, so nothing is set apart");
  if (!is_text(data))
    return complain_with_hint(loaded, kField, "leave it out", "these data have examples of their own that validate");
  if (!data.text().has_validation_share()) return {};
  return complain(loaded, kField, "data.text has a validation_share as well");
}

// What is compared with the data below.
bool inputs_have_shapes(const Model& model) {
  return std::ranges::all_of(model.inputs(), [](const spec::Input& input) {
    return !input.shape().empty() && std::ranges::all_of(input.shape(), [](int64_t dim) { return dim > 0; });
  });
}

// Each class has a name of its own.
Status check_class_names(const LoadedModel& loaded) {
  std::set<std::string> seen;
  const auto& names = loaded.model.data().class_names();
  for (int i = 0; i < names.size(); ++i) {
    const std::string path = fmt::format("data.class_names.{}", i);
    if (names[i].empty()) return complain(loaded, path, "class {} has an empty name", i);
    if (!seen.insert(names[i]).second)
      return complain(loaded, path, "two classes have the name \"{}\"", printable_name(names[i]));
  }
  return {};
}

}  // namespace

Status check_files(const LoadedModel& loaded, const std::string& path, NamedFiles files) {
  Mistakes found;
  const bool is_set_apart = sets_validation_apart(loaded.model.data());
  for (const auto& [field, file] : files) {
    const bool validates = std::string_view(field).starts_with("validation");
    if (!file->empty() || (validates && is_set_apart)) continue;
    found.add(complain_with_hint(
        loaded, path, validates ? "without any file for validation, some of the examples are set apart for it" : "",
        "{} is missing", field));
  }
  return found.status();
}

Status validate_data(const LoadedModel& loaded) {
  const spec::Data::Normalize& normalize = loaded.model.data().normalize();
  Mistakes found;
  found.add(check_source(loaded));
  found.add(check_class_names(loaded));
  found.add(check_validation_share(loaded));
  found.add(check_factors(loaded));
  if (!inputs_have_shapes(loaded.model)) return found.status();
  found.add(check_fed(loaded));
  found.add(check_per_channel(loaded, "mean", normalize.mean_size()));
  found.add(check_per_channel(loaded, "deviation", normalize.deviation_size()));
  if (!found.none()) return found.status();
  MINNOW_TRY(check_input_fits_source(loaded));
  return check_drawn_size(loaded);
}

}  // namespace minnow
