#include <algorithm>

#include "codegen/kernels/emit_kernel.h"
#include "codegen/lowering.h"
#include "codegen/right_operand.h"
#include "ir/loop.h"
#include "ir/threshold.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

const Threshold kMaxPartitions{"partitions of a block loop", 8};

// The op that makes a value, inside a fused op's body if there is one.
const Op& producer(const Value& value) {
  const Op& op = *value.op;
  return op.kind == OpKind::kFused ? *op.body->results()[static_cast<size_t>(value.index)].value->op : op;
}

}  // namespace

void Lowering::lower_loop(const Op& loop) {
  is_block_loop(loop) ? lower_block_loop(loop) : lower_sequential_loop(loop);
}

void Lowering::lower_block_loop(const Op& loop) {
  const MemoryPlan plan = plan_body(loop);
  std::unordered_map<const Op*, PackedAhead> packed = pack_ahead(loop);
  const int index = static_cast<int>(out_.loops.size());
  out_.loops.push_back({});
  const int64_t blocks = loop.attr<LoopAttributes>().count;
  BlockLoop& made = out_.loops.back();
  made.first = out_.works.size();
  made.blocks = blocks;
  made.partitions = kMaxPartitions.at_most(blocks);
  made.local_bytes = plan.arena_bytes;

  Lowering body(loop, plan, index, 0, *this);
  body.packed_ahead_ = std::move(packed);
  std::vector<PartialSums> sums(loop.results.size());
  const auto block_of = [&](int outer, const Value& value) {
    const Layout layout = out_.buffers[static_cast<size_t>(outer)].layout;
    return storage_.add({Buffer::Kind::kBlock, outer, 0, value.type.bytes(), {}, layout});
  };
  for (size_t i = 0; i < loop.operands.size(); ++i) {
    const Value* parameter = loop.body->parameters()[i].get();
    if (is_split(loop.attr<LoopAttributes>(), i))
      storage_.place(parameter, block_of(storage_.find(loop.operands[i]), *parameter));
    else storage_.alias(parameter, loop.operands[i]);
  }
  for (size_t i = 0; i < loop.results.size(); ++i) {
    const Value* value = loop.body->results()[i].value;
    if (is_summed(loop.attr<LoopAttributes>(), i)) {
      body.result_buffers_.push_back(body.add_sum(producer(*value), sums[i]));
      continue;
    }
    body.result_buffers_.push_back(block_of(storage_.find(loop.result(i)), *value));
  }
  body.lower_ops();

  BlockLoop& done = out_.loops[static_cast<size_t>(index)];
  done.last = out_.works.size();
  if (done.sums_bytes == 0) return;
  done.sums = add_scratch(done.sums_bytes * done.partitions);
  for (size_t i = 0; i < loop.results.size(); ++i)
    if (is_summed(loop.attr<LoopAttributes>(), i)) add_finish(loop, i, sums[i]);
}

// A partition's part of a sum.
int Lowering::add_sum(const Op& producer, PartialSums& sums) {
  BlockLoop& loop = block_loop();
  sums.per_lane = sums_lanes_apart(producer);
  sums.offset = loop.sums_bytes;
  const int64_t bytes = producer.type().bytes() * (sums.per_lane ? kBlockExamples : 1);
  loop.sums_bytes = aligned(loop.sums_bytes + bytes);
  return storage_.add({Buffer::Kind::kPartial, 0, sums.offset, bytes, {}, Layout::kRowMajor});
}

void Lowering::add_finish(const Op& loop, size_t result, PartialSums sums) {
  const BlockLoop& blocks = out_.loops.back();
  sums.buffer = blocks.sums;
  sums.stride = blocks.sums_bytes;
  sums.partitions = blocks.partitions;
  KernelWork work;
  work.origin = &producer(*loop.body->results()[result].value);
  work.sums = sums;
  work.outputs = {{loop.result(result), storage_.find(loop.result(result))}};
  work.ops = "sum of partials";
  out_.works.push_back(std::move(work));
}

// The body's kernels lie behind each other in the list as they run, `count` times. They have the loop's slot of the
// plan; what kernels need beside that lies behind whatever is live around the loop.
void Lowering::lower_sequential_loop(const Op& loop) {
  const auto& attributes = loop.attr<LoopAttributes>();
  const MemoryPlan::LoopSlot& planned = plan_.loops.at(&loop);
  std::unordered_map<const Op*, PackedAhead> packed = pack_ahead(loop);
  const size_t index = out_.sequences.size();
  SequentialLoop& made = out_.sequences.emplace_back();
  made.first = out_.works.size();
  made.count = attributes.count;
  made.reverse = attributes.reverse;
  made.carries.resize(attributes.carry.size());
  int64_t top = planned.slot.offset;
  std::unordered_map<size_t, int> own;  // buffers of the loop, by result
  for (const size_t i : loop_buffers(loop)) {
    own[i] = on_arena(top, loop.result(i)->type.bytes());
    top += aligned(loop.result(i)->type.bytes());
  }
  place_loop_operands(loop, index);
  Lowering body(loop, *planned.body, -1, base_ + top, *this);
  place_loop_results(loop, index, own, body);
  body.sequence_bytes_ = live_->end() - top;
  body.repeats_ *= attributes.count;
  body.packed_ahead_ = std::move(packed);
  body.lower_ops();
  for (size_t i = 0; i < loop.results.size(); ++i)
    if (is_summed(attributes, i)) body.add_to_sum(*loop.body->results()[i].value, loop.result(i));
  arena_bytes() = std::max(arena_bytes(), top + body.sequence_bytes_);
  out_.sequences[index].last = out_.works.size();
  out_.sequences[index].inner = out_.sequences.size() - index - 1;
}

// What products in the body read whole, packed as they read it. A program without threads is short of memory, too.
std::unordered_map<const Op*, Lowering::PackedAhead> Lowering::pack_ahead(const Op& loop) {
  const auto& attributes = loop.attr<LoopAttributes>();
  std::unordered_map<const Op*, PackedAhead> packed;
  if (!target_.has_threads) return packed;
  for (const auto& op : loop.body->ops()) {
    if (const auto kept = kept_panels_.find(op.get()); kept != kept_panels_.end()) {
      add_packing(*op, kept->second, true);
      packed.insert(*kept);
      continue;
    }
    if (operand_from_around(loop, right_operand(*op)) == nullptr) continue;
    auto schedule = packed_ahead(*op, is_block_loop(loop), attributes.count);
    if (!schedule) continue;
    const int buffer = add_scratch(bytes_packed_ahead(*schedule));
    const auto [made, is_new] = packed.emplace(op.get(), PackedAhead{*std::move(schedule), buffer});
    add_packing(*op, made->second, false);
  }
  return packed;
}

std::optional<ContractionSchedule> Lowering::packed_ahead(const Op& op, bool is_in_block, int64_t iterations) const {
  KernelWork reader;
  reader.main = product_in(op);
  reader.loop = is_in_block ? 0 : -1;
  return choose_packed_ahead(*reader.main, target_of(reader, target_), is_in_block, iterations);
}

void Lowering::add_packing(const Op& op, const PackedAhead& packed, bool is_kept) {
  KernelWork work;
  work.origin = &op;
  work.main = product_in(op);
  work.contraction = packed.schedule;
  work.packs_panels = true;
  work.is_kept = is_kept;
  work.ops = "pack";
  work.repeats = repeats_;
  work.outputs = {{work.main->operands[1], packed.buffer}};
  out_.works.push_back(std::move(work));
}

int Lowering::add_part(int whole, const Value& part, size_t sequence) {
  const int buffer = storage_.add({Buffer::Kind::kPart, whole, 0, part.type.bytes(), {}, Layout::kRowMajor});
  out_.sequences[sequence].parts.push_back(buffer);
  return buffer;
}

void Lowering::place_loop_operands(const Op& loop, size_t sequence) {
  const auto& attributes = loop.attr<LoopAttributes>();
  for (size_t i = 0; i < loop.operands.size(); ++i) {
    const Value* parameter = loop.body->parameters()[i].get();
    if (is_whole(attributes, i)) {
      storage_.alias(parameter, loop.operands[i]);
    } else if (is_split(attributes, i)) {
      storage_.place(parameter, add_part(storage_.find(loop.operands[i]), *parameter, sequence));
    } else {
      SequentialLoop::Carry& carry = out_.sequences[sequence].carries[last_result(attributes, i)];
      const int64_t bytes = parameter->type.bytes();
      carry.initial = storage_.find(loop.operands[i]);
      carry.before = storage_.add({Buffer::Kind::kCarried, 0, 0, bytes, {}, Layout::kRowMajor});
      storage_.place(parameter, carry.before);
    }
  }
}

void Lowering::place_loop_results(const Op& loop, size_t sequence, const std::unordered_map<size_t, int>& own,
                                  Lowering& body) {
  const auto& attributes = loop.attr<LoopAttributes>();
  body.result_buffers_.resize(loop.results.size(), -1);
  for (size_t i = attributes.carry.size(); i < loop.results.size(); ++i) {
    const int result = storage_.find(loop.result(i));
    if (is_summed(attributes, i)) {
      out_.sequences[sequence].sums.push_back(result);
      body.result_buffers_[i] = own.at(i);
    } else {
      body.result_buffers_[i] = add_part(result, *loop.body->results()[i].value, sequence);
    }
  }
  for (size_t i = 0; i < attributes.carry.size(); ++i) {
    SequentialLoop::Carry& carry = out_.sequences[sequence].carries[i];
    const auto stacked = stacked_with(loop, i);
    carry.is_part = stacked.has_value();
    carry.last = carry.is_part && uses_.count(loop.result(i)) == 0 ? -1 : storage_.find(loop.result(i));
    carry.after =
        stacked ? body.result_buffers_[*stacked]
                : storage_.add({Buffer::Kind::kCarried, 0, 0, loop.result(i)->type.bytes(), {}, Layout::kRowMajor});
    if (own.contains(i)) carry.other = own.at(i);
    body.result_buffers_[i] = carry.after;
  }
}

// Of what one iteration has computed, wherever that lies.
void Lowering::add_to_sum(const Value& part, const Value* sum) {
  KernelWork work;
  work.adds = true;
  work.outputs = {{&part, storage_.find(sum)}};
  work.ops = "add to sum";
  work.repeats = repeats_;
  out_.works.push_back(std::move(work));
}

}  // namespace minnow
