#include "runtime/data/load_csv.h"

#include <algorithm>

#include "runtime/data/csv_table.h"

namespace minnow {
namespace {

Result<Dataset> load_table(const std::string& name, const CsvOptions& csv, const LoadDataOptions& options) {
  MINNOW_ASSIGN(const std::string path, find_data_file(name, options.places));
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

CsvOptions csv_options(const spec::Data::Csv& spec, const LoadDataOptions& options) {
  CsvOptions csv;
  const std::string number = std::to_string(spec.has_label_column() ? spec.label_column() : -1);
  csv.label_columns = {spec.label().empty() ? number : spec.label()};
  csv.is_regression = options.classes == 0;
  csv.is_binary = options.is_binary;
  if (options.classes > 0) csv.max_classes = options.classes;
  csv.has_all_classes = options.classes != LoadDataOptions::kSomeClasses;  // of the network
  if (spec.has_header()) csv.has_header = spec.header();
  if (!spec.separator().empty()) csv.separator = spec.separator()[0];
  return csv;
}

// What the training table calls its columns; nothing where it is not at hand.
CsvNames names_in_training(const spec::Data::Csv& spec, const CsvOptions& csv, const LoadDataOptions& options) {
  if (spec.train().empty()) return {};
  const auto path = find_data_file(spec.train(), options.places);
  if (!path) return {};
  auto names = read_csv_names(*path, csv);
  return names ? *std::move(names) : CsvNames();
}

}  // namespace

Result<DataSplits> load_csv(const spec::Data::Csv& spec, const LoadDataOptions& options) {
  CsvOptions csv = csv_options(spec, options);
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, load_table(spec.train(), csv, options));
  if (spec.validation().empty()) return splits;
  csv.class_names = splits.train.class_names;
  MINNOW_ASSIGN(splits.validation, load_table(spec.validation(), csv, options));
  MINNOW_TRY(check_same_columns(splits));
  return splits;
}

Result<Dataset> load_csv_rows(const std::string& path, const spec::Data::Csv& spec, const LoadDataOptions& options,
                              const std::vector<std::string>& class_names) {
  CsvOptions csv = csv_options(spec, options);
  const TensorType& fed = options.inputs[0].type;
  const CsvNames names = names_in_training(spec, csv, options);
  csv.asked = CsvQuestion{fed.elements() / fed.dim(0), names.features, names.labels};
  csv.class_names = class_names;
  MINNOW_ASSIGN(Dataset dataset, read_csv(path, csv));
  dataset.name = path;
  return dataset;
}

}  // namespace minnow
