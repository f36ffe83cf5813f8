#include "frontend/onnx/import_graph.h"
#include "ir/printable.h"

namespace minnow {
namespace {

using Dimension = onnx::TensorShapeProto::Dimension;

bool is_open(const Dimension& dimension) { return dimension.value_case() != Dimension::kDimValue; }

// The name of the batch's size, "" where it has none: that of the first input that leaves its first dimension open.
std::string batch_name(const OnnxFile& file) {
  for (const onnx::ValueInfoProto* input : file.inputs())
    if (has_open_batch(*input)) return input->type().tensor_type().shape().dim(0).dim_param();
  return "";
}

Result<int64_t> size_of(const OnnxFile& file, const onnx::ValueInfoProto& input, int at, const GraphSizes& sizes,
                        const std::string& batch) {
  const Dimension& dimension = input.type().tensor_type().shape().dim(at);
  if (!is_open(dimension)) return dimension.dim_value();
  const std::string& name = dimension.dim_param();
  if (const auto found = sizes.named.find(name); found != sizes.named.end()) return found->second;
  if (at == 0 || (!name.empty() && name == batch)) return sizes.batch;
  return fail_with_hint(file.path(),
                        fmt::format("input \"{}\": the size of dimension {}, \"{}\", is left open",
                                    printable(input.name()), at, printable(name)),
                        name.empty()
                            ? "give the input a shape"
                            : fmt::format("sizes: \"{}=16\" in network of a model file says it", printable(name)));
}

}  // namespace

bool has_open_batch(const onnx::ValueInfoProto& input) {
  const auto& shape = input.type().tensor_type().shape();
  return shape.dim_size() > 0 && is_open(shape.dim(0));
}

int64_t fixed_batch(const OnnxFile& file) {
  int64_t batch = 0;
  for (const onnx::ValueInfoProto* input : file.inputs()) {
    const auto& shape = input->type().tensor_type().shape();
    if (shape.dim_size() == 0 || is_open(shape.dim(0))) return 0;
    if (batch != 0 && shape.dim(0).dim_value() != batch) return 0;
    batch = shape.dim(0).dim_value();
  }
  return batch;
}

Result<std::vector<GraphInput>> graph_inputs(const OnnxFile& file, const GraphSizes& sizes, const KnownInputs& known) {
  std::vector<GraphInput> inputs;
  const std::string batch = batch_name(file);
  for (const onnx::ValueInfoProto* input : file.inputs()) {
    const std::string name = printable(input->name());
    if (!input->type().has_tensor_type())
      return fail(file.path(), "input \"{}\" is no tensor, which is not supported", name);
    const auto& tensor = input->type().tensor_type();
    if (tensor.elem_type() == onnx::TensorProto::STRING) {
      if (known.contains(input->name())) continue;
      return fail_with_hint(file.path(),
                            fmt::format("input \"{}\" is of strings, which must be known when the graph is read", name),
                            fmt::format("minnow run reads them: --input {}=@FILE.pb, a TensorProto", name));
    }
    auto dtype = dtype_of(tensor.elem_type());
    if (!dtype)
      return fail(file.path(), "input \"{}\" is of {}, which is not supported", name,
                  element_type_name(tensor.elem_type()));
    if (tensor.elem_type() == onnx::TensorProto::UINT8) dtype = DType::kU8;
    if (!tensor.has_shape()) return fail(file.path(), "input \"{}\" has no shape", name);
    Shape shape;
    for (int at = 0; at < tensor.shape().dim_size(); ++at) {
      MINNOW_ASSIGN(const int64_t size, size_of(file, *input, at, sizes, batch));
      shape.push_back(size);
    }
    if (static_cast<int64_t>(shape.size()) > kMaxRank || !checked_element_count(shape))
      return fail(file.path(), "input \"{}\" is {}, but a tensor has at most {} dimensions and 2^31 elements", name,
                  shape_to_string(shape), kMaxRank);
    inputs.push_back({input->name(), {*dtype, std::move(shape)}, tensor.elem_type()});
  }
  return inputs;
}

}  // namespace minnow
