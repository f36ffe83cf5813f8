#include "runtime/data/load_npy.h"

#include "frontend/load/defaults.h"
#include "runtime/data/data_roots.h"
#include "runtime/data/npy.h"

namespace minnow {
namespace {

// One array of a split, and what it is for.
struct NpyArray {
  std::string name;  // of the input or target
  std::string file;
};

class NpySplit {
 public:
  NpySplit(const spec::Data& data, const LoadDataOptions& options, bool validates)
      : npy_(data.npy()), options_(options), validates_(validates), has_scale_(data.normalize().has_scale()) {}

  Result<Dataset> load() {
    MINNOW_TRY(load_inputs());
    MINNOW_TRY(load_targets());
    dataset_.class_names = options_.class_names();
    if (divides_) dataset_.read_as = "bytes, divided by 255, as data.normalize.scale is not set";
    return std::move(dataset_);
  }

 private:
  using Arrays = google::protobuf::RepeatedPtrField<spec::Data::Array>;

  // The file of each of `names`; without arrays by name that is one.
  std::string file_of(const Arrays& arrays, const std::string& name, const std::string& alone) const {
    for (const spec::Data::Array& array : arrays)
      if (array.name() == name) return validates_ ? array.validation() : array.train();
    return alone;
  }

  Status load_inputs() {
    const std::string& alone = validates_ ? npy_.validation_inputs() : npy_.train_inputs();
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

  // Bytes are divided by 255 unless a scale is set, which is applied to all numbers.
  Result<Tensor> load_input(const std::string& file, const InputInfo& input) {
    MINNOW_ASSIGN(const std::string path, find_data_file(file, options_.data_dir));
    MINNOW_ASSIGN(Tensor values, read_npy(path));
    // One number for each example, such as a length, may be [N] instead of [N,1].
    if (values.type().rank() == 1 && input.type.rank() == 2 && input.type.dim(1) == 1) {
      const int64_t count = values.dim(0);
      values = std::move(values).reshaped({count, 1});
    }
    if (values.type().rank() < 2 || values.type().elements() == 0)
      return fail(path, "holds {}, not examples [N,...]", values.type().to_string());
    MINNOW_TRY(check_same_count(values, path));
    MINNOW_TRY(check_finite(values, path));
    if (input.type.dtype == DType::kI32) return as_tokens(std::move(values), input, path);
    if (input.type.dtype == DType::kU8 && values.type().dtype == DType::kU8) return values;
    const bool divides = values.type().dtype == DType::kU8 && !has_scale_;
    divides_ = divides_ || divides;
    Tensor numbers = values.converted_to(DType::kF32);
    if (divides)
      for (float& value : numbers.as<float>()) value *= static_cast<float>(kByteScale);
    return numbers;
  }

  static Result<Tensor> as_tokens(Tensor values, const InputInfo& input, const std::string& path) {
    if (is_float(values.type().dtype))
      return fail(path, "holds {}, but input \"{}\" takes whole numbers, i32", values.type().to_string(), input.name);
    Tensor tokens = values.converted_to(DType::kI32);
    if (input.vocabulary > 0) MINNOW_TRY(check_tokens(tokens, input.vocabulary, path));
    return tokens;
  }

  // All arrays have as many rows as the first.
  Status check_same_count(const Tensor& values, const std::string& path) {
    if (first_path_.empty()) {
      first_path_ = path;
      count_ = values.dim(0);
    }
    if (values.type().rank() >= 1 && values.dim(0) == count_) return {};
    return fail(first_path_, "holds {} examples, but {} holds {}", count_, path, values.type().to_string());
  }

  Status load_targets() {
    const std::string& alone = validates_ ? npy_.validation_targets() : npy_.train_targets();
    std::vector<TargetInfo> targets = options_.targets;
    if (targets.empty())
      targets.push_back({"target", {DType::kI32, {1}}, options_.classes, std::nullopt, options_.is_binary});
    for (size_t i = 0; i < targets.size(); ++i) {
      const std::string file = file_of(npy_.targets(), targets[i].name, alone);
      MINNOW_ASSIGN(const std::string path, find_data_file(file, options_.data_dir));
      MINNOW_ASSIGN(Tensor values, read_npy(path));
      MINNOW_TRY(check_same_count(values, path));
      MINNOW_ASSIGN(values, as_target(std::move(values), targets[i], path));
      if (i == 0) dataset_.labels = std::move(values);
      else dataset_.others.emplace(targets[i].name, std::move(values));
    }
    return {};
  }

  // Class numbers i32 [N,...], or f32 [N,K] with one number per example as [N,1].
  static Result<Tensor> as_target(Tensor values, const TargetInfo& target, const std::string& path) {
    const TensorType& type = values.type();
    if (target.classes == 0) {
      Shape shape = type.shape;
      if (shape.size() == 1) shape.push_back(1);
      MINNOW_TRY(check_finite(values, path));
      Tensor numbers = values.converted_to(DType::kF32).reshaped(std::move(shape));
      if (target.is_probability) MINNOW_TRY(check_probabilities(numbers, path));
      return numbers;
    }
    if (is_float(type.dtype) || type.rank() != target.type.rank())
      return fail(path, "holds {}; classes are whole numbers {}", type.to_string(),
                  target.type.rank() == 1 ? "[N]" : "[N,...], one at each position");
    Tensor labels = values.converted_to(DType::kI32);
    MINNOW_TRY(check_labels(labels, target.classes, path, target.ignored));
    return labels;
  }

  const spec::Data::Npy& npy_;
  const LoadDataOptions& options_;
  bool validates_;
  bool has_scale_;
  bool divides_ = false;
  std::string first_path_;
  int64_t count_ = 0;
  Dataset dataset_;
};

}  // namespace

Result<DataSplits> load_npy(const spec::Data& data, const LoadDataOptions& options) {
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, NpySplit(data, options, false).load());
  MINNOW_ASSIGN(splits.validation, NpySplit(data, options, true).load());
  if (splits.train.read_as != splits.validation.read_as)
    return fail_with_hint(
        splits.validation.name,
        fmt::format("one of it and {} holds bytes, which are divided by 255, the other does not", splits.train.name),
        "save both with one element type, or set data.normalize.scale");
  return splits;
}

}  // namespace minnow
