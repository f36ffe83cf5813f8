// An .onnx file: https://onnx.ai/onnx/repo-docs/IR.html.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/onnx/host_tensor.h"
#include "frontend/onnx/onnx.pb.h"

namespace minnow {

// Versions of the standard operators whose meaning is known.
inline constexpr int64_t kOldestOpset = 6;
inline constexpr int64_t kNewestOpset = 27;
// Of the file; what it holds beside it may be larger.
inline constexpr int64_t kMaxOnnxBytes = (int64_t{1} << 31) - 1;

// Versions by domain, "" for the standard operators.
using Opsets = std::map<std::string, int64_t>;

class OnnxFile {
 public:
  // Errors: no such file, a folder, a pipe, more than kMaxOnnxBytes; bytes that are no ONNX model; a model without a
  // graph, or whose operators are of another version.
  static Result<std::shared_ptr<const OnnxFile>> read(const std::string& path);
  // The same of bytes in memory; `path` is where they are said to come from.
  static Result<std::shared_ptr<const OnnxFile>> parse(std::string_view bytes, const std::string& path);

  const std::string& path() const { return path_; }
  const std::string& folder() const { return folder_; }
  const onnx::ModelProto& model() const { return model_; }
  const onnx::GraphProto& graph() const { return model_.graph(); }
  const Opsets& opsets() const { return opsets_; }

  // The function of the file that the node calls; nullptr if it is an operator.
  const onnx::FunctionProto* function_of(const onnx::NodeProto& node) const;
  // The inputs that are not given by the file itself.
  const std::vector<const onnx::ValueInfoProto*>& inputs() const { return inputs_; }
  // nullptr if there is none.
  const onnx::TensorProto* initializer(const std::string& name) const;
  // Its elements, decoded once.
  Result<std::shared_ptr<const std::vector<float>>> floats(const onnx::TensorProto& initializer) const;

 private:
  explicit OnnxFile(std::string path);
  Status index();

  std::string path_;
  std::string folder_;
  onnx::ModelProto model_;
  Opsets opsets_;
  std::map<std::string, const onnx::TensorProto*> initializers_;
  // By domain, name and overload; the first of several.
  std::map<std::array<std::string, 3>, const onnx::FunctionProto*> functions_;
  std::vector<const onnx::ValueInfoProto*> inputs_;
  mutable std::map<const onnx::TensorProto*, std::shared_ptr<const std::vector<float>>> floats_;
};

// "" and "ai.onnx" are one domain.
std::string domain_of(const std::string& domain);
Opsets opsets_of(const google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>& imports);

// "F.onnx".
bool is_onnx_file(const std::string& path);

}  // namespace minnow
