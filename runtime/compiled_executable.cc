#include <algorithm>
#include <cstring>

#include "runtime/division/rank_exchanges.h"
#include "runtime/executable.h"
#include "runtime/guards.h"
#include "runtime/kernel_runner.h"
#include "runtime/kernel_seconds.h"
#include "runtime/thread_chooser.h"

namespace minnow {
namespace {

class CompiledExecutable : public Executable, KernelRunner {
 public:
  CompiledExecutable(std::unique_ptr<Function> function, std::shared_ptr<const CompiledFunction> compiled,
                     ThreadPool& pool, const ExecutorOptions& options)
      : Executable(std::move(function)), KernelRunner(std::move(compiled), pool, options) {
    for (size_t i = 0; i < addresses_.size(); ++i)
      if (const Buffer& buffer = compiled_->buffers[i]; buffer.kind == Buffer::Kind::kResult)
        addresses_[i] = results_[static_cast<size_t>(buffer.index)].data();
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
    share_among(chooser_ && !chooser_->takes_all() ? 1 : pool_.threads(), trace_);
    if (options_.is_guarded) return run_guarded();
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

  std::optional<ThreadChooser> chooser_;  // where it is not known beforehand how many threads share a run
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
