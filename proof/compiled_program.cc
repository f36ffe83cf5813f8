#include "proof/compiled_program.h"

#include <algorithm>

#include "codegen/compile.h"
#include "passes/plan_memory.h"

namespace minnow::proof {
namespace {

constexpr int64_t kGuardBytes = 256;
constexpr auto kGuard = std::byte{0xa5};
constexpr auto kPoison = std::byte{0xff};  // NaN in either float type

// Bytes with a guard behind them.
class GuardedBytes {
 public:
  explicit GuardedBytes(int64_t size) : size_(size), bytes_(Tensor::uninitialized({DType::kU8, {size + kGuardBytes}})) {
    std::fill_n(data(), size, kPoison);
    std::fill_n(data() + size, kGuardBytes, kGuard);
  }
  std::byte* data() { return bytes_.data(); }
  bool is_intact() const {
    return std::all_of(bytes_.data() + size_, bytes_.data() + size_ + kGuardBytes,
                       [](std::byte b) { return b == kGuard; });
  }

 private:
  int64_t size_;
  Tensor bytes_;
};

// One run of a compiled function. Buffers that belong to a block or a thread are found when it runs.
class Run {
 public:
  Run(const CompiledFunction& compiled, const std::vector<Tensor>& arguments, ThreadPool& pool);

  void kernel(const Kernel& kernel);
  void loop(const BlockLoop& loop);
  std::byte* address(size_t buffer) const { return addresses_[buffer]; }
  bool is_intact() const { return std::ranges::all_of(memory_, &GuardedBytes::is_intact); }

 private:
  void share(const BlockLoop& loop, int64_t share, std::byte* local) const;
  std::byte* address_in_block(int buffer, int64_t block, std::byte* local, std::byte* sums) const;

  const CompiledFunction& compiled_;
  ThreadPool& pool_;
  std::vector<GuardedBytes> memory_;
  std::vector<std::byte*> addresses_;
};

Run::Run(const CompiledFunction& compiled, const std::vector<Tensor>& arguments, ThreadPool& pool)
    : compiled_(compiled), pool_(pool) {
  std::byte* arena = memory_.emplace_back(compiled.arena_bytes).data();
  for (const Buffer& buffer : compiled.buffers) {
    if (buffer.kind == Buffer::Kind::kArena) {
      addresses_.push_back(arena + buffer.offset);
      continue;
    }
    addresses_.push_back(memory_.emplace_back(buffer.bytes).data());
    std::ranges::copy(buffer.data, addresses_.back());
    if (buffer.kind != Buffer::Kind::kParameter) continue;
    const Tensor& argument = arguments[static_cast<size_t>(buffer.index)];
    std::copy_n(argument.data(), argument.type().bytes(), addresses_.back());
  }
}

void Run::kernel(const Kernel& kernel) {
  std::vector<std::byte*> buffers;
  for (const int buffer : kernel.buffers) buffers.push_back(addresses_[static_cast<size_t>(buffer)]);
  const int64_t parts = std::min<int64_t>(pool_.threads(), kernel.units);
  pool_.parallel_for(parts, [&](int64_t part) {
    kernel.entry(buffers.data(), kernel.units * part / parts, kernel.units * (part + 1) / parts);
  });
}

void Run::loop(const BlockLoop& loop) {
  const int64_t parts = std::min<int64_t>(pool_.threads(), loop.shares);
  std::vector<std::byte*> locals;
  for (int64_t part = 0; part < parts; ++part) locals.push_back(memory_.emplace_back(loop.local_bytes).data());
  pool_.parallel_for(parts, [&](int64_t part) {
    for (int64_t i = loop.shares * part / parts; i < loop.shares * (part + 1) / parts; ++i)
      share(loop, i, locals[static_cast<size_t>(part)]);
  });
}

void Run::share(const BlockLoop& loop, int64_t share, std::byte* local) const {
  std::byte* sums = nullptr;
  if (loop.sums >= 0) {
    sums = addresses_[static_cast<size_t>(loop.sums)] + share * loop.sums_bytes;
    std::fill_n(sums, loop.sums_bytes, std::byte{0});
  }
  for (int64_t b = loop.blocks * share / loop.shares; b < loop.blocks * (share + 1) / loop.shares; ++b)
    for (size_t i = loop.first; i < loop.last; ++i) {
      const Kernel& kernel = compiled_.kernels[i];
      std::vector<std::byte*> buffers;
      for (const int buffer : kernel.buffers) buffers.push_back(address_in_block(buffer, b, local, sums));
      kernel.entry(buffers.data(), 0, 1);
    }
}

std::byte* Run::address_in_block(int index, int64_t block, std::byte* local, std::byte* sums) const {
  const Buffer& buffer = compiled_.buffers[static_cast<size_t>(index)];
  switch (buffer.kind) {
    case Buffer::Kind::kBlock: return addresses_[static_cast<size_t>(buffer.index)] + block * buffer.bytes;
    case Buffer::Kind::kLocal: return local + buffer.offset;
    case Buffer::Kind::kPartial: return sums + buffer.offset;
    default: return addresses_[static_cast<size_t>(index)];
  }
}

}  // namespace

Result<CompiledProgram> CompiledProgram::create(const Function& function, CompileOptions options,
                                                const PlantedBug* bug) {
  CompiledProgram program;
  for (const FunctionResult& result : function.results()) {
    const Value* parameter = function.replaced_parameter(result);
    program.results_.push_back({result.value->type, parameter ? parameter->index : -1});
  }
  options.threads = 1;
  options.verify = true;
  MemoryPlan plan = plan_memory(function);
  if (bug != nullptr && bug->plan) bug->plan(function, plan);
  MINNOW_ASSIGN(program.compiled_, compile(function, plan, options));
  if (bug != nullptr && bug->code) bug->code(*program.compiled_);
  return program;
}

Result<std::vector<Tensor>> CompiledProgram::run(const std::vector<Tensor>& arguments, ThreadPool& pool) const {
  Run run(*compiled_, arguments, pool);
  const std::vector<Kernel>& kernels = compiled_->kernels;
  for (size_t i = 0; i < kernels.size(); ++i) {
    if (kernels[i].loop < 0) {
      run.kernel(kernels[i]);
      continue;
    }
    const BlockLoop& loop = compiled_->loops[static_cast<size_t>(kernels[i].loop)];
    run.loop(loop);
    i = loop.last - 1;
  }
  if (!run.is_intact()) return fail("@" + compiled_->name, "a kernel wrote past the end of a buffer");
  std::vector<Tensor> results;
  for (const ResultHome& home : results_) results.push_back(Tensor::uninitialized(home.type));
  for (size_t i = 0; i < compiled_->buffers.size(); ++i) {
    const Buffer& buffer = compiled_->buffers[i];
    for (size_t r = 0; r < results.size(); ++r) {
      const bool is_home = results_[r].parameter >= 0
                               ? buffer.kind == Buffer::Kind::kParameter && buffer.index == results_[r].parameter
                               : buffer.kind == Buffer::Kind::kResult && buffer.index == static_cast<int>(r);
      if (is_home) std::copy_n(run.address(i), results[r].type().bytes(), results[r].data());
    }
  }
  return results;
}

}  // namespace minnow::proof
