#include "runtime/data/load_data.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "frontend/load/defaults.h"
#include "runtime/data/csv_table.h"
#include "runtime/data/data_roots.h"
#include "runtime/data/glyphs.h"
#include "runtime/data/linear_data.h"
#include "runtime/data/named_dataset.h"
#include "runtime/data/npy.h"

namespace minnow {
namespace {

constexpr uint32_t kTrainSplit = 0;
constexpr uint32_t kValidationSplit = 1;

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
  MINNOW_ASSIGN(const std::string image_path, find_data_file(images, options.data_dir));
  MINNOW_ASSIGN(const std::string label_path, find_data_file(labels, options.data_dir));
  return read_idx_dataset(image_path, label_path, images, numbered_classes(options.classes));
}

Result<DataSplits> load_idx_splits(const spec::Data::Idx& idx, const LoadDataOptions& options) {
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, load_idx(idx.train_images(), idx.train_labels(), options));
  MINNOW_ASSIGN(splits.validation, load_idx(idx.validation_images(), idx.validation_labels(), options));
  return splits;
}

Result<Dataset> load_csv(const std::string& name, const CsvOptions& csv, const LoadDataOptions& options) {
  MINNOW_ASSIGN(const std::string path, find_data_file(name, options.data_dir));
  MINNOW_ASSIGN(Dataset dataset, read_csv(path, csv));
  if (!csv.is_regression) MINNOW_TRY(check_labels(dataset.labels, options.classes, path));
  dataset.name = name;
  return dataset;
}

// Where both files name their columns, they do so in the same order.
Status check_same_columns(const DataSplits& splits) {
  const std::vector<std::string>& train = splits.train.feature_names;
  const std::vector<std::string>& validation = splits.validation.feature_names;
  const auto [first, other] = std::ranges::mismatch(train, validation);
  if (first == train.end() || other == validation.end()) return {};
  return fail(splits.validation.name, "has the column {} where {} has {}", quoted_cell(*other), splits.train.name,
              quoted_cell(*first));
}

Result<DataSplits> load_csv_splits(const spec::Data::Csv& spec, const LoadDataOptions& options) {
  CsvOptions csv;
  csv.label_columns = {std::to_string(spec.has_label_column() ? spec.label_column() : -1)};
  csv.is_regression = options.classes == 0;
  csv.is_binary = options.is_binary;
  if (options.classes > 0) csv.max_classes = options.classes;
  csv.has_all_classes = true;  // of the network
  if (spec.has_header()) csv.has_header = spec.header();
  if (!spec.separator().empty()) csv.separator = spec.separator()[0];
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, load_csv(spec.train(), csv, options));
  csv.class_names = splits.train.class_names;
  MINNOW_ASSIGN(splits.validation, load_csv(spec.validation(), csv, options));
  MINNOW_TRY(check_same_columns(splits));
  return splits;
}

// Class numbers i32 [N], or f32 [N,K] with one number per example as [N,1].
Result<Tensor> as_labels(Tensor targets, const LoadDataOptions& options, const std::string& path) {
  const TensorType& type = targets.type();
  if (options.classes == 0) {
    Shape shape = type.shape;
    if (shape.size() == 1) shape.push_back(1);
    MINNOW_TRY(check_finite(targets, path));
    Tensor numbers = targets.converted_to(DType::kF32).reshaped(std::move(shape));
    if (options.is_binary) MINNOW_TRY(check_probabilities(numbers, path));
    return numbers;
  }
  if (is_float(type.dtype) || type.rank() != 1)
    return fail(path, "holds {}; classes are whole numbers [N]", type.to_string());
  Tensor labels = targets.converted_to(DType::kI32);
  MINNOW_TRY(check_labels(labels, options.classes, path));
  return labels;
}

// f32 [N,...] as the network is fed them.
Tensor as_numbers(const Tensor& examples, bool divides_bytes) {
  Tensor numbers = examples.converted_to(DType::kF32);
  if (divides_bytes)
    for (float& value : numbers.as<float>()) value *= static_cast<float>(kByteScale);
  return numbers;
}

struct NpyFiles {
  std::string inputs, targets;
};

// Bytes are divided by 255 unless a scale is set, which is applied to all numbers.
Result<Dataset> load_npy(const NpyFiles& files, bool has_scale, const LoadDataOptions& options) {
  const auto& [inputs, targets] = files;
  MINNOW_ASSIGN(const std::string input_path, find_data_file(inputs, options.data_dir));
  MINNOW_ASSIGN(const std::string target_path, find_data_file(targets, options.data_dir));
  MINNOW_ASSIGN(const Tensor examples, read_npy(input_path));
  MINNOW_ASSIGN(Tensor labels, read_npy(target_path));
  if (examples.type().rank() < 2 || examples.type().elements() == 0)
    return fail(input_path, "holds {}, not examples [N,...]", examples.type().to_string());
  if (labels.type().rank() < 1 || labels.dim(0) != examples.dim(0)) {
    return fail(input_path, "holds {} examples, but {} holds {}", examples.dim(0), target_path,
                labels.type().to_string());
  }
  MINNOW_TRY(check_finite(examples, input_path));
  MINNOW_ASSIGN(labels, as_labels(std::move(labels), options, target_path));
  const bool divides = examples.type().dtype == DType::kU8 && !has_scale;
  Dataset dataset{inputs, as_numbers(examples, divides), std::move(labels), numbered_classes(options.classes)};
  if (divides) dataset.read_as = "bytes, divided by 255, as data.normalize.scale is not set";
  return dataset;
}

Result<DataSplits> load_npy_splits(const spec::Data& data, const LoadDataOptions& options) {
  const spec::Data::Npy& npy = data.npy();
  const bool has_scale = data.normalize().has_scale();
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, load_npy({npy.train_inputs(), npy.train_targets()}, has_scale, options));
  MINNOW_ASSIGN(splits.validation, load_npy({npy.validation_inputs(), npy.validation_targets()}, has_scale, options));
  if (splits.train.read_as != splits.validation.read_as)
    return fail_with_hint(
        npy.validation_inputs(),
        fmt::format("one of it and {} holds bytes, which are divided by 255, the other does not", npy.train_inputs()),
        "save both with one element type, or set data.normalize.scale");
  return splits;
}

Result<Dataset> load_png_folder(const std::string& name, const LoadDataOptions& options) {
  MINNOW_ASSIGN(const std::string path, find_data_file(name, options.data_dir));
  MINNOW_ASSIGN(Dataset dataset, read_png_folder(path));
  dataset.name = name;
  return dataset;
}

// The subfolders number the classes, so both folders must have the same.
Result<DataSplits> load_png_splits(const spec::Data::PngFolder& folder, const LoadDataOptions& options) {
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, load_png_folder(folder.train(), options));
  MINNOW_ASSIGN(splits.validation, load_png_folder(folder.validation(), options));
  if (splits.train.class_names != splits.validation.class_names)
    return fail(folder.validation(), "has the classes {}, but {} has {}",
                fmt::join(splits.validation.class_names, ", "), folder.train(),
                fmt::join(splits.train.class_names, ", "));
  return splits;
}

Result<DataSplits> load_source(const spec::Data& data, const LoadDataOptions& options, ThreadPool& pool) {
  switch (data.source_case()) {
    case spec::Data::kBuiltin: return draw_glyphs(data, options, pool);
    case spec::Data::kNamed: return load_named_dataset(data.named(), options.data_dir);
    case spec::Data::kIdx: return load_idx_splits(data.idx(), options);
    case spec::Data::kCsv: return load_csv_splits(data.csv(), options);
    case spec::Data::kNpy: return load_npy_splits(data, options);
    case spec::Data::kPngFolder: return load_png_splits(data.png_folder(), options);
    case spec::Data::kLinearRegression: return draw_line(data, options);
    case spec::Data::SOURCE_NOT_SET: break;
  }
  return fail("data", "the data have no source");
}

// How many classes have an example.
size_t classes_in(const Tensor& labels) {
  if (labels.type().dtype != DType::kI32) return 0;
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

// Labels as the loss takes them, whatever the source.
Status adapt_labels(Dataset& dataset, const LoadDataOptions& options) {
  const bool has_classes = dataset.labels.type().dtype == DType::kI32;
  if (options.classes > 0 && !has_classes) return fail("loss", "needs classes, but {} data have none", dataset.name);
  if (options.classes > 0) return check_labels(dataset.labels, options.classes, dataset.name);
  if (has_classes) dataset.labels = dataset.labels.converted_to(DType::kF32).reshaped({dataset.size(), 1});
  return options.is_binary ? check_probabilities(dataset.labels, dataset.name) : Status();
}

}  // namespace

LoadDataOptions load_options(const Session& session, std::string data_dir) {
  const auto seed = static_cast<uint32_t>(session.model().model.training().seed());
  return {std::move(data_dir), seed, session.lowered().classes, session.lowered().is_binary()};
}

Result<DataSplits> load_data(const spec::Data& data, const LoadDataOptions& options, ThreadPool& pool) {
  MINNOW_ASSIGN(DataSplits splits, load_source(data, options, pool));
  if (data.has_train_examples()) MINNOW_TRY(keep_first(splits.train, data.train_examples(), "data.train_examples"));
  if (data.has_validation_examples())
    MINNOW_TRY(keep_first(splits.validation, data.validation_examples(), "data.validation_examples"));
  MINNOW_TRY(adapt_labels(splits.train, options));
  MINNOW_TRY(adapt_labels(splits.validation, options));
  return splits;
}

}  // namespace minnow
