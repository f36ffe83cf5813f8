#include "frontend/onnx/node_scope.h"

namespace minnow::onnx_ops {
namespace {

struct Statistics {
  Value* mean;
  Value* variance;
};

Statistics statistics_over(GraphBuilder& b, Value* x, const Dims& dims) {
  Value* mean = b.mean(x, dims, true);
  return {mean, b.mean(b.square(b.sub(x, mean)), dims, true)};
}

Value* inverse_deviation(GraphBuilder& b, Value* variance, double epsilon) {
  Value* deviation = b.sqrt(b.add(variance, epsilon));
  return b.div(b.like(deviation, 1), deviation);
}

// y [C] as a factor of the channels, dimension 1.
Value* per_channel(NodeScope& n, Value* y) {
  Shape shape(n.shape().size(), 1);
  require(n.rank() > 1 && y->type.shape == Shape{n.dim(0, 1)}, "{} does not fit the channels of {}",
          shape_to_string(y->type.shape), shape_to_string(n.shape()));
  shape[1] = n.dim(0, 1);
  return n.b.reshape(y, shape);
}

// Less the mean, by the deviation.
Value* standardized(NodeScope& n, Value* x, const Statistics& statistics) {
  return n.b.mul(n.b.sub(x, statistics.mean), inverse_deviation(n.b, statistics.variance, n.real("epsilon", 1e-5)));
}

// Times the scale of its channel, input 1, and its bias added, input 2.
Value* scaled(NodeScope& n, Value* x) {
  Value* y = n.b.mul(x, per_channel(n, n.floats(1)));
  return n.b.add(y, per_channel(n, n.floats(2)));
}

}  // namespace

// While training, and where the node says so, by the statistics of the batch, which running ones follow.
void batch_normalization(NodeScope& n) {
  GraphBuilder& b = n.b;
  require(n.whole("spatial", 1) != 0, "statistics of each place are not supported: spatial is 0");
  const bool has_states = n.is_state(3) && n.is_state(4);
  Value* x = n.floats();
  Value* running_mean = n.state(3);
  Value* running_variance = n.state(4);
  const double momentum = n.real("momentum", 0.9);
  const bool says_so = n.whole("training_mode") != 0;
  Statistics statistics = {per_channel(n, running_mean), per_channel(n, running_variance)};
  if (says_so || (n.is_training() && has_states)) {
    Dims dims = dims_from(2, n.rank());
    dims.insert(dims.begin(), 0);
    statistics = statistics_over(b, x, dims);
    const auto updated = [&](Value* running, Value* batch) {
      return b.add(b.mul(running, momentum), b.mul(b.reshape(batch, running->type.shape), 1 - momentum));
    };
    Value* mean = updated(running_mean, statistics.mean);
    Value* variance = updated(running_variance, statistics.variance);
    n.give(1, mean, n.type(3));
    n.give(2, variance, n.type(4));
    if (n.is_training() && has_states) n.update_state(3, mean), n.update_state(4, variance);
  }
  n.give(scaled(n, standardized(n, x, statistics)));
}

void instance_normalization(NodeScope& n) {
  Value* x = n.floats();
  require(n.rank() > 2, "it needs [N,C,...], but is {}", shape_to_string(n.shape()));
  n.give(scaled(n, standardized(n, x, statistics_over(n.b, x, dims_from(2, n.rank())))));
}

// Scale and bias are those of groups before version 21.
void group_normalization(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  const int64_t groups = n.whole("num_groups"), rank = n.rank();
  require(rank > 1 && groups > 0 && n.dim(0, 1) % groups == 0, "{} groups do not fit {}", groups,
          shape_to_string(n.shape()));
  Shape grouped = n.shape();
  grouped[1] = n.dim(0, 1) / groups;
  grouped.insert(grouped.begin() + 1, groups);
  Value* y = b.reshape(x, grouped);
  y = standardized(n, y, statistics_over(b, y, dims_from(2, rank + 1)));
  if (n.shape(1) == Shape{groups} && groups != n.dim(0, 1)) {
    Shape column(grouped.size(), 1);
    column[1] = groups;
    y = b.mul(y, b.reshape(n.floats(1), column));
    return n.give(b.reshape(b.add(y, b.reshape(n.floats(2), column)), n.shape()));
  }
  n.give(scaled(n, b.reshape(y, n.shape())));
}

void layer_normalization(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  const Dims dims = dims_from(axis_of(n.whole("axis", -1), n.rank()), n.rank());
  const Statistics statistics = statistics_over(b, x, dims);
  Value* inverse = inverse_deviation(b, statistics.variance, n.real("epsilon", 1e-5));
  Value* y = b.mul(b.mul(b.sub(x, statistics.mean), inverse), n.floats(1));
  n.give(n.has(2) ? b.add(y, n.floats(2)) : y);
  n.give(1, statistics.mean, onnx::TensorProto::FLOAT);
  n.give(2, inverse, onnx::TensorProto::FLOAT);
}

void rms_normalization(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  const Dims dims = dims_from(axis_of(n.whole("axis", -1), n.rank()), n.rank());
  Value* inverse = inverse_deviation(b, b.mean(b.square(x), dims, true), n.real("epsilon", 1e-5));
  n.give(b.mul(b.mul(x, inverse), n.floats(1)));
}

void mean_variance_normalization(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  const Dims given = n.has_attribute("axes") ? n.wholes("axes") : Dims{0, 2, 3};
  const Statistics statistics = statistics_over(b, x, axes_of(given, n.rank()));
  n.give(b.div(b.sub(x, statistics.mean), b.add(b.sqrt(statistics.variance), 1e-9)));
}

void lp_normalization(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  const int64_t axis = axis_of(n.whole("axis", -1), n.rank()), p = n.whole("p", 2);
  require(p == 1 || p == 2, "p is {}, but 1 and 2 are supported", p);
  Value* norm = p == 1 ? b.sum(b.abs(x), {axis}, true) : b.sqrt(b.sum(b.square(x), {axis}, true));
  // Of zeros nothing is left.
  Value* is_zero = b.binary(OpKind::kEqual, norm, 0.0);
  n.give(b.div(x, b.select(is_zero, 1.0, norm)));
}

// Squares summed over neighbouring channels.
void local_response_normalization(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.floats();
  const int64_t size = n.whole("size"), rank = n.rank();
  require(rank > 1 && size > 0 && size <= 4096, "a window of {} channels does not fit {}", size,
          shape_to_string(n.shape()));
  Dims low(n.shape().size(), 0), high = low;
  low[1] = (size - 1) / 2;
  high[1] = size - 1 - low[1];
  Value* squares = b.pad(b.square(x), low, high);
  Value* sum = b.slice(squares, 1, 0, n.dim(0, 1));
  for (int64_t i = 1; i < size; ++i) sum = b.add(sum, b.slice(squares, 1, i, i + n.dim(0, 1)));
  Value* base = b.add(b.mul(sum, n.real("alpha", 1e-4) / static_cast<double>(size)), n.real("bias", 1));
  n.give(b.div(x, b.binary(OpKind::kPower, base, n.real("beta", 0.75))));
}

// Random where the function trains; as it is elsewhere, unless the node asks for it.
void dropout(NodeScope& n) {
  GraphBuilder& b = n.b;
  Value* x = n.value();
  const double rate = n.has(1) ? n.number(1) : n.real("ratio", 0.5);
  const bool says_so = n.has(2) && n.number(2) != 0;
  require(rate >= 0 && rate < 1, "the ratio is {}", rate);
  const bool drops = rate > 0 && (n.is_training() || says_so);
  require(!drops || n.is_training(), "it draws random numbers, which it does while training only");
  Value* kept = b.constant({DType::kPred, x->type.shape}, 1);
  if (drops) {
    Value* drawn = n.draw(x->type.shape);
    kept = b.binary(OpKind::kGreaterEqual, drawn, rate);
    x = b.select(kept, b.mul(x, 1 / (1 - rate)), 0.0);
  }
  n.give(x);
  n.give(1, kept, n.version() < 10 ? n.type() : onnx::TensorProto::BOOL);
}

}  // namespace minnow::onnx_ops
