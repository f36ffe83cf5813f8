#include "runtime/data/load_data.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "frontend/load/data_files.h"
#include "frontend/load/text_data.h"
#include "runtime/data/glyphs.h"
#include "runtime/data/linear_data.h"
#include "runtime/data/load_csv.h"
#include "runtime/data/load_npy.h"
#include "runtime/data/load_text.h"
#include "runtime/data/named_dataset.h"
#include "runtime/data/reverse.h"

namespace minnow {
namespace {

constexpr uint32_t kTrainSplit = 0;
constexpr uint32_t kValidationSplit = 1;

DataSplits draw_reverse(const spec::Data& data, const LoadDataOptions& options) {
  ReverseOptions wanted{.length = options.inputs[0].type.dim(1), .seed = options.seed};
  if (options.inputs.size() > 1) wanted.answer_input = options.inputs[1].name;
  DataSplits splits;
  wanted.count = data.train_examples();
  splits.train = make_reverse(wanted);
  wanted.count = data.validation_examples();
  wanted.split = kValidationSplit;
  splits.validation = make_reverse(wanted);
  return splits;
}

DataSplits draw_glyphs(const spec::Data& data, const LoadDataOptions& options, ThreadPool& pool) {
  return {make_glyphs({data.train_examples(), options.seed, kTrainSplit}, pool),
          make_glyphs({data.validation_examples(), options.seed, kValidationSplit}, pool)};
}

DataSplits draw_line(const spec::Data& data, const LoadDataOptions& options) {
  const spec::Data::LinearRegression& line = data.linear_regression();
  LinearDataOptions wanted;
  wanted.weights.assign(line.weights().begin(), line.weights().end());
  wanted.bias = static_cast<float>(line.bias());
  wanted.noise = static_cast<float>(line.noise());
  wanted.seed = options.seed;
  wanted.count = data.train_examples();
  DataSplits splits;
  splits.train = make_linear_data(wanted);
  wanted.count = data.validation_examples();
  wanted.split = kValidationSplit;
  splits.validation = make_linear_data(wanted);
  return splits;
}

Result<Dataset> load_idx(const std::string& images, const std::string& labels, const LoadDataOptions& options) {
  MINNOW_ASSIGN(const std::string image_path, find_data_file(images, options.places));
  MINNOW_ASSIGN(const std::string label_path, find_data_file(labels, options.places));
  return read_idx_dataset(image_path, label_path, images, options.class_names());
}

Result<DataSplits> load_idx_splits(const spec::Data::Idx& idx, const LoadDataOptions& options) {
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, load_idx(idx.train_images(), idx.train_labels(), options));
  if (idx.validation_images().empty()) return splits;
  MINNOW_ASSIGN(splits.validation, load_idx(idx.validation_images(), idx.validation_labels(), options));
  return splits;
}

// As the network takes pictures: its input [N,C,H,W] says whether in colour, and how large.
Result<PngFolderOptions> png_folder_options(const spec::Data::PngFolder& folder, const LoadDataOptions& options) {
  PngFolderOptions wanted{.channels = PngChannels::kGray};
  if (options.inputs.empty()) return wanted;
  const InputInfo& input = options.inputs[0];
  const bool is_picture = input.type.rank() == 4;
  if (!is_picture && folder.resize())
    return fail("data.png_folder.resize", "input \"{}\" is {}, which says no size of a picture", input.name,
                input.type.to_string());
  if (!is_picture) return wanted;
  const int64_t channels = input.type.dim(1);
  if (channels != 1 && channels != 3)
    return fail_with_hint(folder.train(),
                          fmt::format("holds pictures, but input \"{}\" has {} channels", input.name, channels),
                          "1 channel takes them as grey, 3 in colour");
  wanted.channels = channels == 3 ? PngChannels::kColour : PngChannels::kGray;
  if (folder.resize()) wanted.size = PictureSize{input.type.dim(2), input.type.dim(3)};
  return wanted;
}

Result<Dataset> load_png_folder(const std::string& name, const PngFolderOptions& wanted,
                                const LoadDataOptions& options) {
  MINNOW_ASSIGN(const std::string path, find_data_file(name, options.places));
  MINNOW_ASSIGN(Dataset dataset, read_png_folder(path, wanted));
  dataset.name = name;
  return dataset;
}

// The subfolders number the classes, so both folders must have the same.
Result<DataSplits> load_png_splits(const spec::Data::PngFolder& folder, const LoadDataOptions& options) {
  MINNOW_ASSIGN(const PngFolderOptions wanted, png_folder_options(folder, options));
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, load_png_folder(folder.train(), wanted, options));
  if (folder.validation().empty()) return splits;
  MINNOW_ASSIGN(splits.validation, load_png_folder(folder.validation(), wanted, options));
  if (splits.train.class_names != splits.validation.class_names)
    return fail(folder.validation(), "has the classes {}, but {} has {}",
                fmt::join(splits.validation.class_names, ", "), folder.train(),
                fmt::join(splits.train.class_names, ", "));
  return splits;
}

Result<DataSplits> load_source(const spec::Data& data, const LoadDataOptions& options, ThreadPool& pool) {
  if (is_text(data)) return load_text(data, options.inputs[0].type.dim(1), options.places);
  if (is_tokens(data)) return draw_reverse(data, options);
  switch (data.source_case()) {
    case spec::Data::kBuiltin: return draw_glyphs(data, options, pool);
    case spec::Data::kNamed: return load_named_dataset(data.named(), options.places);
    case spec::Data::kIdx: return load_idx_splits(data.idx(), options);
    case spec::Data::kCsv: return load_csv(data.csv(), options);
    case spec::Data::kNpy: return load_npy(data, options);
    case spec::Data::kText: break;
    case spec::Data::kPngFolder: return load_png_splits(data.png_folder(), options);
    case spec::Data::kLinearRegression: return draw_line(data, options);
    case spec::Data::SOURCE_NOT_SET: break;
  }
  return fail("data", "the data have no source");
}

// Some of the examples validate: the share that is asked for, or as many as are.
Result<DataSplits> set_apart(const Dataset& all, const spec::Data& data) {
  const int64_t size = all.size();
  const auto share = static_cast<int64_t>(std::lround(data.validation_share() * static_cast<double>(size)));
  const int64_t count = data.has_validation_share() ? std::max<int64_t>(share, 1) : data.validation_examples();
  const char* field = data.has_validation_share() ? "data.validation_share" : "data.validation_examples";
  if (count < size) return split_dataset(all, count);
  return fail_with_hint(
      field,
      fmt::format("would have {} of the {} examples of {} validate, which leaves none to train", count, size, all.name),
      "name files for validation, or ask for fewer");
}

// How many classes have an example.
size_t classes_in(const Tensor& labels) {
  if (labels.type().dtype != DType::kI32 || labels.type().rank() != 1) return 0;
  const auto values = labels.as<int32_t>();
  return std::set<int32_t>(values.begin(), values.end()).size();
}

// The first `count` examples. A file may be sorted by class, and have no others left then: a note says so.
Status keep_first(Dataset& dataset, int64_t count, const char* field) {
  if (count > dataset.size())
    return fail(field, "asks for {} examples, but {} has {}", count, dataset.name, dataset.size());
  if (count == dataset.size()) return {};
  const size_t before = classes_in(dataset.labels);
  dataset = slice_dataset(dataset, 0, count);
  const size_t left = classes_in(dataset.labels);
  if (left < std::min(before, static_cast<size_t>(count)))
    dataset.notes.push_back(fmt::format("{}: the first {} examples of {} are of {} of its {} classes", field, count,
                                        dataset.name, left, before));
  return {};
}

// "units: 65", of the layers that have to be as wide as the data have tokens.
Status check_vocabulary(const Dataset& dataset, const LoadDataOptions& options) {
  const int64_t tokens = dataset.classes(), vocabulary = options.inputs[0].vocabulary;
  if (vocabulary > 0 && tokens > vocabulary)
    return fail_with_hint(dataset.name,
                          fmt::format("has {} different tokens, but the layer that reads them has a vocabulary of {}",
                                      tokens, vocabulary),
                          fmt::format("write vocabulary: {}", tokens));
  if (tokens > options.classes)
    return fail_with_hint(
        dataset.name, fmt::format("has {} different tokens, but the network tells {} apart", tokens, options.classes),
        fmt::format("give the last layer units: {}", tokens));
  return {};
}

// Whole numbers as tokens of an input, whatever they are read as.
Status adapt_tokens(Tensor& values, const InputInfo& input, const std::string& name) {
  if (is_float(values.type().dtype)) {
    const Tensor wide = values.converted_to(DType::kF64);
    const auto bad = std::ranges::find_if(wide.as<double>(), [](double value) {
      return value != std::floor(value) || std::abs(value) > std::numeric_limits<int32_t>::max();
    });
    if (bad != wide.as<double>().end())
      return fail(name, "{} is no token: input \"{}\" takes whole numbers", *bad, input.name);
  }
  if (values.type().dtype != DType::kI32) values = values.converted_to(DType::kI32);
  return input.vocabulary > 0 ? check_tokens(values, input.vocabulary, name) : Status();
}

}  // namespace

Status adapt_inputs(Dataset& dataset, const LoadDataOptions& options) {
  if (dataset.windows) return check_vocabulary(dataset, options);
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    const InputInfo& input = options.inputs[i];
    if (input.type.dtype != DType::kI32) continue;
    const auto other = dataset.others.find(input.name);
    if (i > 0 && other == dataset.others.end()) continue;
    MINNOW_TRY(adapt_tokens(i == 0 ? dataset.examples : other->second, input, dataset.name));
  }
  return {};
}

namespace {

// Labels as the loss takes them, whatever the source.
Status adapt_labels(Dataset& dataset, const LoadDataOptions& options) {
  if (dataset.windows) return {};
  const bool has_classes = dataset.labels.type().dtype == DType::kI32;
  if (options.classes > 0 && !has_classes) return fail("loss", "needs classes, but {} data have none", dataset.name);
  const std::optional<int32_t> ignored = options.targets.empty() ? std::nullopt : options.targets[0].ignored;
  if (options.classes > 0) return check_labels(dataset.labels, options.classes, dataset.name, ignored);
  if (has_classes) dataset.labels = dataset.labels.converted_to(DType::kF32).reshaped({dataset.size(), 1});
  return options.is_binary ? check_probabilities(dataset.labels, dataset.name) : Status();
}

// The model's names for classes that are but numbers in the data.
Status name_classes(Dataset& dataset, const spec::Data& data) {
  constexpr const char* kField = "data.class_names";
  if (data.class_names().empty()) return {};
  const std::vector<std::string> names(data.class_names().begin(), data.class_names().end());
  const auto count = std::ssize(names);
  if (dataset.windows || dataset.labels.type().dtype != DType::kI32)
    return fail(kField, "there are names, but {} has no classes", dataset.name);
  if (dataset.class_names.empty()) {
    MINNOW_TRY(check_labels(dataset.labels, count, dataset.name));
  } else if (dataset.classes() != count) {
    return fail(kField, "there are {} names, but the classes of {} are {}", count, dataset.name, dataset.classes());
  } else if (dataset.class_names != names && dataset.class_names != numbered_classes(count)) {
    return fail_with_hint(kField,
                          fmt::format("the classes of {} have names of their own: {}", dataset.name,
                                      fmt::join(dataset.class_names, ", ")),
                          "leave out class_names");
  }
  dataset.class_names = names;
  return {};
}

}  // namespace

std::vector<std::string> LoadDataOptions::class_names() const {
  return classes == kSomeClasses ? std::vector<std::string>() : numbered_classes(classes);
}

LoadDataOptions load_options(const Session& session, std::string data_dir) {
  const auto seed = static_cast<uint32_t>(session.model().model.training().seed());
  const LoweredModel& network = session.lowered();
  LoadDataOptions options{
      places_of(session.model(), std::move(data_dir)), seed, 0, network.is_binary(), network.inputs, network.targets};
  for (TargetInfo& target : options.targets)
    if (target.type.dtype == DType::kI32 && target.classes == 0) target.classes = LoadDataOptions::kSomeClasses;
  if (!options.targets.empty()) options.classes = options.targets[0].classes;
  return options;
}

Result<DataSplits> load_data(const spec::Data& data, const LoadDataOptions& options, ThreadPool& pool) {
  MINNOW_ASSIGN(DataSplits splits, load_source(data, options, pool));
  if (sets_validation_apart(data)) {
    MINNOW_ASSIGN(splits, set_apart(splits.train, data));
  }
  const bool has_counts = is_text(data);  // whose windows are counted where they are cut
  if (data.has_train_examples() && !has_counts)
    MINNOW_TRY(keep_first(splits.train, data.train_examples(), "data.train_examples"));
  if (data.has_validation_examples() && !has_counts)
    MINNOW_TRY(keep_first(splits.validation, data.validation_examples(), "data.validation_examples"));
  for (Dataset* split : {&splits.train, &splits.validation}) {
    MINNOW_TRY(adapt_inputs(*split, options));
    MINNOW_TRY(adapt_labels(*split, options));
    MINNOW_TRY(name_classes(*split, data));
    MINNOW_TRY(check_unchanged(*split));
  }
  return splits;
}

}  // namespace minnow
