#include "frontend/onnx/onnx_file.h"

#include <google/protobuf/io/coded_stream.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "ir/printable.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_bytes_of(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return fail(path, "is a folder, not an ONNX file");
  const bool is_there = fs::exists(path, error);
  if (is_there && !fs::is_regular_file(path, error)) return fail(path, "is no regular file");
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return fail(path, "cannot open the ONNX file: {}", std::strerror(errno));
  const auto size = static_cast<int64_t>(file.tellg());
  if (size > kMaxOnnxBytes) return fail(path, "has {} bytes, but an ONNX file may have no more than 2 GiB", size);
  std::string bytes(static_cast<size_t>(std::max<int64_t>(size, 0)), '\0');
  file.seekg(0);
  file.read(bytes.data(), size);
  if (!file || file.gcount() != size) return fail(path, "cannot read the ONNX file");
  return bytes;
}

Status check_opsets(const Opsets& opsets, const std::string& path) {
  if (opsets.empty()) return fail(path, "does not say which version of the ONNX operators it means");
  const auto standard = opsets.find("");
  if (standard == opsets.end()) return {};  // it may have none of them
  const int64_t version = standard->second;
  if (version >= kOldestOpset && version <= kNewestOpset) return {};
  return fail_with_hint(
      path,
      fmt::format("its ONNX operators are of version {}, but known are {} to {}", version, kOldestOpset, kNewestOpset),
      "onnx.version_converter.convert_version makes another version");
}

}  // namespace

std::string domain_of(const std::string& domain) { return domain == "ai.onnx" ? "" : domain; }

Opsets opsets_of(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>& imports) {
  Opsets opsets;
  for (const auto& import : imports) opsets[domain_of(import.domain())] = import.version();
  return opsets;
}

bool is_onnx_file(const std::string& path) { return path.ends_with(".onnx"); }

OnnxFile::OnnxFile(std::string path) : path_(std::move(path)), folder_(fs::path(path_).parent_path().string()) {}

Result<std::shared_ptr<const OnnxFile>> OnnxFile::read(const std::string& path) {
  MINNOW_ASSIGN(const std::string bytes, read_bytes_of(path));
  return parse(bytes, path);
}

Result<std::shared_ptr<const OnnxFile>> OnnxFile::parse(std::string_view bytes, const std::string& path) {
  const google::protobuf::LogSilencer silence;
  if (bytes.empty()) return fail(path, "is empty, so it holds no ONNX model");
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max()))
    return fail(path, "has {} bytes, but an ONNX file may have no more than 2 GiB", bytes.size());
  std::shared_ptr<OnnxFile> file(new OnnxFile(path));
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  if (!file->model_.ParseFromCodedStream(&input) || !input.ConsumedEntireMessage())
    return fail(path, "is no ONNX model (or it is cut short or nested too deeply)");
  MINNOW_TRY(file->index());
  return file;
}

Status OnnxFile::index() {
  if (!model_.has_graph() || model_.graph().output().empty())
    return fail(path_, "is no ONNX model: it has no graph with an output");
  opsets_ = opsets_of(model_.opset_import());
  MINNOW_TRY(check_opsets(opsets_, path_));
  for (const auto& tensor : graph().initializer()) {
    if (tensor.name().empty()) return fail(path_, "has an initializer without a name");
    if (!initializers_.emplace(tensor.name(), &tensor).second)
      return fail(path_, "has two initializers \"{}\"", printable(tensor.name()));
  }
  if (!graph().sparse_initializer().empty()) return fail(path_, "has sparse initializers, which are not supported");
  for (const auto& function : model_.functions())
    functions_.try_emplace({domain_of(function.domain()), function.name(), function.overload()}, &function);
  std::set<std::string> seen;
  for (const auto& input : graph().input()) {
    if (input.name().empty()) return fail(path_, "has an input without a name");
    if (!seen.insert(input.name()).second) return fail(path_, "has two inputs \"{}\"", printable(input.name()));
    if (!initializers_.contains(input.name())) inputs_.push_back(&input);
  }
  seen.clear();
  for (const auto& output : graph().output()) {
    if (output.name().empty()) return fail(path_, "has an output without a name");
    if (!seen.insert(output.name()).second) return fail(path_, "has two outputs \"{}\"", printable(output.name()));
  }
  return {};
}

const onnx::FunctionProto* OnnxFile::function_of(const onnx::NodeProto& node) const {
  if (functions_.empty()) return nullptr;
  const auto found = functions_.find({domain_of(node.domain()), node.op_type(), node.overload()});
  return found == functions_.end() ? nullptr : found->second;
}

const onnx::TensorProto* OnnxFile::initializer(const std::string& name) const {
  const auto found = initializers_.find(name);
  return found == initializers_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<const std::vector<float>>> OnnxFile::floats(const onnx::TensorProto& initializer) const {
  auto& slot = floats_[&initializer];
  if (slot) return slot;
  auto values = decode_floats(initializer, folder_);
  if (!values)
    return fail_with_hint(path_,
                          fmt::format("initializer \"{}\": {}", printable(initializer.name()), values.error().message),
                          values.error().hint);
  slot = std::make_shared<const std::vector<float>>(*std::move(values));
  return slot;
}

}  // namespace minnow
