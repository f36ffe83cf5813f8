// The preview of training: https://onnx.ai/onnx/operators/ has the equations of ai.onnx.preview.training. Optimisers
// take n tensors, and behind them n gradients and what they keep of each.
#include "frontend/onnx/graph_import.h"
#include "frontend/onnx/ops/elements.h"
#include "passes/gradient/vjp.h"

namespace minnow::onnx_ops {
namespace {

// Differentiating an op takes about as long as importing so many nodes.
constexpr int64_t kNodesPerOp = 10;

// The operands of an optimiser that takes `kinds` of each tensor.
struct Step {
  Value* rate;   // f32[]
  Value* count;  // f32[], of steps before
  size_t tensors;
};

Step step_of(NodeScope& n, size_t kinds) {
  const size_t operands = n.inputs() - 2;
  require(operands > 0 && operands % kinds == 0, "it has {} inputs, but takes 2 and {} for each tensor", n.inputs(),
          kinds);
  const auto number = [&](size_t i) { return n.b.convert(n.b.reshape(n.value(i), {}), DType::kF32); };
  return {number(0), number(1), operands / kinds};
}

// Operand `kind` of tensor i: 0 is itself, 1 its gradient.
Value* of_tensor(NodeScope& n, const Step& step, size_t kind, size_t i) {
  const size_t input = 2 + kind * step.tensors + i;
  require(n.shape(input) == n.shape(2 + i), "input {} is {}, but the tensor {}", input, shape_to_string(n.shape(input)),
          shape_to_string(n.shape(2 + i)));
  return n.floats(input);
}

Value* regularized_gradient(NodeScope& n, const Step& step, size_t i) {
  return n.b.add(n.b.mul(of_tensor(n, step, 0, i), n.real("norm_coefficient")), of_tensor(n, step, 1, i));
}

// What is kept of tensor i, or the tensor itself, anew.
void give_next(NodeScope& n, const Step& step, size_t kind, size_t i, Value* value) {
  n.give(kind * step.tensors + i, value, n.type(2 + i));
}

// `later` from the second step on.
Value* after_first(GraphBuilder& b, const Step& step, Value* later, Value* first) {
  return b.select(b.binary(OpKind::kGreater, step.count, 0.0), later, first);
}

// The mean that a * mean + (1 - a) * x makes, from 0 on, as if from x on.
Value* weight_so_far(GraphBuilder& b, const Step& step, double decay) {
  return b.sub(b.like(step.count, 1), b.binary(OpKind::kPower, b.like(step.count, decay), step.count));
}

// Operands of the node that say where to differentiate, which must be the values themselves. In a loop's body,
// those from around it are parameters, which do not say what they are made of.
std::vector<Value*> asked_for(NodeScope& n, const std::vector<std::string>& names, int64_t first) {
  std::vector<Value*> values;
  for (size_t i = 0; i < names.size(); ++i) {
    const size_t input = static_cast<size_t>(first) + i;
    require(n.has(input) && n.node().input(static_cast<int>(input)) == names[i],
            "it differentiates at other values than those of the graph, which is not supported");
    values.push_back(n.floats(input));
    require(n.operand(input).body == n.graph().body(), "a loop cannot differentiate at values from around it");
  }
  return values;
}

}  // namespace

// The derivatives of the sum of y. It is made by the pass that makes a training step.
void gradient(NodeScope& n) {
  GraphBuilder& b = n.b;
  const std::vector<std::string> names = n.texts("xs"), fixed = n.texts("zs");
  require(n.inputs() == names.size() + fixed.size() && n.outputs() <= names.size(),
          "it has {} inputs and {} results for {} tensors", n.inputs(), n.outputs(), names.size());
  const std::vector<Value*> values = asked_for(n, names, 0);
  asked_for(n, fixed, std::ssize(names));
  const Seed seed{n.graph().computed(n.text("y")), nullptr};
  require(seed.value->type.dtype == DType::kF32, "y is no float");
  const size_t before = b.function().ops().size();
  n.graph().count_nodes(kNodesPerOp * static_cast<int64_t>(before));
  const auto found = backpropagate(b.function(), {&seed, 1}, values);
  if (!found) throw Refusal{found.error().message, found.error().hint};
  b.count_from(before);
  for (size_t i = 0; i < n.outputs(); ++i)
    n.give(i, (*found)[i] != nullptr ? (*found)[i] : b.like(values[i], 0), n.type(i));
}

void adagrad(NodeScope& n) {
  GraphBuilder& b = n.b;
  const Step step = step_of(n, 3);
  Value* rate = b.div(step.rate, b.add(b.mul(step.count, n.real("decay_factor")), 1.0));
  for (size_t i = 0; i < step.tensors; ++i) {
    Value* g = regularized_gradient(n, step, i);
    Value* squares = b.add(of_tensor(n, step, 2, i), b.square(g));
    Value* by = b.add(b.sqrt(squares), n.real("epsilon", 1e-6));
    give_next(n, step, 0, i, b.sub(of_tensor(n, step, 0, i), b.div(b.mul(g, rate), by)));
    give_next(n, step, 1, i, squares);
  }
}

void adam(NodeScope& n) {
  GraphBuilder& b = n.b;
  const Step step = step_of(n, 4);
  const double alpha = n.real("alpha", 0.9), beta = n.real("beta", 0.999);
  Value* grown = b.div(b.sqrt(weight_so_far(b, step, beta)), weight_so_far(b, step, alpha));
  Value* rate = after_first(b, step, b.mul(step.rate, grown), step.rate);
  for (size_t i = 0; i < step.tensors; ++i) {
    Value* g = regularized_gradient(n, step, i);
    Value* mean = b.add(b.mul(of_tensor(n, step, 2, i), alpha), b.mul(g, 1 - alpha));
    Value* squares = b.add(b.mul(of_tensor(n, step, 3, i), beta), b.mul(b.square(g), 1 - beta));
    Value* by = b.add(b.sqrt(squares), n.real("epsilon", 1e-6));
    Value* next = b.sub(of_tensor(n, step, 0, i), b.div(b.mul(mean, rate), by));
    give_next(n, step, 0, i, b.mul(next, 1 - n.real("norm_coefficient_post")));
    give_next(n, step, 1, i, mean);
    give_next(n, step, 2, i, squares);
  }
}

void momentum(NodeScope& n) {
  GraphBuilder& b = n.b;
  const Step step = step_of(n, 3);
  const double alpha = n.real("alpha");
  const std::string mode = n.text("mode");
  require(mode == "standard" || mode == "nesterov", "the mode \"{}\" is not known", mode);
  Value* share = after_first(b, step, b.like(step.count, n.real("beta")), b.like(step.count, 1));
  for (size_t i = 0; i < step.tensors; ++i) {
    Value* g = regularized_gradient(n, step, i);
    Value* velocity = b.add(b.mul(of_tensor(n, step, 2, i), alpha), b.mul(g, share));
    Value* way = mode == "nesterov" ? b.add(g, b.mul(velocity, alpha)) : velocity;
    give_next(n, step, 0, i, b.sub(of_tensor(n, step, 0, i), b.mul(way, step.rate)));
    give_next(n, step, 1, i, velocity);
  }
}

}  // namespace minnow::onnx_ops
