#include "runtime/data/load_npy.h"

#include <algorithm>

#include "frontend/load/data_files.h"
#include "frontend/load/defaults.h"
#include "runtime/data/npy.h"

namespace minnow {
namespace {

// The files of one split: those of the data, or those that a person asks about, whose names are taken as they are.
enum class Split { kTrain, kValidation, kAsked };

class NpySplit {
 public:
  NpySplit(const spec::Data& data, const LoadDataOptions& options, Split split)
      : npy_(data.npy()), options_(options), split_(split), has_scale_(data.normalize().has_scale()) {}

  Result<Dataset> load() {
    MINNOW_TRY(load_inputs());
    if (split_ != Split::kAsked) {
      MINNOW_TRY(load_targets());
      dataset_.class_names = options_.class_names();
    }
    if (has_bytes_ && !has_scale_) {
      dataset_.byte_scale = static_cast<float>(kByteScale);
      dataset_.read_as = "bytes, divided by 255, as data.normalize.scale is not set";
    }
    return std::move(dataset_);
  }

 private:
  bool validates() const { return split_ == Split::kValidation; }

  using Arrays = google::protobuf::RepeatedPtrField<spec::Data::Array>;

  // The file of each of `names`; without arrays by name that is one.
  std::string file_of(const Arrays& arrays, const std::string& name, const std::string& alone) const {
    for (const spec::Data::Array& array : arrays)
      if (array.name() == name) return validates() ? array.validation() : array.train();
    return alone;
  }

  Status load_inputs() {
    const std::string& alone = validates() ? npy_.validation_inputs() : npy_.train_inputs();
    std::vector<InputInfo> inputs = options_.inputs;
    if (inputs.empty()) inputs.emplace_back();
    for (size_t i = 0; i < inputs.size(); ++i) {
      const std::string file = file_of(npy_.inputs(), inputs[i].name, alone);
      MINNOW_ASSIGN(Tensor values, load_input(file, inputs[i]));
      if (i == 0) {
        dataset_.name = file;
        dataset_.examples = std::move(values);
      } else {
        dataset_.others.emplace(inputs[i].name, std::move(values));
      }
    }
    return {};
  }

  Result<Tensor> load_input(const std::string& file, const InputInfo& input) {
    MINNOW_ASSIGN(const std::string path, find_array(file));
    MINNOW_ASSIGN(NpyArray array, NpyArray::open(path));
    const TensorType type = array.type();
    const bool is_number_each = type.rank() == 1 && input.type.rank() == 2 && input.type.dim(1) == 1;
    if ((type.rank() < 2 && !is_number_each) || std::ranges::count(type.shape, 0) > 0)
      return fail(path, "holds {}, not examples [N,...]", type.to_string());
    MINNOW_TRY(check_same_count(type, path));
    if (input.type.dtype == DType::kI32 && is_float(type.dtype))
      return fail(path, "holds {}, but input \"{}\" takes whole numbers, i32", type.to_string(), input.name);
    MINNOW_ASSIGN(Tensor values, array.read_or_map(type_to_read(type.dtype, input.type.dtype), dataset_.files));
    // One number for each example, such as a length, may be [N] instead of [N,1].
    if (is_number_each) values = std::move(values).reshaped({type.dim(0), 1});
    MINNOW_TRY(check_finite(values, path));
    if (input.type.dtype == DType::kI32) {
      if (input.vocabulary > 0) MINNOW_TRY(check_tokens(values, input.vocabulary, path));
    }
    has_bytes_ |= values.type().dtype == DType::kU8 && input.type.dtype == DType::kF32;
    return values;
  }

  // What an array is read as for an input. Bytes stay bytes, which become numbers where they are fed: divided by 255
  // unless a scale is set, which is applied to all numbers.
  static DType type_to_read(DType held, DType fed) {
    if (fed != DType::kF32) return fed;
    return held == DType::kU8 ? DType::kU8 : DType::kF32;
  }

  // Where the file is, with the name of the member.
  Result<std::string> find_array(const std::string& name) const {
    if (split_ == Split::kAsked) return name;
    ArrayPath array = ArrayPath::of(name);
    MINNOW_ASSIGN(array.file, find_data_file(array.file, options_.places));
    return array.to_string();
  }

  // All arrays have as many rows as the first.
  Status check_same_count(const TensorType& type, const std::string& path) {
    if (first_path_.empty()) {
      first_path_ = path;
      count_ = type.dim(0);
    }
    if (type.rank() >= 1 && type.dim(0) == count_) return {};
    return fail(first_path_, "holds {} examples, but {} holds {}", count_, path, type.to_string());
  }

  Status load_targets() {
    const std::string& alone = validates() ? npy_.validation_targets() : npy_.train_targets();
    std::vector<TargetInfo> targets = options_.targets;
    if (targets.empty())
      targets.push_back({"target", {DType::kI32, {1}}, options_.classes, std::nullopt, options_.is_binary});
    for (size_t i = 0; i < targets.size(); ++i) {
      const std::string file = file_of(npy_.targets(), targets[i].name, alone);
      MINNOW_ASSIGN(const std::string path, find_array(file));
      MINNOW_ASSIGN(NpyArray array, NpyArray::open(path));
      MINNOW_TRY(check_same_count(array.type(), path));
      MINNOW_ASSIGN(Tensor values, as_target(array, targets[i], path, dataset_.files));
      if (i == 0) dataset_.labels = std::move(values);
      else dataset_.others.emplace(targets[i].name, std::move(values));
    }
    return {};
  }

  // Class numbers i32 [N,...], or f32 [N,K] with one number per example as [N,1].
  static Result<Tensor> as_target(NpyArray& array, const TargetInfo& target, const std::string& path,
                                  MappedFiles& files) {
    const TensorType type = array.type();
    if (target.classes == 0) {
      MINNOW_ASSIGN(Tensor numbers, array.read_or_map(DType::kF32, files));
      MINNOW_TRY(check_finite(numbers, path));
      if (type.rank() == 1) numbers = std::move(numbers).reshaped({type.dim(0), 1});
      if (target.is_probability) MINNOW_TRY(check_probabilities(numbers, path));
      return numbers;
    }
    if (is_float(type.dtype) || type.rank() != target.type.rank())
      return fail(path, "holds {}; classes are whole numbers {}", type.to_string(),
                  target.type.rank() == 1 ? "[N]" : "[N,...], one at each position");
    MINNOW_ASSIGN(Tensor labels, array.read(DType::kI32));
    MINNOW_TRY(check_labels(labels, target.classes, path, target.ignored));
    return labels;
  }

  const spec::Data::Npy& npy_;
  const LoadDataOptions& options_;
  Split split_;
  bool has_scale_;
  bool has_bytes_ = false;  // where numbers are fed
  std::string first_path_;
  int64_t count_ = 0;
  Dataset dataset_;
};

}  // namespace

Result<DataSplits> load_npy(const spec::Data& data, const LoadDataOptions& options) {
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, NpySplit(data, options, Split::kTrain).load());
  if (sets_validation_apart(data)) return splits;
  MINNOW_ASSIGN(splits.validation, NpySplit(data, options, Split::kValidation).load());
  if (splits.train.read_as != splits.validation.read_as)
    return fail_with_hint(
        splits.validation.name,
        fmt::format("one of it and {} holds bytes, which are divided by 255, the other does not", splits.train.name),
        "save both with one element type, or set data.normalize.scale");
  return splits;
}

Result<Dataset> load_npy_rows(const std::map<std::string, std::string>& files, const spec::Data& data,
                              const LoadDataOptions& options) {
  spec::Data asked;
  *asked.mutable_normalize() = data.normalize();
  for (const auto& [input, file] : files) {
    spec::Data::Array& array = *asked.mutable_npy()->add_inputs();
    array.set_name(input);
    array.set_train(file);
  }
  return NpySplit(asked, options, Split::kAsked).load();
}

}  // namespace minnow
