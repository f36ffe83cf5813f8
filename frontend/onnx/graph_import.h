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

// What nodes read of it as a value. Refuses whole numbers that do not fit.
Value* constant_of(GraphBuilder& b, const HostTensor& tensor);

class GraphImport {
 public:
  GraphImport(const OnnxFile& file, const ImportOptions& options, Function& function);

  Result<ImportedGraph> run(const std::vector<std::string>& outputs, const std::map<std::string, Value*>& inputs);

  // For NodeScope.
  GraphBuilder& builder() { return bodies_.empty() ? builder_ : bodies_.back()->builder; }
  const OnnxFile& file() const { return file_; }
  bool is_training() const { return options_.is_training; }
  Value* value_of(Operand& operand);
  Value* computed(const std::string& name);  // of what the nodes so far define
  Value* draw(const Shape& shape);
  Value* state_of(Operand& operand);
  void update_state(const Operand& operand, Value* value);
  // A graph inside of the node that is being imported, with these for its inputs; its results.
  std::vector<Operand> run_subgraph(const onnx::GraphProto& graph, std::vector<Operand> inputs);
  // How many bodies of loops lie around what is appended now.
  int body() const { return static_cast<int>(bodies_.size()); }
  // table[index] along `dim` where that is the part of an iteration, so that the loop splits it: nullptr elsewhere.
  Value* part_of_iteration(Operand& table, const Operand& index, int64_t dim);
  // Whether to try once more to make a loop of this body. Where loops lie in each other, each would else be tried anew
  // for every iteration of those around it.
  bool may_be_loop(const onnx::GraphProto& body) const;
  void note_refused(const onnx::GraphProto& body) { ++refused_bodies_[&body]; }
  // Back to what had been appended to the innermost body, or to the function: no operand may have a value behind it.
  void take_back(const GraphBuilder::Mark& mark);
  // Work that a node stands for, in nodes; refuses too much of it.
  void count_nodes(int64_t count);
  // Whether a node has to know the elements of this name of the file's graph.
  bool is_needed(const std::string& name) const { return needed_.contains(name); }
  // Says of a new operand, and of its elements, that they lie where ops are appended now.
  void settle(Operand& operand) const;

  // The body of a loop, to which ops are appended as long as this lives. What it reads of the values around it becomes
  // an operand of the loop that each iteration sees whole.
  class Body {
   public:
    explicit Body(GraphImport& graph);
    ~Body();
    Body(const Body&) = delete;
    Body& operator=(const Body&) = delete;

    // A parameter, and the loop's operand for it.
    Value* add(Value* operand, const TensorType& type);
    // The parameter that stands for a value of what lies around the body.
    Value* seen(Value* outer);
    // A constant of the body, made once.
    Value* constant(const KnownTensor& tensor);
    void forget_constants() { constants_.clear(); }
    // An operand of the loop, of which each iteration sees the part [1, ...], along the first dimension.
    Value* add_split(Value* operand);
    // The op, appended where the loop lies. Ends the body. `attributes` say nothing of what is split.
    Op* close(LoopAttributes attributes, std::vector<Value*> results);

    std::unique_ptr<Function> function;
    GraphBuilder builder;
    int64_t count = 0;
    Value* iteration = nullptr;  // its number, i32[]; nullptr where nobody is told

   private:
    void end();

    GraphImport& graph_;
    size_t around_;  // bodies
    int depth_;
    std::string node_name_;
    const GraphContext* context_;
    std::vector<Value*> operands_;
    std::vector<int64_t> split_;
    std::map<Value*, Value*> seen_;
    std::map<KnownTensor, Value*> constants_;
    bool is_open_ = true;
  };

 private:
  void define_inputs(Names& names, const std::map<std::string, Value*>& inputs);
  Operand input_operand(const onnx::ValueInfoProto& input, const std::map<std::string, Value*>& inputs) const;
  void add_output(const std::string& name, Operand* operand);
  Operand initializer_operand(const onnx::TensorProto& tensor);
  void import_nodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, const GraphContext& context,
                    const std::set<std::string>* wanted);
  void import_node(const onnx::NodeProto& node, const GraphContext& context);
  void apply(NodeScope& n);
  void know(Operand& operand);
  void run_function(const onnx::FunctionProto& function, NodeScope& n);
  Value* parameter_of(Operand& operand, Role role);
  Value* scalar(const std::string& name);
  Value* from_around(Value* value, int body);
  const OnnxFile& file_;
  const ImportOptions& options_;
  GraphBuilder builder_;       // of the function; those of loops are in their bodies
  std::vector<Body*> bodies_;  // from the outermost
  ImportedGraph imported_;
  std::set<std::string> needed_;  // names whose elements must be known
  const GraphContext* context_ = nullptr;
  int depth_ = 0;
  int64_t node_count_ = 0;
  int64_t drawn_ = 0;      // sequences of random numbers
  std::string node_name_;  // for messages
  std::map<const onnx::TensorProto*, Value*> parameters_;
  std::map<const onnx::GraphProto*, int> refused_bodies_;  // how often
};

}  // namespace minnow
