#include "runtime/data/open_dataset.h"

#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <filesystem>

#include "frontend/load/text_data.h"
#include "runtime/data/data_roots.h"
#include "runtime/data/glyphs.h"
#include "runtime/data/load_text.h"
#include "runtime/data/named_dataset.h"
#include "runtime/data/npy.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

// As many as a model is given that asks for no other number.
constexpr int64_t kTrainGlyphs = 12000;
constexpr int64_t kValidationGlyphs = 2000;

std::vector<std::string> known_names() {
  std::vector<std::string> names = {"glyphs"};
  for (const std::string& name : named_data()) names.push_back(name);
  return names;
}

Result<Dataset> open_npy(const std::string& path, const std::string& targets_path) {
  MINNOW_ASSIGN(Tensor examples, read_npy(path));
  if (examples.type().rank() < 2 || examples.type().elements() == 0)
    return fail(path, "holds {}, not examples [N,...]", examples.type().to_string());
  MINNOW_TRY(check_finite(examples, path));
  Dataset dataset{path, std::move(examples), Tensor::zeros({DType::kF32, {0}}), {}};
  if (targets_path.empty()) return dataset;
  MINNOW_ASSIGN(dataset.labels, read_npy(targets_path));
  const TensorType type = dataset.labels.type();
  if (type.rank() < 1 || type.dim(0) != dataset.size())
    return fail(targets_path, "holds {}, but there are {} examples in {}", type.to_string(), dataset.size(), path);
  MINNOW_TRY(check_finite(dataset.labels, targets_path));
  if (is_float(type.dtype) || type.rank() > 1) return dataset;
  dataset.labels = dataset.labels.converted_to(DType::kI32);
  constexpr int64_t kMostClasses = 65536;
  MINNOW_TRY(check_labels(dataset.labels, kMostClasses, targets_path));
  dataset.class_names = numbered_classes(count_classes(dataset.labels));
  return dataset;
}

// Classes that are all numbers, and not all whole, are none.
bool are_measurements(const std::vector<std::string>& class_names) {
  bool has_fraction = false;
  for (const std::string& name : class_names) {
    double value = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
    if (error != std::errc() || end != name.data() + name.size()) return false;
    has_fraction |= value != std::floor(value);
  }
  return has_fraction;
}

Result<Dataset> open_csv(const std::string& path) {
  auto classes = read_csv(path, {});
  if (classes && !are_measurements(classes->class_names)) return classes;
  auto numbers = read_csv(path, {.is_regression = true});
  return numbers ? std::move(numbers) : std::move(classes);
}

// Numbers of 16-bit pictures as a network is fed them; bytes say themselves that they are to be divided.
Result<Dataset> open_png_folder(const std::string& path) {
  MINNOW_ASSIGN(Dataset dataset, read_png_folder(path));
  if (is_float(dataset.examples.type().dtype))
    for (float& value : dataset.examples.as<float>()) value /= 255;
  return dataset;
}

// Windows that a person can read.
Result<Dataset> open_text(const spec::Data& data, const OpenDatasetOptions& options) {
  constexpr int64_t kShownTokens = 64;
  if (options.split.empty()) return load_whole_text(data, kShownTokens, {options.data_dir});
  MINNOW_ASSIGN(DataSplits splits, load_text(data, kShownTokens, {options.data_dir}));
  return options.split == "validation" ? std::move(splits.validation) : std::move(splits.train);
}

spec::Data spec_of_text_file(const std::string& path) {
  spec::Data data;
  data.mutable_text()->set_file(fs::absolute(path).string());
  return data;
}

Result<Dataset> open_path(const std::string& path, const OpenDatasetOptions& options) {
  if (!options.split.empty())
    return tl::unexpected(Error{"--split " + options.split, fmt::format("{} is not split", path),
                                "leave --split out, or name the file that holds that part", ExitCode::kUsage});
  std::error_code error;
  if (fs::is_directory(path, error)) return open_png_folder(path);
  if (path.ends_with(".npy") || ArrayPath::of(path).file.ends_with(".npz")) return open_npy(path, options.targets);
  if (path.ends_with(".txt")) return open_text(spec_of_text_file(path), options);
  if (path.ends_with(".csv") || path.ends_with(".tsv")) return open_csv(path);
  return fail_with_hint(
      path, "is no data that can be told by its name",
      "a .csv, .tsv, .npy, .npz or .txt file, or a folder with a subfolder of PNG files for each class");
}

tl::unexpected<Error> unknown(const std::string& name) {
  const std::vector<std::string> names = known_names();
  const std::string nearest = nearest_name(name, names);
  const std::string hint =
      nearest.empty()
          ? fmt::format("{}, or the path of a .csv, an .npy, an .npz or a folder of PNG", fmt::join(names, ", "))
          : fmt::format("did you mean {}?", nearest);
  return fail_with_hint("", fmt::format("there are no data \"{}\"", name), hint);
}

}  // namespace

Result<Dataset> open_dataset(const std::string& name, const OpenDatasetOptions& options, ThreadPool& pool) {
  const bool validates = options.split == "validation";
  if (name == "glyphs")
    return make_glyphs({validates ? kValidationGlyphs : kTrainGlyphs, 0, validates ? 1U : 0U}, pool);
  for (const NamedDataset& dataset : named_datasets()) {
    if (dataset.name != name) continue;
    MINNOW_ASSIGN(DataSplits splits, load_named_dataset(name, {options.data_dir}));
    return validates ? std::move(splits.validation) : std::move(splits.train);
  }
  if (find_named_text(name) != nullptr) {
    spec::Data data;
    data.set_named(name);
    return open_text(data, options);
  }
  ArrayPath path = ArrayPath::of(name);
  std::error_code error;
  if (fs::exists(path.file, error)) return open_path(name, options);
  const auto found = find_data_file(path.file, {options.data_dir});
  const bool is_file_name = fs::path(name).has_extension() || fs::path(name).has_parent_path();
  if (!found && is_file_name) return tl::unexpected(found.error());
  if (!found) return unknown(name);
  path.file = *found;
  return open_path(path.to_string(), options);
}

}  // namespace minnow
