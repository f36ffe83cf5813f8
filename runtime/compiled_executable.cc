#include <algorithm>
#include <cstring>

#include "interpreter/aligned_bytes.h"
#include "runtime/division/rank_exchanges.h"
#include "runtime/executable.h"
#include "runtime/guards.h"
#include "runtime/kernel_seconds.h"
#include "runtime/thread_chooser.h"

namespace minnow {
namespace {

class CompiledExecutable : public Executable {
 public:
  CompiledExecutable(std::unique_ptr<Function> function, std::shared_ptr<const CompiledFunction> compiled,
                     ThreadPool& pool, const ExecutorOptions& options)
      : Executable(std::move(function)), compiled_(std::move(compiled)), pool_(pool), options_(options),
        arena_(compiled_->arena_bytes), addresses_(compiled_->buffers.size()) {
    for (size_t i = 0; i < addresses_.size(); ++i) addresses_[i] = fixed_address(i);
    size_t most_buffers = 0;
    for (const Kernel& kernel : compiled_->kernels) most_buffers = std::max(most_buffers, kernel.buffers.size());
    kernel_buffers_.reserve(most_buffers);
    for (int i = 0; i < pool.threads() && !compiled_->loops.empty(); ++i) {
      local_arenas_.emplace_back(local_bytes(compiled_->loops));
      locals_.push_back(local_arenas_.back().data());
      part_buffers_.emplace_back().reserve(most_buffers);
    }
    if (options.ranks != nullptr && options.ranks->size() > 1) divide_among(*options.ranks);
    const bool chooses = options.chooses_threads && !options.divides_all && !options.is_guarded;
    if (chooses && compiled_->threads == Threads::kOneOrAll && pool.threads() > 1) chooser_.emplace();
  }

  Status run(std::span<Tensor* const> arguments) override { return run(arguments, false); }
  Status run_again(std::span<Tensor* const> arguments) override { return run(arguments, true); }

  const Division* division() const override { return together_ ? &together_->division : nullptr; }
  std::optional<Division> divided_among(int ranks) const override { return division_of_busiest(*compiled_, ranks); }
  double seconds_waited() const override { return together_ ? together_->seconds_waited : 0; }

  std::span<const Kernel> kernels() const override { return compiled_->kernels; }
  // Of the function, since ranks, which may differ in threads, have to do the same.
  int warm_up_runs() const override {
    return compiled_->threads == Threads::kOneOrAll ? ThreadChooser::kRunsToChoose : 0;
  }

 private:
  Status run(std::span<Tensor* const> arguments, bool has_same_weights) {
    MINNOW_TRY(check_arguments(arguments));
    skips_kept_ = has_same_weights;
    for (size_t i = 0; i < addresses_.size(); ++i)
      if (const Buffer& buffer = compiled_->buffers[i]; buffer.kind == Buffer::Kind::kParameter)
        addresses_[i] = arguments[static_cast<size_t>(buffer.index)]->data();
    if (together_) MINNOW_TRY(check_planned_alike());
    if (options_.is_guarded) return run_guarded();
    threads_ = chooser_ && !chooser_->takes_all() ? 1 : pool_.threads();
    return chooser_ && trace_ == nullptr ? run_timed() : run_all(arena_.data());
  }

  // Of its own work. What is traced takes longer, and all of a trace goes one way.
  Status run_timed() {
    const double waited = seconds_waited();
    const auto begin = std::chrono::steady_clock::now();
    MINNOW_TRY(run_all(arena_.data()));
    chooser_->add(seconds_since(begin) - (seconds_waited() - waited));
    return {};
  }

  // Parameters lie where the caller has them, what belongs to a block or partition is found when that runs; the rest
  // stays where it is.
  std::byte* fixed_address(size_t i) {
    const Buffer& buffer = compiled_->buffers[i];
    switch (buffer.kind) {
      case Buffer::Kind::kResult: return results_[static_cast<size_t>(buffer.index)].data();
      case Buffer::Kind::kArena: return arena_.data() + buffer.offset;
      case Buffer::Kind::kConstant: {
        AlignedBytes& constant = constants_.emplace_back(static_cast<int64_t>(buffer.data.size()));
        std::copy(buffer.data.begin(), buffer.data.end(), constant.data());
        return constant.data();
      }
      case Buffer::Kind::kParameter:
      case Buffer::Kind::kPart:
      case Buffer::Kind::kCarried:
      case Buffer::Kind::kBlock:
      case Buffer::Kind::kLocal:
      case Buffer::Kind::kPartial: return nullptr;
    }
    return nullptr;
  }

  // What a rank needs to run its share.
  struct Together {
    Together(const CompiledFunction& compiled, Communicator& ranks, const ExecutorOptions& options)
        : division(divide(compiled, ranks.rank(), ranks.size(), {options.divides_all, options.is_guarded})),
          exchanges(division, ranks), memories(division.memories.size()) {}

    Division division;
    RankExchanges exchanges;
    std::vector<std::byte*> memories;
    std::vector<AlignedBytes> sums;
    bool is_checked = false;
    double seconds_waited = 0;
  };

  void divide_among(Communicator& ranks) {
    together_ = std::make_unique<Together>(*compiled_, ranks, options_);
    for (const Memory& memory : together_->division.memories)
      if (memory.kind == Memory::Kind::kSums)
        address(memory.buffer) = together_->sums.emplace_back(memory.bytes).data();
  }

  // Before the first run: other code than the other ranks' would wait for what never comes.
  Status check_planned_alike() {
    if (std::exchange(together_->is_checked, true)) return {};
    const int64_t own = together_->division.fingerprint;
    MINNOW_ASSIGN(const int64_t largest, options_.ranks->max(own));
    MINNOW_ASSIGN(const int64_t smallest, options_.ranks->max(-own));
    if (largest == -smallest) return {};
    return tl::unexpected(Error{"@" + function_->name(), "the ranks have compiled it differently",
                                "they need the same program, processors of one kind, and no tuning of their own",
                                ExitCode::kInput});
  }

  Status run_all(std::byte* arena) {
    if (together_) return run_divided(arena);
    run_kernels({0, compiled_->kernels.size()}, 0);
    return {};
  }

  Status run_divided(std::byte* arena) {
    const Division& division = together_->division;
    std::vector<std::byte*>& memories = together_->memories;
    for (size_t i = 0; i < memories.size(); ++i)
      memories[i] = division.memories[i].buffer < 0 ? arena : address(division.memories[i].buffer);
    for (const DividedStep& step : division.steps) {
      for (const auto& [buffer, place] : step.settings)
        address(buffer) = place.offset +
                          (place.constant >= 0 ? address(place.constant) : memories[static_cast<size_t>(place.memory)]);
      if (options_.is_guarded) poison(step.foreign);
      switch (step.kind) {
        case DividedStep::Kind::kKernel: {
          const Kernel& kernel = compiled_->kernels[step.index];
          if (step.begin < step.end) timed(trace_, {&kernel}, [&] { run_kernel(kernel, step.begin, step.end); });
          break;
        }
        case DividedStep::Kind::kLoop:
          if (step.begin < step.end) run_loop(compiled_->loops[step.index], step.begin, step.end);
          break;
        case DividedStep::Kind::kZero:
        case DividedStep::Kind::kCopy: fill(step); break;
        case DividedStep::Kind::kSequence: run_sequence(step.index); break;
        case DividedStep::Kind::kBegin:
          MINNOW_TRY(together_->exchanges.begin(step.index, memories));
          if (options_.is_guarded)
            for (const auto& message : division.exchanges[step.index].receives) poison(message.parts);
          break;
        case DividedStep::Kind::kWait: MINNOW_TRY(wait(step.index)); break;
      }
    }
    return {};
  }

  void fill(const DividedStep& step) {
    const auto bytes = static_cast<size_t>(compiled_->buffers[step.index].bytes);
    std::byte* from = addresses_[step.index];
    if (step.kind == DividedStep::Kind::kZero) std::memset(from, 0, bytes);
    else std::memcpy(addresses_[step.target], from, bytes);
  }

  Status wait(size_t exchange) {
    const auto begin = std::chrono::steady_clock::now();
    MINNOW_TRY(together_->exchanges.wait(exchange, together_->memories));
    together_->seconds_waited += seconds_since(begin);
    if (trace_ == nullptr) return {};
    int64_t bytes = 0;
    for (const auto& message : together_->division.exchanges[exchange].receives) bytes += message.bytes;
    trace_->push_back({nullptr, 0, 1, begin, std::chrono::steady_clock::now(), bytes});
    return {};
  }

  void poison(const std::vector<Touch>& touches) {
    for (const Touch& touch : touches)
      for (const ByteRange& range : touch.bytes)
        Guards::poison(together_->memories[touch.memory] + range.begin, range.bytes());
  }

  struct Range {
    size_t begin, end;
  };

  // Those in the range, and the loops among them: the first is number `sequence` of all, if it lies there.
  void run_kernels(Range range, size_t sequence) {
    const std::vector<Kernel>& kernels = compiled_->kernels;
    const std::vector<SequentialLoop>& sequences = compiled_->sequences;
    for (size_t i = range.begin; i < range.end;) {
      if (sequence < sequences.size() && sequences[sequence].first == i) {
        run_sequence(sequence);
        i = sequences[sequence].last;
        sequence += 1 + sequences[sequence].inner;
      } else if (kernels[i].loop < 0) {
        const Kernel& kernel = kernels[i++];
        if (!kernel.is_kept || !skips_kept_) timed(trace_, {&kernel}, [&] { run_kernel(kernel, 0, kernel.units); });
      } else {
        const BlockLoop& loop = compiled_->loops[static_cast<size_t>(kernels[i].loop)];
        run_loop(loop, 0, loop.partitions);
        i = loop.last;
      }
    }
  }

  void run_sequence(size_t index) {
    const SequentialLoop& loop = compiled_->sequences[index];
    for (const int sum : loop.sums)
      if (const int64_t bytes = compiled_->buffers[static_cast<size_t>(sum)].bytes; bytes > 0)
        std::memset(address(sum), 0, static_cast<size_t>(bytes));
    for (int64_t iteration = 0; iteration < loop.count; ++iteration) {
      const int64_t place = loop.reverse ? loop.count - 1 - iteration : iteration;
      for (const SequentialLoop::Carry& carry : loop.carries) {
        address(carry.before) = address(iteration == 0 ? carry.initial : carry.after);
        if (!carry.is_part)
          address(carry.after) = address((loop.count - iteration) % 2 == 1 ? carry.last : carry.other);
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

  std::byte*& address(int buffer) { return addresses_[static_cast<size_t>(buffer)]; }

  // The same on copies of all memory.
  Status run_guarded() {
    Guards guards;
    skips_kept_ = false;  // the arena is another one
    const std::vector<std::byte*> own_addresses = addresses_, own_locals = locals_;
    std::byte* arena = guards.lend("the arena", nullptr, compiled_->arena_bytes, Guards::Use::kScratch);
    for (size_t i = 0; i < addresses_.size(); ++i) {
      const Buffer& buffer = compiled_->buffers[i];
      if (is_apart(i)) addresses_[i] = guards.lend("the sums of a loop", nullptr, buffer.bytes, Guards::Use::kScratch);
      else if (buffer.kind == Buffer::Kind::kArena) addresses_[i] = arena + buffer.offset;
      else if (addresses_[i] != nullptr) {
        addresses_[i] = guards.lend(name_of(buffer), addresses_[i], buffer.bytes, use_of(buffer));
        if (together_ && is_input(buffer)) hide_unread(guards, buffer);
      }
    }
    for (size_t i = 0; i < locals_.size(); ++i)
      locals_[i] = guards.lend(fmt::format("the arena of thread {}", i), nullptr, local_arenas_[i].size(),
                               Guards::Use::kScratch);
    trespass_ = {};
    const Status ran = run_all(arena);
    addresses_ = own_addresses;
    locals_ = own_locals;
    MINNOW_TRY(ran);
    MINNOW_TRY(guards.take_back());
    return trespass_;
  }

  bool is_input(const Buffer& buffer) const {
    return buffer.kind == Buffer::Kind::kParameter &&
           function_->parameters()[static_cast<size_t>(buffer.index)]->role == Role::kInput;
  }

  // Of an input a rank has only what it reads.
  void hide_unread(Guards& guards, const Buffer& buffer) const {
    const ByteRanges whole = joined({{0, buffer.bytes}});
    for (const ByteRange& range : without(whole, together_->division.reads_of_parameter(buffer.index)))
      guards.hide(range.begin, range.bytes());
  }

  // Sums of a loop that do not lie in the arena, though the table says so.
  bool is_apart(size_t buffer) const {
    return together_ && std::ranges::any_of(together_->division.memories, [&](const Memory& memory) {
             return memory.kind == Memory::Kind::kSums && static_cast<size_t>(memory.buffer) == buffer;
           });
  }

  std::string name_of(const Buffer& buffer) const {
    const auto i = static_cast<size_t>(buffer.index);
    if (buffer.kind == Buffer::Kind::kParameter) return "parameter " + function_->parameters()[i]->name;
    return buffer.kind == Buffer::Kind::kResult ? "result " + function_->results()[i].name : "a constant";
  }

  Guards::Use use_of(const Buffer& buffer) const {
    if (buffer.kind == Buffer::Kind::kResult) return Guards::Use::kWrite;
    const bool is_replaced = std::ranges::any_of(function_->results(), [&](const FunctionResult& result) {
      const Value* parameter = function_->replaced_parameter(result);
      return parameter != nullptr && parameter->index == buffer.index;
    });
    return buffer.kind == Buffer::Kind::kParameter && is_replaced ? Guards::Use::kUpdate : Guards::Use::kRead;
  }

  // One call of a kernel, which in a guarded run that no other thread takes part in leaves alone what is not its own.
  void call(const Kernel& kernel, const std::vector<std::byte*>& buffers, int64_t begin, int64_t end, bool is_alone) {
    if (!options_.is_guarded || !is_alone) return kernel.entry(buffers.data(), begin, end);
    std::vector<Fence::Bytes> bytes;
    for (size_t i = 0; i < buffers.size(); ++i)
      bytes.emplace_back(buffers[i],
                         static_cast<size_t>(compiled_->buffers[static_cast<size_t>(kernel.buffers[i])].bytes));
    const Fence fence(std::move(bytes));
    kernel.entry(buffers.data(), begin, end);
    if (!fence.is_intact()) trespass_ = fail("", "kernel {} wrote past the end of a buffer", kernel.name);
  }

  // run(), of which `span` says all but the time, recorded if there is a trace.
  template <typename Run>
  static void timed(KernelTrace* trace, KernelSpan span, Run run) {
    if (trace == nullptr) return run();
    span.begin = std::chrono::steady_clock::now();
    run();
    span.end = std::chrono::steady_clock::now();
    trace->push_back(span);
  }

  void run_kernel(const Kernel& kernel, int64_t begin, int64_t end) {
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

  // One part of a block loop, which a thread runs alone.
  struct Part {
    int index = 0, of = 1;
    std::byte* local = nullptr;        // arena
    std::vector<std::byte*>& buffers;  // of the kernel that runs
    KernelTrace* trace = nullptr;
  };

  void run_loop(const BlockLoop& loop, int64_t begin, int64_t end) {
    const bool is_divided = loop.parallel || options_.divides_all;
    const int64_t partitions = end - begin;
    const int64_t parts = is_divided ? std::min<int64_t>(partitions, threads_) : 1;
    std::vector<KernelTrace> traces(trace_ == nullptr ? 0 : static_cast<size_t>(parts));
    pool_.parallel_for(parts, [&](int64_t index) {
      const auto i = static_cast<size_t>(index);
      Part part{static_cast<int>(index), static_cast<int>(parts), locals_[i], part_buffers_[i],
                traces.empty() ? nullptr : &traces[i]};
      for (int64_t partition = begin + partitions * index / parts; partition < begin + partitions * (index + 1) / parts;
           ++partition)
        run_partition(loop, partition, part);
    });
    for (const KernelTrace& trace : traces) trace_->insert(trace_->end(), trace.begin(), trace.end());
  }

  void run_partition(const BlockLoop& loop, int64_t partition, Part& part) {
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
        timed(part.trace, {&kernel, part.index, part.of}, [&] { call(kernel, part.buffers, 0, 1, part.of == 1); });
      }
    }
  }

  std::byte* address_in_block(int index, int64_t block, std::byte* local, std::byte* sums) const {
    const Buffer& buffer = compiled_->buffers[static_cast<size_t>(index)];
    switch (buffer.kind) {
      case Buffer::Kind::kBlock: return addresses_[static_cast<size_t>(buffer.index)] + block * buffer.bytes;
      case Buffer::Kind::kLocal: return local + buffer.offset;
      case Buffer::Kind::kPartial: return sums + buffer.offset;
      default: return addresses_[static_cast<size_t>(index)];
    }
  }

  std::shared_ptr<const CompiledFunction> compiled_;
  ThreadPool& pool_;
  const ExecutorOptions options_;
  int threads_ = pool_.threads();         // that share the run
  std::optional<ThreadChooser> chooser_;  // where that is not known beforehand
  Status trespass_;                       // of a guarded run
  bool skips_kept_ = false;
  AlignedBytes arena_;
  std::vector<AlignedBytes> local_arenas_;             // one per thread, for blocks
  std::vector<std::byte*> locals_;                     // where they are
  std::vector<std::vector<std::byte*>> part_buffers_;  // of the kernel that a thread runs in a block
  std::vector<AlignedBytes> constants_;
  std::vector<std::byte*> addresses_;       // of each buffer of the table
  std::vector<std::byte*> kernel_buffers_;  // of the kernel that runs
  std::unique_ptr<Together> together_;
};

}  // namespace

std::unique_ptr<Executable> make_executable(std::unique_ptr<Function> function,
                                            std::shared_ptr<const CompiledFunction> compiled, ThreadPool& pool,
                                            const ExecutorOptions& options) {
  return std::make_unique<CompiledExecutable>(std::move(function), std::move(compiled), pool, options);
}

Result<std::unique_ptr<Executable>> make_compiled(std::unique_ptr<Function> function, ThreadPool& pool,
                                                  const CodeOptions& options, const ExecutorOptions& executor) {
  CodeStore own;
  MINNOW_ASSIGN(auto compiled, (options.store ? options.store : &own)->compile(*function, pool, options));
  return make_executable(std::move(function), std::move(compiled), pool, executor);
}

}  // namespace minnow
