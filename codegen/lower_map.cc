#include <algorithm>

#include "codegen/lowering.h"
#include "ir/map.h"
#include "ir/threshold.h"
#include "passes/group/tile_batch.h"

namespace minnow {
namespace {

const Threshold kMaxPartitions{"partitions of a block loop", 8};

int64_t aligned(int64_t bytes) { return (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment; }

// The op that makes a value, inside a fused op's body if there is one.
const Op& producer(const Value& value) {
  const Op& op = *value.op;
  return op.kind == OpKind::kFused ? *op.body->results()[static_cast<size_t>(value.index)].value->op : op;
}

}  // namespace

void Lowering::lower_map(const Op& map) {
  const MemoryPlan plan = plan_memory(*map.body);
  const int loop = static_cast<int>(out_.loops.size());
  out_.loops.push_back({});
  const int64_t blocks = block_count(map);
  BlockLoop& made = out_.loops.back();
  made.first = out_.works.size();
  made.blocks = blocks;
  made.partitions = kMaxPartitions.at_most(blocks);
  made.local_bytes = plan.arena_bytes;

  Lowering body(map, plan, loop, *this);
  std::vector<PartialSums> sums(map.results.size());
  const auto block_of = [&](int outer, const Value& value) {
    const Layout layout = out_.buffers[static_cast<size_t>(outer)].layout;
    return storage_.add({Buffer::Kind::kBlock, outer, 0, value.type.bytes(), {}, layout});
  };
  for (size_t i = 0; i < map.operands.size(); ++i) {
    const Value* parameter = map.body->parameters()[i].get();
    if (is_split(map.attr<MapAttributes>(), i))
      storage_.place(parameter, block_of(storage_.find(map.operands[i]), *parameter));
    else storage_.alias(parameter, map.operands[i]);
  }
  for (size_t i = 0; i < map.results.size(); ++i) {
    const Value* value = map.body->results()[i].value;
    if (is_summed(map.attr<MapAttributes>(), i)) {
      body.result_buffers_.push_back(body.add_sum(producer(*value), sums[i]));
      continue;
    }
    body.result_buffers_.push_back(block_of(storage_.find(map.result(i)), *value));
  }
  body.lower_ops();

  BlockLoop& done = out_.loops[static_cast<size_t>(loop)];
  done.last = out_.works.size();
  if (done.sums_bytes == 0) return;
  done.sums = add_scratch(done.sums_bytes * done.partitions);
  for (size_t i = 0; i < map.results.size(); ++i)
    if (is_summed(map.attr<MapAttributes>(), i)) add_finish(map, i, sums[i]);
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

void Lowering::add_finish(const Op& map, size_t result, PartialSums sums) {
  const BlockLoop& loop = out_.loops.back();
  sums.buffer = loop.sums;
  sums.stride = loop.sums_bytes;
  sums.partitions = loop.partitions;
  KernelWork work;
  work.origin = &producer(*map.body->results()[result].value);
  work.sums = sums;
  work.outputs = {{map.result(result), storage_.find(map.result(result))}};
  work.ops = "sum of partials";
  out_.works.push_back(std::move(work));
}

}  // namespace minnow
