#include "frontend/onnx/graph_import.h"

#include <algorithm>
#include <cmath>

#include "frontend/onnx/fold/fold.h"
#include "frontend/onnx/needed_names.h"
#include "frontend/onnx/onnx_rule.h"
#include "ir/printable.h"

namespace minnow {
namespace {

constexpr int64_t kMostNodes = 1000000;  // those of functions and loops counted each time

std::string name_of(const onnx::NodeProto& node) {
  if (!node.name().empty()) return node.name();
  for (const std::string& output : node.output())
    if (!output.empty()) return output;
  return node.op_type();
}

// Those of the node; one that stands for an attribute of the caller is that, or is not there.
AttributeMap attributes_of(const onnx::NodeProto& node, const AttributeMap* given) {
  AttributeMap attributes;
  for (const auto& attribute : node.attribute()) {
    const onnx::AttributeProto* meant = &attribute;
    if (!attribute.ref_attr_name().empty()) {
      require(given != nullptr, "attribute {} stands for another, but outside of a function",
              printable(attribute.name()));
      const auto found = given->find(attribute.ref_attr_name());
      if (found == given->end()) continue;
      meant = found->second;
    }
    attributes.emplace(attribute.name(), meant);
  }
  return attributes;
}

}  // namespace

Value* constant_of(GraphBuilder& b, const HostTensor& tensor) {
  if (tensor.is_strings())
    throw Refusal{"strings are not computed with: what they give must follow from what is known",
                  "make what else it reads an initializer"};
  const auto dtype = dtype_of(tensor.type);
  require(dtype.has_value(), "elements of {} are not supported", element_type_name(tensor.type));
  std::vector<double> values;
  values.reserve(tensor.held());
  for (size_t i = 0; i < tensor.held(); ++i) {
    const double number = tensor.number(i);
    const bool fits = *dtype != DType::kI32 || (number >= -2147483648.0 && number <= 2147483647.0);
    require(fits, "the whole number {} is computed with, but does not fit into 32 bits", number);
    values.push_back(number);
  }
  if (values.empty()) values.push_back(0);
  return b.constant({*dtype, tensor.shape}, std::move(values));
}

Operand* Names::find(const std::string& name) {
  for (Names* names = this; names != nullptr; names = names->around_)
    if (const auto found = names->by_name_.find(name); found != names->by_name_.end()) return found->second;
  return nullptr;
}

Operand* Names::define(const std::string& name, Operand operand) {
  operands_.push_back(std::move(operand));
  const bool is_new = by_name_.emplace(name, &operands_.back()).second;
  require(is_new, "the name \"{}\" is defined twice", printable(name));
  return &operands_.back();
}

GraphImport::GraphImport(const OnnxFile& file, const ImportOptions& options, Function& function)
    : file_(file), options_(options), builder_(function, options.max_bytes) {}

Result<ImportedGraph> GraphImport::run(const std::vector<std::string>& outputs,
                                       const std::map<std::string, Value*>& inputs) {
  try {
    const std::set<std::string> wanted = names_behind(file_.graph(), outputs);
    needed_ = needed_names(file_);
    Names names;
    define_inputs(names, inputs);
    import_nodes(file_.graph().node(), {names, file_.opsets()}, &wanted);
    node_name_.clear();
    for (const std::string& output : outputs) add_output(output, names.find(output));
    return std::move(imported_);
  } catch (const Refusal& refusal) {
    return fail_with_hint(file_.path(), node_name_ + refusal.message, refusal.hint);
  }
}

void GraphImport::add_output(const std::string& name, Operand* operand) {
  require(operand != nullptr, "no node defines the output \"{}\"", printable(name));
  require(!operand->is_sequence, "the output \"{}\" is a sequence, which is not supported", printable(name));
  const bool is_strings = operand->type == onnx::TensorProto::STRING;
  if (is_strings && !options_.takes_strings)
    throw Refusal{fmt::format("the output \"{}\" is of strings, which no tensor of the IR holds", printable(name)),
                  "minnow run prints it"};
  if (is_strings) know(*operand);
  imported_.outputs.push_back(is_strings ? nullptr : value_of(*operand));
  imported_.strings.push_back(is_strings ? operand->known : nullptr);
  imported_.output_types.push_back(operand->type);
}

Operand GraphImport::input_operand(const onnx::ValueInfoProto& input,
                                   const std::map<std::string, Value*>& inputs) const {
  const ElementType type = input.type().tensor_type().elem_type();
  const bool is_strings = type == onnx::TensorProto::STRING;
  const auto given = options_.known_inputs.find(input.name());
  if (given != options_.known_inputs.end() && (is_strings || needed_.contains(input.name()))) {
    const HostTensor& known = *given->second;
    require(known.is_strings() == is_strings, "the input \"{}\" is of {}, but {} are given", printable(input.name()),
            element_type_name(type), element_type_name(known.type));
    return {.type = known.type, .shape = known.shape, .known = given->second};
  }
  const auto parameter = inputs.find(input.name());
  require(parameter != inputs.end(), "the input \"{}\" is not given", printable(input.name()));
  return {.type = type, .shape = parameter->second->type.shape, .value = parameter->second};
}

void GraphImport::define_inputs(Names& names, const std::map<std::string, Value*>& inputs) {
  for (const onnx::ValueInfoProto* input : file_.inputs()) {
    Operand operand = input_operand(*input, inputs);
    settle(operand);
    names.define(input->name(), std::move(operand));
  }
  for (const auto& tensor : file_.graph().initializer()) names.define(tensor.name(), initializer_operand(tensor));
}

// Nothing is decoded that nobody reads.
Operand GraphImport::initializer_operand(const onnx::TensorProto& tensor) {
  return {.type = tensor.data_type(),
          .shape = Shape(tensor.dims().begin(), tensor.dims().end()),
          .initializer = &tensor,
          .body = body()};
}

void GraphImport::import_nodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes,
                               const GraphContext& context, const std::set<std::string>* wanted) {
  const GraphContext* around = context_;
  context_ = &context;
  for (const onnx::NodeProto& node : nodes) {
    const auto is_wanted = [&](const std::string& output) { return wanted->contains(output); };
    if (wanted != nullptr && std::ranges::none_of(node.output(), is_wanted)) continue;
    import_node(node, context);
  }
  context_ = around;
}

void GraphImport::count_nodes(int64_t count) {
  node_count_ += count;
  require(node_count_ <= kMostNodes, "functions, loops and gradients expand to more than {} nodes", kMostNodes);
}

void GraphImport::import_node(const onnx::NodeProto& node, const GraphContext& context) {
  count_nodes(1);
  const std::string name = name_of(node);
  node_name_ = fmt::format("node \"{}\" ({}): ", printable(name), printable(node.op_type()));
  if (depth_ == 0) builder_.builder().set_location({name});
  std::vector<Operand*> operands;
  for (const std::string& input : node.input()) {
    Operand* operand = input.empty() ? nullptr : context.names.find(input);
    require(input.empty() || operand != nullptr, "it reads \"{}\", which nothing before it defines", printable(input));
    if (operand != nullptr) know(*operand);
    operands.push_back(operand);
  }
  NodeScope n(*this, node, attributes_of(node, context.given), context.opsets, std::move(operands));
  const std::string place =
      fmt::format("node \"{}\" ({} of version {}): ", printable(name), printable(node.op_type()), n.version());
  node_name_ = place;
  const size_t first_weight = imported_.weights.size();
  apply(n);
  node_name_ = place;
  for (int i = 0; i < node.output_size(); ++i) {
    if (node.output(i).empty()) continue;
    Operand& result = n.results()[static_cast<size_t>(i)];
    const bool is_given = result.known || result.value || result.is_sequence || result.initializer;
    result.is_absent = !is_given;
    context.names.define(node.output(i), std::move(result));
  }
  if (depth_ > 0) return;
  ImportedNode row{name, node.op_type(), {}, 0};
  if (Operand* first = node.output().empty() ? nullptr : context.names.find(node.output(0))) {
    if (first->known != nullptr) return;
    row.output = first->shape;
  }
  for (size_t i = first_weight; i < imported_.weights.size(); ++i)
    row.weights += element_count(imported_.weights[i].shape);
  imported_.nodes.push_back(std::move(row));
}

// A function of the file, what can be worked out, or ops.
void GraphImport::apply(NodeScope& n) {
  const onnx::NodeProto& node = n.node();
  if (const onnx::FunctionProto* function = file_.function_of(node)) return run_function(*function, n);
  const OnnxRule* rule = find_onnx_rule(node.domain(), node.op_type());
  if (rule == nullptr)
    throw Refusal{
        fmt::format("the operator {}{} is not supported",
                    domain_of(node.domain()).empty() ? "" : printable(node.domain()) + ".", printable(node.op_type())),
        "docs/onnx.md lists those that are"};
  require(n.is_versioned(), "the file does not say which version of the {} operators it means",
          rule->domain.empty() ? "ONNX" : rule->domain);
  require(n.inputs() <= rule->most, "it has {} inputs, but takes at most {}", n.inputs(), rule->most);
  for (size_t i = 0; i < rule->least; ++i) require(n.has(i), "input {} is missing", i);
  require_strings_are_taken(n);
  if (fold_node(n)) return;
  rule->apply(n);
  n.require_all_attributes_read();
}

void GraphImport::run_function(const onnx::FunctionProto& function, NodeScope& n) {
  require(depth_ < kMostGraphDepth, "functions and graphs lie more than {} deep within each other", kMostGraphDepth);
  require(n.inputs() <= static_cast<size_t>(function.input_size()), "it has {} inputs, but the function {}", n.inputs(),
          function.input_size());
  Names names;
  for (int i = 0; i < function.input_size(); ++i)
    if (n.has(static_cast<size_t>(i))) names.define(function.input(i), n.operand(static_cast<size_t>(i)));
    else names.define(function.input(i), Operand{.is_absent = true});
  AttributeMap given = n.attributes();
  for (const auto& attribute : function.attribute_proto()) given.emplace(attribute.name(), &attribute);
  const Opsets opsets = opsets_of(function.opset_import());
  ++depth_;
  import_nodes(function.node(), {names, opsets, &given}, nullptr);
  --depth_;
  for (int i = 0; i < function.output_size(); ++i) {
    Operand* result = names.find(function.output(i));
    require(result != nullptr, "its function defines no \"{}\"", printable(function.output(i)));
    n.give_operand(static_cast<size_t>(i), *result);
  }
}

std::vector<Operand> GraphImport::run_subgraph(const onnx::GraphProto& graph, std::vector<Operand> inputs) {
  require(depth_ < kMostGraphDepth, "functions and graphs lie more than {} deep within each other", kMostGraphDepth);
  require(inputs.size() == static_cast<size_t>(graph.input_size()), "its graph has {} inputs, but {} are given",
          graph.input_size(), inputs.size());
  Names names(&context_->names);
  for (int i = 0; i < graph.input_size(); ++i) {
    Operand& input = inputs[static_cast<size_t>(i)];
    settle(input);
    names.define(graph.input(i).name(), std::move(input));
  }
  for (const auto& tensor : graph.initializer()) names.define(tensor.name(), initializer_operand(tensor));
  const GraphContext context{names, context_->opsets, context_->given};
  ++depth_;
  import_nodes(graph.node(), context, nullptr);
  --depth_;
  std::vector<Operand> results;
  for (const auto& output : graph.output()) {
    Operand* result = names.find(output.name());
    require(result != nullptr, "its graph defines no \"{}\"", printable(output.name()));
    know(*result);
    results.push_back(*result);
  }
  return results;
}

// Decides what an initializer is when it is first read: a weight, or a constant.
void GraphImport::know(Operand& operand) {
  if (operand.initializer == nullptr || operand.known != nullptr || operand.value != nullptr) return;
  const onnx::TensorProto& tensor = *operand.initializer;
  const bool is_of_file = file_.initializer(tensor.name()) == &tensor;
  const auto elements = checked_element_count(operand.shape);
  const bool is_trained = is_of_file && is_float_element(operand.type) && !operand.shape.empty() && elements &&
                          *elements > 0 && !needed_.contains(tensor.name());
  if (is_trained) {
    const auto values = file_.floats(tensor);
    if (!values) throw Refusal{values.error().message, values.error().hint};
    if (std::ranges::all_of(**values, [](float x) { return std::isfinite(x); })) return;
  }
  auto decoded = decode_tensor(tensor, file_.folder());
  if (!decoded)
    throw Refusal{fmt::format("initializer \"{}\": {}", printable(tensor.name()), decoded.error().message),
                  decoded.error().hint};
  operand.known = std::make_shared<const HostTensor>(*std::move(decoded));
}

Value* GraphImport::value_of(Operand& operand) {
  require(!operand.is_sequence, "a sequence stands where a tensor is asked for");
  require(!operand.is_absent, "it reads what is not there: an absent optional, or a result that is not supported");
  know(operand);
  // What is known costs nothing to be made again in a body, where it can be told from what is computed.
  if (operand.known != nullptr && operand.body != body()) return bodies_.back()->constant(operand.known);
  if (operand.value == nullptr)
    operand.value =
        operand.known != nullptr ? constant_of(builder(), *operand.known) : parameter_of(operand, Role::kWeight);
  if (operand.value->type.dtype == DType::kU8 && operand.body == body())
    operand.value = builder().convert(operand.value, DType::kI32);
  Value* value = from_around(operand.value, operand.body);
  return value->type.dtype == DType::kU8 ? builder().convert(value, DType::kI32) : value;
}

Value* GraphImport::computed(const std::string& name) {
  Operand* operand = context_->names.find(name);
  require(operand != nullptr, "nothing before it defines \"{}\"", printable(name));
  return value_of(*operand);
}

// A value that lies in so many bodies, as the innermost one sees it.
Value* GraphImport::from_around(Value* value, int body) {
  for (size_t i = static_cast<size_t>(body); i < bodies_.size(); ++i) value = bodies_[i]->seen(value);
  return value;
}

void GraphImport::settle(Operand& operand) const {
  if (operand.body == kThisBody) operand.body = body();
  for (Operand& element : operand.elements) settle(element);
}

Value* GraphImport::state_of(Operand& operand) {
  if (operand.initializer == nullptr || operand.known != nullptr || operand.value != nullptr) return value_of(operand);
  operand.value = parameter_of(operand, Role::kState);
  return from_around(operand.value, operand.body);
}

void GraphImport::update_state(const Operand& operand, Value* value) {
  require(bodies_.empty(), "a loop cannot keep running means");
  const std::string& name = operand.initializer->name();
  const auto before = std::ranges::find(imported_.updates, name, &FunctionResult::name);
  if (before != imported_.updates.end()) before->value = value;
  else imported_.updates.push_back({name, value});
}

// A parameter of this initializer, which the node at hand is the first to read.
Value* GraphImport::parameter_of(Operand& operand, Role role) {
  operand.body = 0;
  Value*& parameter = parameters_[operand.initializer];
  if (parameter != nullptr) return parameter;
  const onnx::TensorProto& tensor = *operand.initializer;
  auto values = file_.floats(tensor);
  if (!values) throw Refusal{values.error().message, values.error().hint};
  const auto bytes = static_cast<int64_t>((*values)->size() * sizeof(float));
  require(bytes <= options_.max_bytes, "the initializer \"{}\" needs {} bytes, but {} are allowed",
          printable(tensor.name()), bytes, options_.max_bytes);
  parameter = builder_.function().add_parameter(tensor.name(), {DType::kF32, operand.shape}, role);
  auto& list = role == Role::kWeight ? imported_.weights : imported_.states;
  list.push_back({tensor.name(), operand.shape, *values, builder_.builder().location().layer});
  return parameter;
}

// A sequence of its own for each that draws.
Value* GraphImport::draw(const Shape& shape) {
  require(bodies_.empty(), "a loop cannot draw anew in each iteration");
  constexpr int64_t kFirstStream = 0x6F6E6E78;
  Value* seed = scalar("seed");
  return builder_.create(OpKind::kRandom, {seed, scalar("step")}, RandomAttributes{kFirstStream + drawn_++},
                         {DType::kF32, shape});
}

Value* GraphImport::scalar(const std::string& name) {
  Value* found = builder_.function().find_parameter(name);
  return found != nullptr ? found : builder_.function().add_parameter(name, {DType::kI32, {}}, Role::kScalar);
}

Result<ImportedGraph> import_graph(const OnnxFile& file, const std::vector<std::string>& outputs,
                                   const std::map<std::string, Value*>& inputs, const ImportOptions& options,
                                   Function& function) {
  return GraphImport(file, options, function).run(outputs, inputs);
}

}  // namespace minnow
