#include "runtime/division/shares.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace minnow {
namespace {

// Of a rank, roughly: what to divide is chosen by it, and must be chosen alike on all machines.
constexpr double kFlopsPerSecond = 50e9;
constexpr double kBytesPerSecond = 15e9;

// A kernel whose outputs are scattered more is not worth describing.
constexpr size_t kMostRanges = 1 << 14;

// Iterations times kernels of a sequential loop that is planned iteration by iteration.
constexpr int64_t kMostUnrolled = 4096;

double seconds_of(double flops, double bytes) { return std::max(flops / kFlopsPerSecond, bytes / kBytesPerSecond); }

ByteRanges scaled(ByteRanges elements, int64_t bytes) {
  for (ByteRange& range : elements) range = {range.begin * bytes, range.end * bytes};
  return elements;
}

// Of a tensor of `bytes` in so many rows, those in which elements [first, last) of `elements` lie.
ByteRange rows_with(int64_t first, int64_t last, int64_t elements, int64_t rows, int64_t bytes) {
  if (rows <= 1 || bytes % rows != 0) return {0, bytes};
  const int64_t row_bytes = bytes / rows;
  return {first * rows / elements * row_bytes, (last * rows + elements - 1) / elements * row_bytes};
}

}  // namespace

ByteRanges common(const ByteRanges& a, const ByteRanges& b) {
  if (a.empty() || b.empty() || a.back().end <= b.front().begin || b.back().end <= a.front().begin) return {};
  ByteRanges both;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const ByteRange range{std::max(a[i].begin, b[j].begin), std::min(a[i].end, b[j].end)};
    if (range.begin < range.end) both.push_back(range);
    a[i].end < b[j].end ? ++i : ++j;
  }
  return both;
}

ByteRanges without(const ByteRanges& a, const ByteRanges& b) {
  ByteRanges left;
  size_t j = 0;
  for (ByteRange range : a) {
    while (j < b.size() && b[j].end <= range.begin) ++j;
    for (size_t k = j; k < b.size() && b[k].begin < range.end; ++k) {
      if (b[k].begin > range.begin) left.push_back({range.begin, b[k].begin});
      range.begin = std::max(range.begin, b[k].end);
    }
    if (range.begin < range.end) left.push_back(range);
  }
  return left;
}

Shares::Shares(const CompiledFunction& compiled, int ranks)
    : compiled_(compiled), ranks_(ranks), places_(compiled.buffers.size()) {
  place_buffers();
}

void Shares::place_buffers() {
  memories_.push_back({Memory::Kind::kArena, 0, compiled_.arena_bytes, -1});
  std::map<std::pair<Memory::Kind, int>, int> made;
  for (size_t i = 0; i < places_.size(); ++i) {
    const Buffer& buffer = compiled_.buffers[i];
    if (buffer.kind == Buffer::Kind::kArena) places_[i] = {0, buffer.offset, -1};
    if (buffer.kind == Buffer::Kind::kConstant) places_[i] = {-1, 0, static_cast<int>(i)};
    if (buffer.kind != Buffer::Kind::kParameter && buffer.kind != Buffer::Kind::kResult) continue;
    const auto kind = buffer.kind == Buffer::Kind::kResult ? Memory::Kind::kResult : Memory::Kind::kParameter;
    const auto [found, is_new] = made.try_emplace({kind, buffer.index}, static_cast<int>(memories_.size()));
    if (is_new) memories_.push_back({kind, buffer.index, buffer.bytes, static_cast<int>(i)});
    places_[i] = {found->second, 0, -1};
  }
  std::vector<bool> is_in_sequence(compiled_.kernels.size());
  for (const SequentialLoop& loop : compiled_.sequences)
    for (size_t i = loop.first; i < loop.last; ++i) is_in_sequence[i] = true;
  for (size_t i = 0; i < compiled_.loops.size(); ++i) {
    const BlockLoop& loop = compiled_.loops[i];
    if (loop.sums < 0 || is_in_sequence[loop.first]) continue;
    places_[static_cast<size_t>(loop.sums)] = {static_cast<int>(memories_.size()), 0, -1};
    memories_.push_back({Memory::Kind::kSums, static_cast<int>(i), loop.sums_bytes * loop.partitions, loop.sums});
  }
}

Touch Shares::touch(int buffer, ByteRanges bytes) const {
  const BufferPlace& place = places_[static_cast<size_t>(buffer)];
  for (ByteRange& range : bytes) range = {range.begin + place.offset, range.end + place.offset};
  return {static_cast<size_t>(place.memory), std::move(bytes)};
}

Touch Shares::whole_of(int index) const { return touch(index, joined({{0, buffer(index).bytes}})); }

std::vector<Task> Shares::take_tasks() {
  add_tasks(0, compiled_.kernels.size(), 0);
  add(end_task());
  return std::move(tasks_);
}

void Shares::add(Task task) {
  task.settings = std::exchange(settings_, {});
  tasks_.push_back(std::move(task));
}

void Shares::set(int buffer, BufferPlace place) {
  places_[static_cast<size_t>(buffer)] = place;
  settings_.push_back({buffer, place});
}

bool Shares::is_worth_unrolling(const SequentialLoop& loop) const {
  int64_t kernels = 0;
  for (size_t i = loop.first; i < loop.last; ++i) kernels += compiled_.kernels[i].repeats;
  return kernels <= kMostUnrolled;
}

// Kernels [first, last), and the loops among them, of which `sequence` is the first that may lie there.
void Shares::add_tasks(size_t first, size_t last, size_t sequence) {
  for (size_t i = first; i < last;) {
    if (sequence < compiled_.sequences.size() && compiled_.sequences[sequence].first == i) {
      const SequentialLoop& loop = compiled_.sequences[sequence];
      if (is_worth_unrolling(loop)) add_iterations(sequence);
      else add(sequence_task(sequence));
      i = loop.last;
      sequence += 1 + loop.inner;
    } else if (compiled_.kernels[i].loop < 0) {
      add(kernel_task(i++));
    } else {
      const auto loop = static_cast<size_t>(compiled_.kernels[i].loop);
      add(loop_task(loop));
      i = compiled_.loops[loop].last;
    }
  }
}

// A buffer filled with zeros, or with what another holds.
void Shares::add_memory_task(Task::Kind kind, int index, int target) {
  Task task{kind, static_cast<size_t>(index), static_cast<size_t>(target), {}, 0, false, {}, {}};
  if (buffer(target).bytes == 0) return;
  if (kind == Task::Kind::kCopy && has_memory(index)) task.whole.reads.push_back(whole_of(index));
  task.whole.writes.push_back(whole_of(target));
  add(std::move(task));
}

// As the loop runs in one process.
void Shares::add_iterations(size_t sequence) {
  const SequentialLoop& loop = compiled_.sequences[sequence];
  const auto place = [&](int index) { return places_[static_cast<size_t>(index)]; };
  for (const int sum : loop.sums) add_memory_task(Task::Kind::kZero, sum, sum);
  for (int64_t iteration = 0; iteration < loop.count; ++iteration) {
    const int64_t part_index = loop.reverse ? loop.count - 1 - iteration : iteration;
    for (const SequentialLoop::Carry& carry : loop.carries) {
      set(carry.before, place(iteration == 0 ? carry.initial : carry.after));
      if (!carry.is_part) set(carry.after, place((loop.count - iteration) % 2 == 1 ? carry.last : carry.other));
    }
    for (const int part : loop.parts) {
      BufferPlace at = place(buffer(part).index);
      at.offset += part_index * buffer(part).bytes;
      set(part, at);
    }
    add_tasks(loop.first, loop.last, sequence + 1);
  }
  for (const SequentialLoop::Carry& carry : loop.carries)
    if (carry.is_part && carry.last >= 0) add_memory_task(Task::Kind::kCopy, carry.after, carry.last);
  settings_.clear();
}

// nullopt where it is not known what the units write.
std::optional<Share> Shares::kernel_share(const Kernel& kernel, int64_t begin, int64_t end) const {
  Share share{begin, end, {}, {}, {}};
  const bool is_all = begin == 0 && end == kernel.units;
  if (!is_all && !kernel.grid.is_known()) return std::nullopt;
  const UnitGrid& grid = kernel.grid;
  ByteRanges elements;
  const int64_t first_box = is_all ? 0 : grid.first_box(begin, kernel.units);
  const int64_t last_box = is_all ? 0 : grid.first_box(end, kernel.units);
  if (!is_all) elements = elements_of_boxes(grid, first_box, last_box, grid.shape.size());
  if (elements.size() > kMostRanges) return std::nullopt;
  for (size_t i = 0; i < kernel.buffers.size(); ++i) {
    const BufferUse& use = kernel.uses[i];
    const int index = kernel.buffers[i];
    if (!has_memory(index) || buffer(index).bytes == 0) continue;
    if (use.is_scratch) share.scratch.push_back(whole_of(index));
    if (use.is_read) {
      std::vector<ByteRange> read;
      for (int64_t part = 0; part < use.parts; ++part) {
        const int64_t from = use.offset + part * use.stride;
        ByteRange rows{0, use.bytes};
        if (!is_all && elements.empty()) rows = {0, 0};
        else if (!is_all)
          rows = rows_with(elements.front().begin, elements.back().end, grid.elements(), use.rows, use.bytes);
        read.push_back({from + rows.begin, from + rows.end});
      }
      share.reads.push_back(touch(index, joined(std::move(read))));
    }
    if (!use.is_written) continue;
    if (is_all) {
      share.writes.push_back(whole_of(index));
      continue;
    }
    if (use.grid_dims == 0) return std::nullopt;
    int64_t all = 1;
    for (size_t d = 0; d < use.grid_dims; ++d) all *= grid.shape[d];
    const bool has_all_dims = use.grid_dims == grid.shape.size();
    if (buffer(index).bytes % all != 0) return std::nullopt;
    const ByteRanges& own = has_all_dims ? elements : elements_of_boxes(grid, first_box, last_box, use.grid_dims);
    share.writes.push_back(touch(index, scaled(own, buffer(index).bytes / all)));
  }
  return share;
}

Task Shares::kernel_task(size_t index) const {
  const Kernel& kernel = compiled_.kernels[index];
  Task task{Task::Kind::kKernel, index, 0, {}, 0, false, *kernel_share(kernel, 0, kernel.units), {}};
  double partials = 0;
  for (size_t i = 0; i < kernel.uses.size(); ++i) {
    const BufferUse& use = kernel.uses[i];
    if (use.parts == 1) continue;
    const int memory = places_[static_cast<size_t>(kernel.buffers[i])].memory;
    task.is_finish = memory >= 0 && memories_[static_cast<size_t>(memory)].kind == Memory::Kind::kSums;
    partials += static_cast<double>(use.bytes * use.parts);
  }
  task.seconds = seconds_of(kernel.flops, kernel.bytes + partials);
  if (kernel.units < 2) return task;
  for (int rank = 0; rank < ranks_; ++rank) {
    auto share = kernel_share(kernel, kernel.units * rank / ranks_, kernel.units * (rank + 1) / ranks_);
    if (!share) {
      task.divided.clear();
      break;
    }
    task.divided.push_back(*std::move(share));
  }
  return task;
}

// What a kernel of the loop reads that one before it has written in the same block, was not there before.
Share Shares::loop_share(const BlockLoop& loop, int64_t begin, int64_t end) const {
  Share share{begin, end, {}, {}, {}};
  if (begin == end) return share;
  const int64_t first = loop.blocks * begin / loop.partitions, last = loop.blocks * end / loop.partitions;
  std::set<int> written;  // buffers of whole tensors
  const auto blocks = [&](const Buffer& block) {
    const int64_t most = buffer(block.index).bytes;
    return touch(block.index, joined({{std::min(most, first * block.bytes), std::min(most, last * block.bytes)}}));
  };
  std::set<std::pair<int, bool>> seen;
  for (size_t i = loop.first; i < loop.last; ++i) {
    const Kernel& kernel = compiled_.kernels[i];
    std::vector<int> writes;
    for (size_t j = 0; j < kernel.buffers.size(); ++j) {
      const Buffer& used = buffer(kernel.buffers[j]);
      const bool is_block = used.kind == Buffer::Kind::kBlock;
      const int root = is_block ? used.index : kernel.buffers[j];
      if (!has_memory(root)) continue;
      const Touch touched = is_block ? blocks(used) : whole_of(root);
      const BufferUse& use = kernel.uses[j];
      if (use.is_read && !written.contains(root) && seen.emplace(root, false).second) share.reads.push_back(touched);
      if (!use.is_written && !use.is_scratch) continue;
      writes.push_back(root);
      if (seen.emplace(root, true).second) share.writes.push_back(touched);
    }
    written.insert(writes.begin(), writes.end());
  }
  if (loop.sums >= 0) share.writes.push_back(touch(loop.sums, {{begin * loop.sums_bytes, end * loop.sums_bytes}}));
  return share;
}

Task Shares::loop_task(size_t index) const {
  const BlockLoop& loop = compiled_.loops[index];
  Task task{Task::Kind::kLoop, index, 0, {}, 0, false, loop_share(loop, 0, loop.partitions), {}};
  for (size_t i = loop.first; i < loop.last; ++i)
    task.seconds +=
        seconds_of(compiled_.kernels[i].flops, compiled_.kernels[i].bytes) * static_cast<double>(loop.blocks);
  if (loop.partitions < 2) return task;
  for (int rank = 0; rank < ranks_; ++rank)
    task.divided.push_back(loop_share(loop, loop.partitions * rank / ranks_, loop.partitions * (rank + 1) / ranks_));
  return task;
}

// All of whatever its kernels touch.
Task Shares::sequence_task(size_t index) const {
  const SequentialLoop& outer = compiled_.sequences[index];
  Task task{Task::Kind::kSequence, index, 0, {}, 0, false, {}, {}};
  std::set<int> reads, writes;
  const auto add = [&](std::set<int>& set, int buffer_index) {
    while (buffer_index >= 0 &&
           (buffer(buffer_index).kind == Buffer::Kind::kPart || buffer(buffer_index).kind == Buffer::Kind::kBlock))
      buffer_index = buffer(buffer_index).index;
    if (buffer_index >= 0 && has_memory(buffer_index)) set.insert(buffer_index);
  };
  for (size_t i = outer.first; i < outer.last; ++i) {
    const Kernel& kernel = compiled_.kernels[i];
    const int64_t blocks = kernel.loop < 0 ? 1 : compiled_.loops[static_cast<size_t>(kernel.loop)].blocks;
    task.seconds += seconds_of(kernel.flops, kernel.bytes) * static_cast<double>(kernel.repeats * blocks);
    for (size_t j = 0; j < kernel.buffers.size(); ++j) {
      if (kernel.uses[j].is_read) add(reads, kernel.buffers[j]);
      if (kernel.uses[j].is_written || kernel.uses[j].is_scratch) add(writes, kernel.buffers[j]);
    }
    if (kernel.loop >= 0) add(writes, compiled_.loops[static_cast<size_t>(kernel.loop)].sums);
  }
  for (size_t i = index; i <= index + outer.inner; ++i) {
    const SequentialLoop& loop = compiled_.sequences[i];
    for (const int sum : loop.sums) add(writes, sum);
    for (const SequentialLoop::Carry& carry : loop.carries) {
      add(reads, carry.initial);
      for (const int written : {carry.after, carry.last, carry.other}) add(writes, written);
    }
  }
  for (const int read : reads) task.whole.reads.push_back(whole_of(read));
  for (const int written : writes) task.whole.writes.push_back(whole_of(written));
  return task;
}

Task Shares::end_task() const {
  Task task{Task::Kind::kEnd, 0, 0, {}, 0, false, {}, {}};
  for (size_t i = 0; i < memories_.size(); ++i) {
    const Memory& memory = memories_[i];
    if (memory.kind == Memory::Kind::kArena || memory.kind == Memory::Kind::kSums || memory.bytes == 0) continue;
    task.whole.reads.push_back({i, {{0, memory.bytes}}});
  }
  return task;
}

}  // namespace minnow
