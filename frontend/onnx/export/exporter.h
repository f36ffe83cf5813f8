// A function on its way to ONNX: its values as they are there, and sizes that depend on the batch.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "frontend/onnx/export/export_function.h"
#include "frontend/onnx/export/graph_writer.h"

namespace minnow {

// A size at the two batches that the function was lowered for.
struct Extent {
  int64_t here = 0, there = 0;
  bool is_fixed() const { return here == there; }
  bool operator==(const Extent&) const = default;
};
using Extents = std::vector<Extent>;

// A value of the IR in ONNX, whose elementwise operators repeat dimensions of 1 and add missing ones in front: what the
// IR spells out by a broadcast need not be there.
struct OnnxValue {
  std::string name;
  size_t absent = 0;         // leading dimensions that the tensor does not have
  std::vector<bool> is_one;  // for each dimension of the IR's value: the tensor has 1 there, or nothing
};

class Exporter {
 public:
  Exporter(const OnnxExport& what, onnx::GraphProto& graph);

  Status run();

  GraphWriter& writer() { return writer_; }
  // Values by what rules see: the function at the first batch.
  const OnnxValue& value(const Value* value) const { return values_.at(value); }
  void define(const Value* value, OnnxValue exported);
  void define(const Value* value, std::string name);  // whole
  // The tensor with all its elements; a node that repeats them is added if need be.
  std::string whole(const Value* value);

  // The op or value that corresponds to it in the function at the other batch.
  const Op& other(const Op& op) const { return *other_ops_.at(&op); }
  Extents extents(const Value* value) const;
  Extents extents(const Shape& here, const Shape& there) const;
  // i64 [n]: those sizes, computed from the batch where they depend on it.
  std::string shape_of(const Extents& extents);
  // The same for Reshape, which finds out one size by itself.
  std::string reshape_target(const Extents& extents);
  std::string reshaped(const std::string& tensor, const Extents& extents);

  // What the file says of a tensor: "batch" for the batch, nothing for other sizes that depend on it.
  void set_type(onnx::ValueInfoProto& info, const std::string& name, DType dtype, const Extents& extents) const;

  // Ops of a body, whose parameters are defined, in order.
  Status export_ops(const Function& function);

 private:
  void find_batch();
  Status pair(const Function& here, const Function& there);
  Status export_op(const Op& op);
  Status check_linear(const Op& op) const;
  std::string batch();                     // i64 [1], the batch when the file is run
  std::string size_at_run(Extent extent);  // i64 [1]
  int64_t per_batch(Extent extent) const;

  const OnnxExport& what_;
  GraphWriter writer_;
  int64_t here_ = 0, there_ = 0;  // the batches
  std::unordered_map<const Value*, OnnxValue> values_;
  std::unordered_map<const Op*, const Op*> other_ops_;
  std::unordered_map<const Value*, const Value*> other_values_;
  std::string batch_input_, batch_;
};

}  // namespace minnow
