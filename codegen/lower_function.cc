#include <algorithm>

#include "codegen/emit_conv.h"
#include "codegen/emit_pixel_conv.h"
#include "codegen/lowering.h"
#include "ir/windows.h"

namespace minnow {

bool is_heavy(OpKind kind) {
  return has_trait(kind, kReduction | kContraction | kWindow) || kind == OpKind::kScatterAdd;
}

namespace {

std::vector<std::byte> constant_bytes(const Op& op) {
  const auto& values = op.attr<ConstantAttributes>().values;
  std::vector<std::byte> data(static_cast<size_t>(op.type().bytes()));
  auto write = [&]<typename T>(T*) {
    auto* out = reinterpret_cast<T*>(data.data());
    for (int64_t i = 0; i < op.type().elements(); ++i) {
      out[i] = static_cast<T>(values[values.size() == 1 ? 0 : static_cast<size_t>(i)]);
    }
  };
  switch (op.type().dtype) {
    case DType::kF32: write(static_cast<float*>(nullptr)); break;
    case DType::kF64: write(static_cast<double*>(nullptr)); break;
    case DType::kI32: write(static_cast<int32_t*>(nullptr)); break;
    case DType::kU8:
    case DType::kPred: write(static_cast<uint8_t*>(nullptr)); break;
  }
  return data;
}

}  // namespace

void Lowering::lower_ops() {
  for (const auto& op : function_.ops()) place_op(*op);
  permanent_bytes_ = arena_bytes();
  for (const auto& op : function_.ops()) {
    scratch_bytes_ = permanent_bytes_;
    lower(*op);
  }
  for (const std::vector<size_t>& together : plan_.needs_copy) {
    std::vector<KernelOutput> outputs;
    for (const size_t index : together) outputs.push_back({function_.results()[index].value, result_buffer(index)});
    add_copy(std::move(outputs));
  }
}

void Lowering::place_parameters() {
  for (const auto& parameter : function_.parameters()) {
    storage_.place(
        parameter.get(),
        storage_.add({Buffer::Kind::kParameter, parameter->index, 0, parameter->type.bytes(), {}, Layout::kRowMajor}));
  }
}

// Where a result of the function goes: over the weight or state of its name, or to a buffer of its own.
int Lowering::result_buffer(size_t index) {
  if (loop_ >= 0) return result_buffers_[index];
  const FunctionResult& result = function_.results()[index];
  if (const Value* parameter = function_.replaced_parameter(result)) return storage_.find(parameter);
  return storage_.add(
      {Buffer::Kind::kResult, static_cast<int>(index), 0, result.value->type.bytes(), {}, Layout::kRowMajor});
}

int Lowering::on_arena(int64_t offset, int64_t bytes) {
  if (loop_ < 0) return storage_.add({Buffer::Kind::kArena, 0, offset, bytes, {}, Layout::kRowMajor});
  return storage_.add({Buffer::Kind::kLocal, 0, offset, bytes, {}, Layout::kExamplesInner});
}

int Lowering::place_on_arena(int64_t bytes, int64_t& top) {
  const int64_t offset = (top + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
  top = offset + bytes;
  arena_bytes() = std::max(arena_bytes(), top);
  return on_arena(offset, bytes);
}

void Lowering::place_op(const Op& op) {
  if (op.kind == OpKind::kConstant) {
    storage_.place(op.result(), storage_.add({Buffer::Kind::kConstant, 0, 0, op.type().bytes(), constant_bytes(op),
                                              Layout::kRowMajor}));
    return;
  }
  for (const auto& result : op.results) {
    const int buffer = home(result.get());
    if (lies_in_blocks(result.get())) out_.buffers[static_cast<size_t>(buffer)].layout = Layout::kExamplesInner;
    storage_.place(result.get(), buffer);
    if (out_.remarks != nullptr) out_.remarks->say(result.get(), layout_text(result.get()));
  }
}

std::string Lowering::layout_text(const Value* value) const {
  if (loop_ >= 0) return "layout [...][16], examples innermost: in a block loop a vector lane is an example";
  if (lies_in_blocks(value)) return "layout [N/16][...][16], examples innermost: a map writes it and only maps read it";
  if (value->op->kind == OpKind::kMap)
    return "layout row-major: it is a result, a sum over examples, or read outside of maps";
  return "layout row-major: outside of block loops";
}

int Lowering::home(const Value* value) {
  if (const auto found = plan_.in_place.find(value); found != plan_.in_place.end()) {
    return storage_.find(found->second);
  }
  if (const auto found = plan_.outputs.find(value); found != plan_.outputs.end()) return result_buffer(found->second);
  if (const auto found = plan_.slots.find(value); found != plan_.slots.end()) {
    return on_arena(found->second.offset, value->type.bytes());
  }
  return place_on_arena(value->type.bytes(), arena_bytes());
}

void Lowering::lower(const Op& op) {
  if (op.kind == OpKind::kConstant) return;
  if (op.kind == OpKind::kFused) return lower_fused(op);
  if (op.kind == OpKind::kMap) return lower_map(op);
  const bool is_shared = plan_.shares_operand.contains(op.result());
  if (op.kind == OpKind::kReshape && is_shared) return;  // the bytes are there already
  KernelWork work;
  work.origin = &op;
  if (is_heavy(op.kind)) work.main = &op;
  work.inside = {&op};
  work.outputs = {{op.result(), storage_.find(op.result())}};
  work.ops = mnemonic(op.kind);
  add_work(std::move(work));
}

std::vector<const Op*> heavy_ops(const Op& op) {
  std::vector<const Op*> heavy;
  for (const auto& inner : op.body->ops()) {
    if (is_heavy(inner->kind)) heavy.push_back(inner.get());
  }
  return heavy;
}

bool Lowering::fits_one_kernel(const Op& op) const {
  if (op.kind != OpKind::kFused) return true;
  if (op.attr<FusedAttributes>().kind == FusionKind::kRow) return true;
  const auto heavy = heavy_ops(op);
  const Shape& shape = op.results[0]->type.shape;
  for (const auto& result : op.results) {
    if (result->type.shape != shape) return false;
  }
  if (heavy.empty()) return true;
  if (heavy.size() != 1 || heavy[0]->type().shape != shape) return false;
  return has_trait(heavy[0]->kind, kContraction) || scatters_each_once(*heavy[0]);
}

void Lowering::lower_fused(const Op& op) {
  for (size_t i = 0; i < op.operands.size(); ++i) storage_.alias(op.body->parameters()[i].get(), op.operands[i]);
  for (const auto& inner : op.body->ops()) {
    if (inner->kind == OpKind::kConstant) place_op(*inner);
  }
  if (!fits_one_kernel(op)) return divide(op);
  const auto heavy = heavy_ops(op);
  KernelWork work;
  work.origin = &op;
  work.row = op.attr<FusedAttributes>().kind == FusionKind::kRow;
  if (!work.row && !heavy.empty()) work.main = heavy[0];
  for (const auto& inner : op.body->ops()) {
    work.inside.insert(inner.get());
    if (inner->kind == OpKind::kConstant) continue;
    work.ops += (work.ops.empty() ? "" : "+") + std::string(mnemonic(inner->kind));
  }
  for (size_t i = 0; i < op.results.size(); ++i) {
    work.outputs.push_back({op.body->results()[i].value, storage_.find(op.results[i].get())});
  }
  add_work(std::move(work));
}

// A body that is no kernel of ours: every heavy op becomes one with what leads to it, then the results are computed.
// One that has the memory of an operand is put there when all others are done, which may read that operand.
void Lowering::divide(const Op& op) {
  std::unordered_set<const Op*> light;
  for (const auto& inner : op.body->ops()) {
    if (!is_heavy(inner->kind)) light.insert(inner.get());
  }
  for (const Op* heavy : heavy_ops(op)) {
    KernelWork work;
    work.origin = &op;
    work.main = heavy;
    work.inside = light;
    work.inside.insert(heavy);
    work.ops = mnemonic(heavy->kind);
    storage_.place(heavy->result(), add_scratch(heavy->type().bytes()));
    work.outputs = {{heavy->result(), storage_.find(heavy->result())}};
    add_work(std::move(work));
  }
  std::vector<KernelOutput> copies;
  for (size_t i = 0; i < op.results.size(); ++i) {
    const Value* value = op.body->results()[i].value;
    int target = storage_.find(op.results[i].get());
    const bool is_last = i + 1 == op.results.size() && copies.empty();
    if (!is_last && overlaps_operand(op, target)) {
      copies.push_back({value, target});
      if (storage_.find(value) >= 0) continue;
      target = add_scratch(value->type.bytes());
      storage_.place(value, target);
    }
    KernelWork work;
    work.origin = &op;
    work.inside = light;
    work.outputs = {{value, target}};
    work.ops = "loop";
    add_work(std::move(work));
  }
  add_copies(std::move(copies));
}

bool Lowering::overlaps_operand(const Op& op, int buffer) const {
  const Buffer& target = out_.buffers[static_cast<size_t>(buffer)];
  return std::ranges::any_of(op.operands, [&](const Value* operand) {
    const int index = storage_.find(operand);
    if (index < 0) return false;
    const Buffer& source = out_.buffers[static_cast<size_t>(index)];
    if (index == buffer) return true;
    const bool is_arena = target.kind == Buffer::Kind::kArena || target.kind == Buffer::Kind::kLocal;
    return is_arena && source.kind == target.kind && source.offset < target.offset + target.bytes &&
           target.offset < source.offset + source.bytes;
  });
}

void Lowering::add_work(KernelWork work) {
  work.loop = loop_;
  const bool packs_images =
      loop_ < 0 && work.main != nullptr && is_fast_conv(*work.main) && !is_pixel_conv(*work.main, lanes_);
  if (packs_images) {
    const int64_t bytes = conv_scratch_bytes(*work.main, lanes_);
    if (bytes > 0) work.scratch = add_scratch(bytes);
    if (work.main->kind == OpKind::kConvFilter) {
      work.stage = KernelWork::Stage::kPartial;
      out_.works.push_back(work);
      work.stage = KernelWork::Stage::kFinish;
    }
  }
  out_.works.push_back(std::move(work));
}

void Lowering::add_copies(std::vector<KernelOutput> copies) {
  while (!copies.empty()) {
    const auto others = std::ranges::partition(
        copies, [type = copies.front().value->type](const KernelOutput& copy) { return copy.value->type == type; });
    std::vector<KernelOutput> rest(others.begin(), others.end());
    copies.erase(others.begin(), others.end());
    add_copy(std::exchange(copies, std::move(rest)));
  }
}

// Of one type. Each element is read of all before it is written to any.
void Lowering::add_copy(std::vector<KernelOutput> outputs) {
  KernelWork work;
  work.outputs = std::move(outputs);
  work.ops = "copy";
  work.loop = loop_;
  out_.works.push_back(std::move(work));
}

void lower_function(const Function& function, const MemoryPlan& plan, int lanes, LoweredFunction& lowered) {
  Lowering(function, plan, lanes, lowered).run();
}

}  // namespace minnow
