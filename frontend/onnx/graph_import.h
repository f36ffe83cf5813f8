// One import of a graph: the names that are known so far, and what has been made. Private to this folder.
#pragma once

#include <deque>
#include <set>

#include "frontend/onnx/import_graph.h"
#include "frontend/onnx/node_scope.h"

namespace minnow {

// What names stand for, in a graph or a function; those of the graph around it are seen from a graph inside.
class Names {
 public:
  explicit Names(Names* around = nullptr) : around_(around) {}

  Operand* find(const std::string& name);
  // Refuses a name that there is already in this graph.
  Operand* define(const std::string& name, Operand operand);

 private:
  Names* around_;
  std::map<std::string, Operand*> by_name_;
  std::deque<Operand> operands_;  // stay where they are
};

// Where the nodes stand: names, versions, and in a function's body the attributes of its node.
struct GraphContext {
  Names& names;
  const Opsets& opsets;
  const AttributeMap* given = nullptr;
};

class GraphImport {
 public:
  GraphImport(const OnnxFile& file, const ImportOptions& options, Function& function);

  Result<ImportedGraph> run(const std::vector<std::string>& outputs, const std::map<std::string, Value*>& inputs);

  // For NodeScope.
  GraphBuilder& builder() { return builder_; }
  const OnnxFile& file() const { return file_; }
  bool is_training() const { return options_.is_training; }
  Value* value_of(Operand& operand);
  Value* draw(const Shape& shape);
  Value* state_of(Operand& operand);
  void update_state(const Operand& operand, Value* value);
  // A graph inside of the node that is being imported, with these for its inputs; its results.
  std::vector<Operand> run_subgraph(const onnx::GraphProto& graph, std::vector<Operand> inputs);

 private:
  void define_inputs(Names& names, const std::map<std::string, Value*>& inputs);
  Operand initializer_operand(const onnx::TensorProto& tensor);
  void import_nodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, const GraphContext& context,
                    const std::set<std::string>* wanted);
  void import_node(const onnx::NodeProto& node, const GraphContext& context);
  void apply(NodeScope& n);
  void know(Operand& operand);
  void run_function(const onnx::FunctionProto& function, NodeScope& n);
  Value* parameter_of(Operand& operand, Role role);
  Value* scalar(const std::string& name);

  const OnnxFile& file_;
  const ImportOptions& options_;
  GraphBuilder builder_;
  ImportedGraph imported_;
  std::set<std::string> needed_;  // names whose elements must be known
  const GraphContext* context_ = nullptr;
  int depth_ = 0;
  int64_t node_count_ = 0;
  int64_t drawn_ = 0;      // sequences of random numbers
  std::string node_name_;  // for messages
  std::map<const onnx::TensorProto*, Value*> parameters_;
};

}  // namespace minnow
