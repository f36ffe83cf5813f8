#include "tools/flags/argument.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <utility>

#include "frontend/load/read_bytes.h"
#include "interpreter/element_type.h"
#include "runtime/data/npy.h"
#include "tools/flags/onnx_tensor.h"

namespace minnow {
namespace {

// What whole numbers of a type lie between.
std::pair<double, double> limits_of(DType dtype) {
  switch (dtype) {
    case DType::kI32: return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    case DType::kU8: return {0, std::numeric_limits<uint8_t>::max()};
    default: return {0, 1};
  }
}

// The number as an element of the type. One that the type does not hold is refused, but f32 may round.
Result<double> number_of_type(const std::string& text, DType dtype, const std::string& where) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') {
    const std::string what = fmt::format("\"{}\" is not a number", text);
    std::error_code error;
    if (!text.empty() && std::filesystem::exists(text, error))
      return fail_with_hint(where, what, fmt::format("@{} is the array in the file", text));
    return fail(where, "{}", what);
  }
  if (is_float(dtype)) {
    const bool says_infinite = text.find_first_of("nN") != std::string::npos;  // as nan has, too
    const double held = dtype == DType::kF32 ? static_cast<double>(static_cast<float>(number)) : number;
    if (!says_infinite && !std::isfinite(held))
      return fail(where, "{} is beyond what {} holds", text, dtype_name(dtype));
    return number;
  }
  const auto [least, greatest] = limits_of(dtype);
  if (number >= least && number <= greatest && number == std::floor(number)) return number;
  return fail(where, "{} is no {}, which holds whole numbers from {} to {}", text, dtype_name(dtype), least, greatest);
}

// The array in a file, as elements of the type that the parameter is held in.
Result<Tensor> read_array(const std::string& path, const Value& parameter, DType dtype) {
  if (path.ends_with(".pb")) {
    MINNOW_ASSIGN(const HostTensor host, read_host_tensor(path));
    if (host.shape != parameter.type.shape)
      return fail(path, "holds {}, but parameter \"{}\" is {}", shape_to_string(host.shape), parameter.name,
                  parameter.type.to_string());
    return tensor_of(host, dtype, path);
  }
  MINNOW_ASSIGN(NpyArray array, NpyArray::open(path));
  if (array.shape() != parameter.type.shape)
    return fail(shown_path(path), "holds {}, but parameter \"{}\" is {}", array.type().to_string(), parameter.name,
                parameter.type.to_string());
  return array.read(dtype);
}

}  // namespace

Arguments::Arguments(const Function& function, Precision precision) : function_(function) {
  for (const auto& parameter : function.parameters())
    values_.push_back(Tensor::zeros(working_type(parameter->type, precision)));
}

void Arguments::hold(const std::string& name, const std::vector<float>& values) {
  const Value& parameter = *function_.find_parameter(name);
  Tensor& argument = values_[static_cast<size_t>(parameter.index)];
  argument = Tensor::from<float>(parameter.type, std::span(values)).converted_to(argument.type().dtype);
}

Status Arguments::give(const std::string& given) {
  const std::string where = "--input " + given;
  const size_t equals = given.find('=');
  if (equals == std::string::npos) return fail(where, "is not NAME=VALUE or NAME=@FILE.npy");
  const std::string name = given.substr(0, equals);
  const std::string value = given.substr(equals + 1);
  const Value* parameter = function_.find_parameter(name);
  if (!parameter) {
    std::vector<std::string> names;
    for (const auto& known : function_.parameters()) names.push_back(known->name);
    const std::string nearest = nearest_name(name, names);
    return fail_with_hint(where, fmt::format("@{} has no parameter \"{}\"", function_.name(), name),
                          nearest.empty() ? "" : fmt::format("did you mean {}?", nearest));
  }
  if (!given_.insert(name).second) return fail(where, "\"{}\" has a value already", name);
  Tensor& argument = values_[static_cast<size_t>(parameter->index)];
  const DType dtype = argument.type().dtype;
  if (value.starts_with('@') || is_stdin(value)) {
    MINNOW_ASSIGN(argument, read_array(is_stdin(value) ? value : value.substr(1), *parameter, dtype));
    return {};
  }
  MINNOW_ASSIGN(const double number, number_of_type(value, dtype, where));
  with_type(dtype, [&]<typename T>(T) { std::ranges::fill(argument.as<T>(), static_cast<T>(number)); });
  return {};
}

std::vector<Tensor*> Arguments::pointers() {
  std::vector<Tensor*> pointers;
  for (Tensor& value : values_) pointers.push_back(&value);
  return pointers;
}

}  // namespace minnow
