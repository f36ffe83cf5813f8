// Graphs inside of nodes. What decides about them must be known. A branch is written out; iterations become a loop, or
// are written out, one behind the other, where they differ in more than numbers.
#include <algorithm>

#include "frontend/onnx/graph_import.h"
#include "frontend/onnx/ops/iterate.h"

namespace minnow::onnx_ops {
namespace {

constexpr int64_t kMostIterations = 10000;        // that are written out
constexpr int64_t kMostLoopIterations = 1000000;  // of a loop

Operand known_operand(HostTensor tensor) {
  return {.type = tensor.type, .shape = tensor.shape, .known = std::make_shared<const HostTensor>(std::move(tensor))};
}

bool truth_of(const Operand& operand) {
  require(operand.known != nullptr && operand.known->size() == 1 && !operand.known->is_strings(),
          "its condition is not known before anything is computed");
  return operand.known->number(0) != 0;
}

// Results of all iterations, put together along a new dimension.
Operand stacked(NodeScope& n, std::vector<Operand>& parts, int64_t axis, bool in_reverse) {
  if (in_reverse) std::ranges::reverse(parts);
  const auto is_known = [](const Operand& part) {
    return part.known != nullptr && part.known->held() == part.known->size() && !part.known->is_strings();
  };
  const int64_t rank = static_cast<int64_t>(parts[0].shape.size()) + 1;
  const int64_t dim = axis_of(axis, rank);
  if (dim == 0 && std::ranges::all_of(parts, is_known)) {
    HostTensor all{parts[0].type, parts[0].shape, {}, {}};
    all.shape.insert(all.shape.begin(), static_cast<int64_t>(parts.size()));
    for (const Operand& part : parts) {
      require(part.shape == parts[0].shape, "its iterations give {} and {}", shape_to_string(parts[0].shape),
              shape_to_string(part.shape));
      all.ints.insert(all.ints.end(), part.known->ints.begin(), part.known->ints.end());
      all.floats.insert(all.floats.end(), part.known->floats.begin(), part.known->floats.end());
    }
    return known_operand(std::move(all));
  }
  std::vector<Value*> values;
  for (Operand& part : parts) {
    Value* value = n.graph().value_of(part);
    Shape shape = value->type.shape;
    shape.insert(shape.begin() + std::min<int64_t>(dim, value->type.rank()), 1);
    values.push_back(n.b.reshape(value, shape));
  }
  Value* all = n.b.concat(std::move(values), dim);
  return {.type = parts[0].type, .shape = all->type.shape, .value = all};
}

// Where there are no iterations, results to be put together have no shape but that which the body declares.
Operand empty_stack(const onnx::ValueInfoProto& declared) {
  Shape shape = {0};
  for (const auto& dim : declared.type().tensor_type().shape().dim())
    shape.push_back(std::max<int64_t>(dim.dim_value(), 0));
  require(checked_element_count(shape).has_value() && shape.size() <= kMaxRank,
          "its body declares a result of {}, which is too large", shape_to_string(shape));
  return known_operand(HostTensor::zeros(declared.type().tensor_type().elem_type(), shape));
}

// Why it is written out, if that was refused.
std::string reason(const std::string& why) { return why.empty() ? "" : ", and is no loop: " + why; }

void give_results(NodeScope& n, IterationResults results) {
  const size_t carried = results.carried.size();
  for (size_t i = 0; i < carried; ++i) n.give_operand(i, std::move(results.carried[i]));
  for (size_t i = 0; i < results.stacked.size(); ++i) n.give_operand(carried + i, std::move(results.stacked[i]));
}

}  // namespace

// A condition that is computed takes both branches, and one of the two results.
void if_else(NodeScope& n) {
  if (n.is_known(0)) {
    std::vector<Operand> results =
        n.graph().run_subgraph(n.subgraph(n.number(0) != 0 ? "then_branch" : "else_branch"), {});
    for (size_t i = 0; i < results.size(); ++i) n.give_operand(i, std::move(results[i]));
    return;
  }
  std::vector<Operand> on_true = n.graph().run_subgraph(n.subgraph("then_branch"), {});
  std::vector<Operand> on_false = n.graph().run_subgraph(n.subgraph("else_branch"), {});
  require(on_true.size() == on_false.size(), "its branches give {} and {} results", on_true.size(), on_false.size());
  Value* condition = n.b.reshape(n.value(), {});
  for (size_t i = 0; i < on_true.size(); ++i) {
    require(!on_true[i].is_sequence && on_true[i].type == on_false[i].type && on_true[i].shape == on_false[i].shape,
            "its condition is computed, but its branches give {} and {}", shape_to_string(on_true[i].shape),
            shape_to_string(on_false[i].shape));
    n.give(i, n.b.select(condition, n.graph().value_of(on_true[i]), n.graph().value_of(on_false[i])), on_true[i].type);
  }
}

void loop(NodeScope& n) {
  const onnx::GraphProto& body = n.subgraph("body");
  const int64_t most = n.has(0) ? n.whole_number(0) : kMostIterations + 1;
  bool goes_on = !n.has(1) || truth_of(n.operand(1));
  std::vector<Operand> carried;
  for (size_t i = 2; i < n.inputs(); ++i) carried.push_back(n.operand(i));
  const size_t scans = n.outputs() - std::min(n.outputs(), carried.size());
  std::string why;
  if (goes_on && n.has(0) && most <= kMostLoopIterations)
    if (auto results = iterate(
            n, body,
            {.count = most, .is_counted = true, .carried = carried, .stacked_parts = std::vector<Parts>(scans)}, &why))
      return give_results(n, *std::move(results));
  std::vector<std::vector<Operand>> stacks(scans);
  int64_t iteration = 0;
  for (; goes_on && iteration < most; ++iteration) {
    require(iteration < kMostIterations, "it goes round more than {} times{}", kMostIterations, reason(why));
    std::vector<Operand> inputs = {known_operand(HostTensor::of_ints({}, {iteration})),
                                   known_operand(HostTensor::splat(onnx::TensorProto::BOOL, {}, 1))};
    inputs.insert(inputs.end(), carried.begin(), carried.end());
    std::vector<Operand> results = n.graph().run_subgraph(body, std::move(inputs));
    require(results.size() == 1 + carried.size() + scans, "its body gives {} results, but {} are asked for",
            results.size(), 1 + carried.size() + scans);
    // A condition that is passed through goes on; one that is not known can only be asked if it decides.
    goes_on = iteration + 1 >= most && n.has(0) && results[0].known == nullptr ? false : truth_of(results[0]);
    for (size_t i = 0; i < carried.size(); ++i) carried[i] = std::move(results[1 + i]);
    for (size_t i = 0; i < scans; ++i) stacks[i].push_back(std::move(results[1 + carried.size() + i]));
  }
  for (size_t i = 0; i < carried.size(); ++i) n.give_operand(i, std::move(carried[i]));
  for (size_t i = 0; i < scans; ++i) {
    const auto declared = static_cast<int>(1 + carried.size() + i);
    require(iteration > 0 || declared < body.output_size(), "its body gives {} results", body.output_size());
    n.give_operand(carried.size() + i,
                   iteration > 0 ? stacked(n, stacks[i], 0, false) : empty_stack(body.output(declared)));
  }
}

namespace {

// What a Scan says of its inputs, or of its results.
std::vector<Parts> parts_of(const NodeScope& n, std::string_view which, size_t count) {
  const auto list = [&](std::string_view what) {
    const std::string name = fmt::format("scan_{}_{}", which, what);
    Dims values = n.has_attribute(name) ? n.wholes(name) : Dims(count, 0);
    require(values.size() == count, "{} has {} numbers, but {} are needed", name, values.size(), count);
    return values;
  };
  const Dims axes = list("axes"), directions = list("directions");
  std::vector<Parts> parts;
  for (size_t i = 0; i < count; ++i) parts.push_back({axes[i], directions[i] != 0});
  return parts;
}

// Iteration by iteration.
IterationResults scan_written_out(NodeScope& n, const onnx::GraphProto& body, Iterations all, const std::string& why) {
  require(all.count <= kMostIterations, "it goes round more than {} times{}", kMostIterations, reason(why));
  std::vector<std::vector<Operand>> stacks(all.stacked_parts.size());
  const size_t states = all.carried.size();
  for (int64_t iteration = 0; iteration < all.count; ++iteration) {
    std::vector<Operand> inputs = std::move(all.carried);
    for (size_t i = 0; i < all.scanned.size(); ++i) {
      const auto [axis, in_reverse] = all.scanned_parts[i];
      const int64_t at = in_reverse ? all.count - 1 - iteration : iteration;
      Shape shape = all.scanned[i].shape;
      shape.erase(shape.begin() + axis);
      Value* part = n.b.reshape(n.b.slice(n.graph().value_of(all.scanned[i]), axis, at, at + 1), shape);
      inputs.push_back({.type = all.scanned[i].type, .shape = shape, .value = part});
    }
    std::vector<Operand> results = n.graph().run_subgraph(body, std::move(inputs));
    require(results.size() == states + stacks.size(), "its body gives {} results, but {} are asked for", results.size(),
            states + stacks.size());
    all.carried.assign(results.begin(), results.begin() + static_cast<int64_t>(states));
    for (size_t i = 0; i < stacks.size(); ++i) stacks[i].push_back(std::move(results[states + i]));
  }
  IterationResults results{std::move(all.carried), {}};
  for (size_t i = 0; i < stacks.size(); ++i)
    results.stacked.push_back(stacked(n, stacks[i], all.stacked_parts[i].axis, all.stacked_parts[i].in_reverse));
  return results;
}

}  // namespace

void scan(NodeScope& n) {
  require(n.version() >= 9, "its version is not supported");
  const onnx::GraphProto& body = n.subgraph("body");
  const auto scanned = static_cast<size_t>(n.whole("num_scan_inputs"));
  require(scanned >= 1 && scanned <= n.inputs(), "num_scan_inputs is {}", scanned);
  const size_t states = n.inputs() - scanned;
  require(n.outputs() >= states, "it has {} states, but {} results", states, n.outputs());
  Iterations all{.count = 0,
                 .scanned_parts = parts_of(n, "input", scanned),
                 .stacked_parts = parts_of(n, "output", n.outputs() - states)};
  for (size_t i = 0; i < states; ++i) all.carried.push_back(n.operand(i));
  for (size_t i = 0; i < scanned; ++i) {
    int64_t& axis = all.scanned_parts[i].axis;
    axis = axis_of(axis, n.rank(states + i));
    const int64_t count = n.dim(states + i, axis);
    require(i == 0 || count == all.count, "its inputs have {} and {} parts", all.count, count);
    all.count = count;
    all.scanned.push_back(n.operand(states + i));
  }
  require(all.count >= 1 && all.count <= kMostLoopIterations, "it goes round {} times, but 1 to {} are supported",
          all.count, kMostLoopIterations);
  std::string why;
  auto results = iterate(n, body, all, &why);
  give_results(n, results ? *std::move(results) : scan_written_out(n, body, std::move(all), why));
}

}  // namespace minnow::onnx_ops
