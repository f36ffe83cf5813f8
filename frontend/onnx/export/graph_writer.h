// Nodes, constants and names of an ONNX graph in the making, and of the graphs inside it.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/onnx/onnx.pb.h"
#include "ir/type.h"

namespace minnow {

onnx::TensorProto::DataType onnx_type(DType dtype);

class GraphWriter {
 public:
  explicit GraphWriter(onnx::GraphProto& root) : root_(root), graph_(&root) {}

  // A name that no value has yet, like `wanted`.
  std::string fresh(std::string_view wanted);
  // Of values to come: what fresh() makes names of.
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }

  // A node with one result, whose name comes back.
  std::string node(std::string_view op, std::vector<std::string> inputs);
  std::string cast(const std::string& tensor, DType dtype);
  // One to be completed with attributes and, beyond the first, results.
  onnx::NodeProto& add(std::string_view op, const std::vector<std::string>& inputs);

  // Constants are there once, in the outermost graph, which all others see.
  std::string integers(const std::vector<int64_t>& values);  // i64 [n]
  std::string integer(int64_t value);                        // i64 []
  std::string scalar(DType dtype, double value);             // []
  std::string constant(const Shape& shape, DType dtype, std::span<const double> values);
  void initializer(const std::string& name, const TensorType& type, std::string_view bytes);

  // Nodes go into `graph` while the object lives.
  class Inside {
   public:
    Inside(GraphWriter& writer, onnx::GraphProto& graph) : writer_(writer), outer_(writer.graph_) {
      writer.graph_ = &graph;
    }
    ~Inside() { writer_.graph_ = outer_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    GraphWriter& writer_;
    onnx::GraphProto* outer_;
  };
  onnx::GraphProto& root() { return root_; }

 private:
  std::string whole_numbers(const Shape& shape, const std::vector<int64_t>& values);

  onnx::GraphProto& root_;
  onnx::GraphProto* graph_;
  std::string prefix_;
  std::set<std::string, std::less<>> names_;
  std::map<std::string, std::string> constants_;  // by their type and bytes
};

void set_attribute(onnx::NodeProto& node, std::string_view name, int64_t value);
void set_attribute(onnx::NodeProto& node, std::string_view name, const std::vector<int64_t>& values);
void set_attribute(onnx::NodeProto& node, std::string_view name, std::string_view value);

}  // namespace minnow
