#include "runtime/kernel_runner.h"

#include <algorithm>
#include <cstring>

#include "runtime/guards.h"

namespace minnow {

KernelRunner::KernelRunner(std::shared_ptr<const CompiledFunction> compiled, ThreadPool& pool,
                           const ExecutorOptions& options)
    : compiled_(std::move(compiled)), pool_(pool), options_(options), arena_(compiled_->arena_bytes),
      addresses_(compiled_->buffers.size()) {
  for (size_t i = 0; i < addresses_.size(); ++i) addresses_[i] = fixed_address(i);
  size_t most_buffers = 0;
  for (const Kernel& kernel : compiled_->kernels) most_buffers = std::max(most_buffers, kernel.buffers.size());
  kernel_buffers_.reserve(most_buffers);
  for (int i = 0; i < pool.threads() && !compiled_->loops.empty(); ++i) {
    local_arenas_.emplace_back(local_bytes(compiled_->loops));
    locals_.push_back(local_arenas_.back().data());
    part_buffers_.emplace_back().reserve(most_buffers);
  }
}

// Parameters and results lie where their owners have them, what belongs to a block or partition is found when that
// runs; the rest stays where it is.
std::byte* KernelRunner::fixed_address(size_t i) {
  const Buffer& buffer = compiled_->buffers[i];
  switch (buffer.kind) {
    case Buffer::Kind::kArena: return arena_.data() + buffer.offset;
    case Buffer::Kind::kConstant: {
      AlignedBytes& constant = constants_.emplace_back(static_cast<int64_t>(buffer.data.size()));
      std::copy(buffer.data.begin(), buffer.data.end(), constant.data());
      return constant.data();
    }
    case Buffer::Kind::kParameter:
    case Buffer::Kind::kResult:
    case Buffer::Kind::kPart:
    case Buffer::Kind::kCarried:
    case Buffer::Kind::kBlock:
    case Buffer::Kind::kLocal:
    case Buffer::Kind::kPartial: return nullptr;
  }
  return nullptr;
}

// Those in the range, and the loops among them: the first is number `sequence` of all, if it lies there.
void KernelRunner::run_kernels(Range range, size_t sequence) {
  const std::vector<Kernel>& kernels = compiled_->kernels;
  const std::vector<SequentialLoop>& sequences = compiled_->sequences;
  for (size_t i = range.begin; i < range.end;) {
    if (sequence < sequences.size() && sequences[sequence].first == i) {
      run_sequence(sequence);
      i = sequences[sequence].last;
      sequence += 1 + sequences[sequence].inner;
    } else if (kernels[i].loop < 0) {
      const Kernel& kernel = kernels[i++];
      if (!kernel.is_kept || !skips_kept_) timed(spans_, {&kernel}, [&] { run_kernel(kernel, 0, kernel.units); });
    } else {
      const BlockLoop& loop = compiled_->loops[static_cast<size_t>(kernels[i].loop)];
      run_loop(loop, 0, loop.partitions);
      i = loop.last;
    }
  }
}

void KernelRunner::run_sequence(size_t index) {
  const SequentialLoop& loop = compiled_->sequences[index];
  for (const int sum : loop.sums)
    if (const int64_t bytes = compiled_->buffers[static_cast<size_t>(sum)].bytes; bytes > 0)
      std::memset(address(sum), 0, static_cast<size_t>(bytes));
  for (int64_t iteration = 0; iteration < loop.count; ++iteration) {
    const int64_t place = loop.reverse ? loop.count - 1 - iteration : iteration;
    for (const SequentialLoop::Carry& carry : loop.carries) {
      address(carry.before) = address(iteration == 0 ? carry.initial : carry.after);
      if (!carry.is_part) address(carry.after) = address((loop.count - iteration) % 2 == 1 ? carry.last : carry.other);
    }
    for (const int part : loop.parts) {
      const Buffer& buffer = compiled_->buffers[static_cast<size_t>(part)];
      address(part) = address(buffer.index) + place * buffer.bytes;
    }
    run_kernels({loop.first, loop.last}, index + 1);
  }
  for (const SequentialLoop::Carry& carry : loop.carries) {
    const Buffer& last = compiled_->buffers[static_cast<size_t>(carry.after)];
    if (carry.is_part && carry.last >= 0 && last.bytes > 0)
      std::memcpy(address(carry.last), address(carry.after), static_cast<size_t>(last.bytes));
  }
}

// One call of a kernel, which in a guarded run that no other thread takes part in leaves alone what is not its own.
void KernelRunner::call(const Kernel& kernel, const std::vector<std::byte*>& buffers, int64_t begin, int64_t end,
                        bool is_alone) {
  if (!options_.is_guarded || !is_alone) return kernel.entry(buffers.data(), begin, end);
  std::vector<Fence::Bytes> bytes;
  for (size_t i = 0; i < buffers.size(); ++i)
    bytes.emplace_back(buffers[i],
                       static_cast<size_t>(compiled_->buffers[static_cast<size_t>(kernel.buffers[i])].bytes));
  const Fence fence(std::move(bytes));
  kernel.entry(buffers.data(), begin, end);
  if (!fence.is_intact()) trespass_ = fail("", "kernel {} wrote past the end of a buffer", kernel.name);
}

void KernelRunner::run_kernel(const Kernel& kernel, int64_t begin, int64_t end) {
  std::vector<std::byte*>& buffers = kernel_buffers_;
  buffers.clear();
  for (const int index : kernel.buffers) buffers.push_back(addresses_[static_cast<size_t>(index)]);
  const int64_t units = end - begin;
  const int64_t most = options_.divides_all || kernel.parallel_units > 1 ? units : 1;
  const int64_t parts = std::min<int64_t>(most, threads_);
  if (parts <= 1) return call(kernel, buffers, begin, end, true);
  pool_.parallel_for(parts, [&](int64_t part) {
    call(kernel, buffers, begin + units * part / parts, begin + units * (part + 1) / parts, false);
  });
}

void KernelRunner::run_loop(const BlockLoop& loop, int64_t begin, int64_t end) {
  const bool is_divided = loop.parallel || options_.divides_all;
  const int64_t partitions = end - begin;
  const int64_t parts = is_divided ? std::min<int64_t>(partitions, threads_) : 1;
  std::vector<KernelTrace> traces(spans_ == nullptr ? 0 : static_cast<size_t>(parts));
  pool_.parallel_for(parts, [&](int64_t index) {
    const auto i = static_cast<size_t>(index);
    Part part{static_cast<int>(index), static_cast<int>(parts), locals_[i], part_buffers_[i],
              traces.empty() ? nullptr : &traces[i]};
    for (int64_t partition = begin + partitions * index / parts; partition < begin + partitions * (index + 1) / parts;
         ++partition)
      run_partition(loop, partition, part);
  });
  for (const KernelTrace& trace : traces) spans_->insert(spans_->end(), trace.begin(), trace.end());
}

void KernelRunner::run_partition(const BlockLoop& loop, int64_t partition, Part& part) {
  std::byte* sums = nullptr;
  if (loop.sums >= 0) {
    sums = addresses_[static_cast<size_t>(loop.sums)] + partition * loop.sums_bytes;
    std::memset(sums, 0, static_cast<size_t>(loop.sums_bytes));
  }
  const int64_t end = loop.blocks * (partition + 1) / loop.partitions;
  for (int64_t block = loop.blocks * partition / loop.partitions; block < end; ++block) {
    if (options_.is_guarded) Guards::poison(part.local, loop.local_bytes);
    for (size_t i = loop.first; i < loop.last; ++i) {
      const Kernel& kernel = compiled_->kernels[i];
      part.buffers.clear();
      for (const int index : kernel.buffers) part.buffers.push_back(address_in_block(index, block, part.local, sums));
      timed(part.spans, {&kernel, part.index, part.of}, [&] { call(kernel, part.buffers, 0, 1, part.of == 1); });
    }
  }
}

std::byte* KernelRunner::address_in_block(int index, int64_t block, std::byte* local, std::byte* sums) const {
  const Buffer& buffer = compiled_->buffers[static_cast<size_t>(index)];
  switch (buffer.kind) {
    case Buffer::Kind::kBlock: return addresses_[static_cast<size_t>(buffer.index)] + block * buffer.bytes;
    case Buffer::Kind::kLocal: return local + buffer.offset;
    case Buffer::Kind::kPartial: return sums + buffer.offset;
    default: return addresses_[static_cast<size_t>(index)];
  }
}

}  // namespace minnow
