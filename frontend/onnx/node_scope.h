// What a rule works with: a node, its operands and attributes, and the function in the making. All that is asked for
// and not there, or of another type, is refused (refusal.h).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/onnx/graph_builder.h"
#include "frontend/onnx/host_tensor.h"
#include "frontend/onnx/onnx_file.h"

namespace minnow {

class GraphImport;

// Of an operand that has just been made: the body that is being imported.
inline constexpr int kThisBody = -1;

// What a name of a graph stands for: a tensor, known or computed, or a list of them whose length is known.
struct Operand {
  ElementType type = onnx::TensorProto::UNDEFINED;
  Shape shape = {};
  KnownTensor known = nullptr;                     // its elements, where they follow from the file alone
  const onnx::TensorProto* initializer = nullptr;  // of the file, trained once it is read as a value
  Value* value = nullptr;                          // once one has been asked for
  int body = kThisBody;                            // how many bodies of loops the value lies in
  bool is_sequence = false;
  std::vector<Operand> elements = {};  // of a sequence
  bool is_absent = false;              // an optional value that is not there
};

// The attributes of a node; in the body of a function, those that it takes from its caller are in their place.
using AttributeMap = std::map<std::string, const onnx::AttributeProto*, std::less<>>;

class NodeScope {
 public:
  NodeScope(GraphImport& graph, const onnx::NodeProto& node, AttributeMap attributes, const Opsets& opsets,
            std::vector<Operand*> operands);

  GraphBuilder& b;

  const std::string& op() const { return node_.op_type(); }
  const onnx::NodeProto& node() const { return node_; }
  // Of the operators of the node's domain.
  int64_t version() const;
  bool is_versioned() const;
  GraphImport& graph() { return graph_; }
  const std::string& folder() const;  // of the file
  const AttributeMap& attributes() const { return attributes_; }

  // Inputs. Those behind the last are as absent as those without a name.
  size_t inputs() const { return operands_.size(); }
  bool has(size_t i) const;
  const Operand& operand(size_t i) const;
  ElementType type(size_t i = 0) const { return operand(i).type; }
  const Shape& shape(size_t i = 0) const { return operand(i).shape; }
  int64_t rank(size_t i = 0) const { return static_cast<int64_t>(shape(i).size()); }
  int64_t dim(size_t i, int64_t at) const { return shape(i)[static_cast<size_t>(axis_of(at, rank(i)))]; }
  // As an op reads it: f32, i32 or pred.
  Value* value(size_t i = 0);
  Value* floats(size_t i = 0);  // an f32
  // Of input `table`, along `dim`, the part with the number `index`; nullptr unless that is the iteration of a loop.
  Value* part_of_iteration(size_t table, size_t index, int64_t dim);
  // Its elements, which must be known.
  const HostTensor& known(size_t i) const;
  bool is_known(size_t i) const { return has(i) && operand(i).known != nullptr; }
  Dims whole_numbers(size_t i) const;
  double number(size_t i) const;  // a single one
  int64_t whole_number(size_t i) const;

  // Attributes, by default of their type's zero.
  bool has_attribute(std::string_view name) const { return attribute(name) != nullptr; }
  int64_t whole(std::string_view name, int64_t otherwise = 0) const;
  double real(std::string_view name, double otherwise = 0) const;
  std::string text(std::string_view name, std::string_view otherwise = "") const;
  Dims wholes(std::string_view name) const;
  std::vector<double> reals(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  const onnx::GraphProto& subgraph(std::string_view name) const;
  // nullptr if the node has none such.
  const onnx::AttributeProto* attribute(std::string_view name) const;
  // Refuses an attribute that nobody has asked for: what it says would be left out.
  void require_all_attributes_read() const;
  // The axes that input i says, or, before it came, the attribute; those that `otherwise` says if neither does.
  Dims axes(size_t i, int64_t rank, const Dims& otherwise) const;

  // Results.
  size_t outputs() const { return results_.size(); }
  bool wants(size_t i) const {
    return static_cast<int>(i) < node_.output_size() && !node_.output(static_cast<int>(i)).empty();
  }
  void give(size_t i, Value* value, ElementType type);
  void give(Value* value) { give(0, value, type(0)); }
  void give_known(size_t i, HostTensor tensor);
  void give_operand(size_t i, Operand operand);
  std::vector<Operand>& results() { return results_; }

  // Training: whether the function is @loss, in which dropout drops and batches are measured.
  bool is_training() const;
  Value* draw(const Shape& shape);  // uniform in [0, 1), anew in each step
  // Whether input i is an initializer that is read here as running state; its new value.
  bool is_state(size_t i) const;
  Value* state(size_t i);
  void update_state(size_t i, Value* value);

 private:
  const onnx::AttributeProto* typed(std::string_view name, onnx::AttributeProto::AttributeType type) const;

  GraphImport& graph_;
  const onnx::NodeProto& node_;
  AttributeMap attributes_;
  const Opsets& opsets_;
  std::vector<Operand*> operands_;  // null where absent
  std::vector<Operand> results_;
  mutable std::set<std::string, std::less<>> read_;  // attributes
};

// A rule: what a node means, made of ops or worked out.
using OnnxRuleFunction = void(NodeScope& n);

}  // namespace minnow
