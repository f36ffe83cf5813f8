#include "frontend/onnx/export/exporter.h"

#include <algorithm>

#include "frontend/onnx/export/export_rules.h"

namespace minnow {
namespace {

constexpr auto kRules = rule_table<ExportRule, Status (*)(const Op&, Exporter&)>();

// "dense of layer "fc"", for messages.
std::string title_of(const Op& op) {
  return op.location.layer.empty() ? std::string(mnemonic(op.kind))
                                   : fmt::format("{} of \"{}\"", mnemonic(op.kind), op.location.layer);
}

tl::unexpected<Error> depends_on_batch(const std::string& what) {
  return fail_with_hint("", what + " depends on the batch size in a way that one file cannot hold",
                        "--batch N writes it for batches of N");
}

}  // namespace

Exporter::Exporter(const OnnxExport& what, onnx::GraphProto& graph) : what_(what), writer_(graph) {}

Status Exporter::pair(const Function& here, const Function& there) {
  if (here.parameters().size() != there.parameters().size() || here.ops().size() != there.ops().size())
    return depends_on_batch("@" + here.name());
  for (size_t i = 0; i < here.parameters().size(); ++i)
    other_values_[here.parameters()[i].get()] = there.parameters()[i].get();
  for (auto a = here.ops().begin(), b = there.ops().begin(); a != here.ops().end(); ++a, ++b) {
    const Op &op = **a, &other = **b;
    const bool is_same = op.kind == other.kind && op.operands.size() == other.operands.size() &&
                         op.results.size() == other.results.size();
    if (!is_same) return depends_on_batch(title_of(op));
    other_ops_[&op] = &other;
    for (size_t i = 0; i < op.results.size(); ++i) other_values_[op.result(i)] = other.result(i);
    if (op.body) MINNOW_TRY(pair(*op.body, *other.body));
    MINNOW_TRY(check_linear(op));
  }
  return {};
}

Status Exporter::check_linear(const Op& op) const {
  for (const auto& result : op.results) {
    const Value* other = other_values_.at(result.get());
    if (result->type.rank() != other->type.rank()) return depends_on_batch(title_of(op));
    for (const Extent& extent : extents(result.get()))
      if (!extent.is_fixed() && (here_ == there_ || (extent.there - extent.here) % (there_ - here_) != 0))
        return depends_on_batch(title_of(op));
  }
  return {};
}

// Dimension 0 of the first input in which it differs.
void Exporter::find_batch() {
  for (size_t i = 0; i < what_.function.parameters().size() && i < what_.at_other_batch.parameters().size(); ++i) {
    const Value &here = *what_.function.parameters()[i], &there = *what_.at_other_batch.parameters()[i];
    if (here.role != Role::kInput || here.type.rank() == 0 || there.type.rank() == 0) continue;
    if (here.type.dim(0) == there.type.dim(0)) continue;
    batch_input_ = here.name;
    here_ = here.type.dim(0);
    there_ = there.type.dim(0);
    return;
  }
}

Status Exporter::run() {
  find_batch();
  MINNOW_TRY(pair(what_.function, what_.at_other_batch));
  for (const auto& parameter : what_.function.parameters()) {
    const std::string name = writer_.fresh(parameter->name);
    if (parameter->role == Role::kInput)
      set_type(*writer_.root().add_input(), name, parameter->type.dtype, extents(parameter.get()));
    else if (parameter->role == Role::kScalar)
      return fail("", "@{} takes the run-time number \"{}\", which a file for inference has not", what_.function.name(),
                  parameter->name);
    else writer_.initializer(name, parameter->type, what_.bytes_of(*parameter));
    define(parameter.get(), name);
  }
  std::vector<std::string> outputs;
  for (const FunctionResult& result : what_.function.results()) outputs.push_back(writer_.fresh(result.name));
  MINNOW_TRY(export_ops(what_.function));
  writer_.set_prefix("");
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Value* value = what_.function.results()[i].value;
    set_type(*writer_.root().add_output(), outputs[i], value->type.dtype, extents(value));
    writer_.add("Identity", {whole(value)}).set_output(0, outputs[i]);
  }
  return {};
}

Status Exporter::export_ops(const Function& function) {
  for (const auto& op : function.ops()) MINNOW_TRY(export_op(*op));
  return {};
}

Status Exporter::export_op(const Op& op) {
  writer_.set_prefix(op.location.layer);
  Status status = kRules[static_cast<size_t>(op.kind)](op, *this);
  if (!status) status.error().message = title_of(op) + " " + status.error().message;
  return status;
}

void Exporter::define(const Value* value, OnnxValue exported) { values_[value] = std::move(exported); }

void Exporter::define(const Value* value, std::string name) {
  define(value, OnnxValue{std::move(name), 0, std::vector<bool>(static_cast<size_t>(value->type.rank()))});
}

Extents Exporter::extents(const Value* value) const {
  return extents(value->type.shape, other_values_.at(value)->type.shape);
}

Extents Exporter::extents(const Shape& here, const Shape& there) const {
  Extents result;
  for (size_t i = 0; i < here.size(); ++i) result.push_back({here[i], there[i]});
  return result;
}

std::string Exporter::whole(const Value* value) {
  const OnnxValue& known = values_.at(value);
  const Extents wanted = extents(value);
  bool is_whole = known.absent == 0;
  for (size_t i = 0; i < wanted.size(); ++i) is_whole = is_whole && (!known.is_one[i] || wanted[i] == Extent{1, 1});
  return is_whole ? known.name : writer_.node("Expand", {known.name, shape_of(wanted)});
}

int64_t Exporter::per_batch(Extent extent) const { return (extent.there - extent.here) / (there_ - here_); }

std::string Exporter::batch() {
  if (!batch_.empty()) return batch_;
  const GraphWriter::Inside outermost(writer_, writer_.root());
  batch_ = writer_.node("Slice", {writer_.node("Shape", {batch_input_}), writer_.integers({0}), writer_.integers({1})});
  return batch_;
}

std::string Exporter::size_at_run(Extent extent) {
  std::string size = batch();
  const int64_t factor = per_batch(extent), offset = extent.here - factor * here_;
  if (factor != 1) size = writer_.node("Mul", {size, writer_.integers({factor})});
  if (offset != 0) size = writer_.node("Add", {size, writer_.integers({offset})});
  return size;
}

std::string Exporter::shape_of(const Extents& extents) {
  std::vector<std::string> parts;
  std::vector<int64_t> fixed;
  const auto close = [&] {
    if (!fixed.empty()) parts.push_back(writer_.integers(fixed));
    fixed.clear();
  };
  for (const Extent& extent : extents) {
    if (extent.is_fixed()) {
      fixed.push_back(extent.here);
      continue;
    }
    close();
    parts.push_back(size_at_run(extent));
  }
  if (parts.empty()) return writer_.integers(fixed);
  close();
  if (parts.size() == 1) return parts[0];
  onnx::NodeProto& concat = writer_.add("Concat", parts);
  set_attribute(concat, "axis", int64_t{0});
  return concat.output(0);
}

std::string Exporter::reshape_target(const Extents& extents) {
  const auto count = std::ranges::count_if(extents, [](const Extent& extent) { return !extent.is_fixed(); });
  if (count > 1) return shape_of(extents);
  std::vector<int64_t> target;
  for (const Extent& extent : extents) target.push_back(extent.is_fixed() ? extent.here : -1);
  return writer_.integers(target);
}

std::string Exporter::reshaped(const std::string& tensor, const Extents& extents) {
  return writer_.node("Reshape", {tensor, reshape_target(extents)});
}

void Exporter::set_type(onnx::ValueInfoProto& info, const std::string& name, DType dtype,
                        const Extents& extents) const {
  info.set_name(name);
  onnx::TypeProto::Tensor& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx_type(dtype));
  type.mutable_shape();
  for (const Extent& extent : extents) {
    onnx::TensorShapeProto::Dimension& dim = *type.mutable_shape()->add_dim();
    if (extent.is_fixed()) dim.set_dim_value(extent.here);
    else if (extent == Extent{here_, there_}) dim.set_dim_param("batch");
  }
}

Result<std::string> export_onnx(const OnnxExport& what) {
  constexpr int kIrVersion = 8, kOpset = 17;
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("minnow");
  model.add_opset_import()->set_version(kOpset);
  model.mutable_opset_import(0)->set_domain("");
  for (const auto& [key, value] : what.metadata) {
    onnx::StringStringEntryProto& entry = *model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  model.mutable_graph()->set_name(what.name);
  MINNOW_TRY(Exporter(what, *model.mutable_graph()).run());
  if (model.ByteSizeLong() > static_cast<size_t>(std::numeric_limits<int32_t>::max()))
    return fail("", "the model has {} bytes, but an ONNX file holds 2 GiB", model.ByteSizeLong());
  return model.SerializeAsString();
}

}  // namespace minnow
