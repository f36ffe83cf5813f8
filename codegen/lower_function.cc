#include "codegen/lower_function.h"

#include <algorithm>
#include <span>

#include "codegen/kernels/emit_kernel.h"
#include "codegen/lowering.h"
#include "ir/loop.h"
#include "passes/group/stage_blocks.h"

namespace minnow {

namespace {

// An op whose loops are not those over the elements of its result.
bool is_heavy(OpKind kind) {
  static constexpr OpKind kOthers[] = {OpKind::kScatterAdd, OpKind::kCumSum, OpKind::kArgSort};
  return has_trait(kind, kReduction | kContraction | kWindow) || std::ranges::find(kOthers, kind) != std::end(kOthers);
}

}  // namespace

std::vector<std::byte> constant_bytes(const Op& op) {
  const auto& values = op.attr<ConstantAttributes>().values;
  std::vector<std::byte> data(static_cast<size_t>(op.type().bytes()));
  auto write = [&]<typename T>(T*) {
    const std::span out(reinterpret_cast<T*>(data.data()), data.size() / sizeof(T));
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<T>(values[values.size() == 1 ? 0 : i]);
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

void Lowering::lower_ops() {
  for (const auto& op : function_.ops()) place_op(*op);
  keep_panels();
  // In the body of a sequential loop all that lies around it is live, too, and what is kept is so all the time.
  const int64_t known = is_sequence() ? 0 : plan_.arena_bytes;
  live_.emplace(plan_, function_.ops().size(), std::pair(known, arena_bytes()));
  for (const auto& op : function_.ops()) {
    live_->advance();
    lower(*op);
  }
  for (const std::vector<size_t>& together : plan_.needs_copy) {
    std::vector<KernelOutput> outputs;
    for (const size_t index : together) {
      const Value* value = function_.results()[index].value;
      const int buffer = result_buffer(index);
      if (buffer != storage_.find(value)) outputs.push_back({value, buffer});
    }
    if (!outputs.empty()) add_copy(std::move(outputs));
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
  if (is_body_) return result_buffers_[index];
  const FunctionResult& result = function_.results()[index];
  if (const Value* parameter = function_.replaced_parameter(result)) return storage_.find(parameter);
  return storage_.add(
      {Buffer::Kind::kResult, static_cast<int>(index), 0, result.value->type.bytes(), {}, Layout::kRowMajor});
}

int Lowering::on_arena(int64_t offset, int64_t bytes) {
  if (loop_ < 0) return storage_.add({Buffer::Kind::kArena, 0, base_ + offset, bytes, {}, Layout::kRowMajor});
  return storage_.add({Buffer::Kind::kLocal, 0, offset, bytes, {}, Layout::kExamplesInner});
}

int64_t& Lowering::arena_bytes() {
  if (loop_ >= 0) return block_loop().local_bytes;
  return is_sequence() ? sequence_bytes_ : out_.arena_bytes;
}

int Lowering::place_on_arena(int64_t bytes) {
  const int64_t offset = aligned(arena_bytes());
  arena_bytes() = offset + bytes;
  return on_arena(offset, bytes);
}

// For the op that is being lowered.
int Lowering::add_scratch(int64_t bytes) {
  const int64_t offset = live_->take(bytes);
  arena_bytes() = std::max(arena_bytes(), offset + bytes);
  return on_arena(offset, bytes);
}

void Lowering::place_op(const Op& op) {
  if (op.kind == OpKind::kConstant) {
    const int index = static_cast<int>(out_.constants.size());
    out_.constants.push_back(&op);
    storage_.place(op.result(), storage_.add({Buffer::Kind::kConstant, index, 0, op.type().bytes(), {}}));
    return;
  }
  for (const auto& result : op.results) {
    const int buffer = home(result.get());
    if (lies_in_blocks(result.get(), uses_)) out_.buffers[static_cast<size_t>(buffer)].layout = Layout::kExamplesInner;
    storage_.place(result.get(), buffer);
    if (out_.remarks != nullptr) out_.remarks->say(result.get(), layout_text(result.get()));
  }
}

std::string Lowering::layout_text(const Value* value) const {
  if (loop_ >= 0) return "layout [...][16], examples innermost: in a block loop a vector lane is an example";
  if (lies_in_blocks(value, uses_))
    return "layout [N/16][...][16], examples innermost: a loop writes it and only loops read it";
  if (is_block_loop(*value->op))
    return "layout row-major: it is a result, a sum over examples, or read outside of loops";
  return "layout row-major: outside of block loops";
}

int Lowering::home(const Value* value) {
  if (const auto found = plan_.views.find(value); found != plan_.views.end()) return storage_.find(found->second);
  if (is_kept(*value->op)) return place_on_arena(value->type.bytes());
  if (const auto found = plan_.in_place.find(value); found != plan_.in_place.end()) {
    return storage_.find(found->second);
  }
  if (const auto found = plan_.outputs.find(value); found != plan_.outputs.end()) return result_buffer(found->second);
  if (const auto found = plan_.slots.find(value); found != plan_.slots.end()) {
    return on_arena(found->second.offset, value->type.bytes());
  }
  return place_on_arena(value->type.bytes());
}

void Lowering::lower(const Op& op) {
  if (op.kind == OpKind::kConstant) return;
  if (op.kind == OpKind::kFused) return lower_fused(op);
  if (op.kind == OpKind::kLoop) return lower_loop(op);
  const auto is_apart = [this](const Value* value) { return is_kept(*value->op); };  // and shares no bytes of the plan
  if (moves_nothing(plan_, op) &&
      (plan_.views.contains(op.result()) || (!is_apart(op.result()) && std::ranges::none_of(op.operands, is_apart))))
    return;
  KernelWork work;
  work.origin = &op;
  if (is_heavy(op.kind)) work.main = &op;
  work.inside = {&op};
  work.outputs = {{op.result(), storage_.find(op.result())}};
  work.ops = mnemonic(op.kind);
  add_work(std::move(work));
}

void Lowering::lower_fused(const Op& op) {
  for (size_t i = 0; i < op.operands.size(); ++i) storage_.alias(op.body->parameters()[i].get(), op.operands[i]);
  for (const auto& inner : op.body->ops()) {
    if (inner->kind == OpKind::kConstant) place_op(*inner);
  }
  const auto form = kernel_form(op);
  MINNOW_CHECK(form, "a fused op that is no kernel: {}", form.error().why);
  KernelWork work;
  work.origin = &op;
  if (const auto* row = std::get_if<RowShape>(&*form)) work.row = *row;
  if (const auto* contraction = std::get_if<ContractionForm>(&*form)) work.main = contraction->main;
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

// Nothing is to be done for tensors of no element, in which no address is safe.
void Lowering::add_work(KernelWork work) {
  const auto is_empty = [](const KernelOutput& output) { return output.value->type.elements() == 0; };
  if (std::ranges::all_of(work.outputs, is_empty)) return;
  work.loop = loop_;
  work.repeats = repeats_;
  work.is_kept = is_kept(*work.origin);
  if (const auto kept = kept_panels_.find(work.origin); kept != kept_panels_.end()) {
    add_packing(*work.origin, kept->second, true);
    packed_ahead_.insert(*kept);
  }
  if (const auto found = packed_ahead_.find(work.origin); found != packed_ahead_.end()) {
    work.contraction = found->second.schedule;
    work.panels = found->second.buffer;
  } else {
    schedule_kernel(work, target_);
    transform_filter(work);
  }
  if (out_.remarks != nullptr && !work.schedule_text().empty())
    out_.remarks->say(work.origin->result(), "schedule: " + work.schedule_text());
  const ScratchNeed need = scratch_need(work, target_of(work, target_));
  if (need.bytes > kMaxStackBytes || need.bytes > target_.stack_bytes) {
    work.scratch_bytes = aligned(need.bytes);
    work.scratch_units = target_.has_threads ? kMaxScratchUnits.at_most(need.pieces) : 1;
    work.scratch = add_scratch(work.scratch_bytes * work.scratch_units);
  }
  out_.works.push_back(std::move(work));
}

// Of few images, whose kernel's units all read it, in front of it.
void Lowering::transform_filter(KernelWork& work) {
  const auto* filtering = work.contraction ? std::get_if<WinogradSchedule>(&*work.contraction) : nullptr;
  if (filtering == nullptr || filtering->bands.empty()) return;
  work.panels = add_scratch(filtering->bytes_packed_ahead());
  add_packing(*work.origin, {*work.contraction, work.panels}, false);
}

// Of one type. Each element is read of all before it is written to any.
void Lowering::add_copy(std::vector<KernelOutput> outputs) {
  KernelWork work;
  work.outputs = std::move(outputs);
  work.ops = "copy";
  work.loop = loop_;
  work.repeats = repeats_;
  out_.works.push_back(std::move(work));
}

void lower_function(const Function& function, const MemoryPlan& plan, const Target& target, LoweredFunction& lowered) {
  Lowering(function, plan, target, lowered).run();
}

}  // namespace minnow
