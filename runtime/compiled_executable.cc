#include "codegen/compile.h"
#include "passes/plan_memory.h"
#include "runtime/executable.h"

namespace minnow {
namespace {

class CompiledExecutable : public Executable {
 public:
  CompiledExecutable(std::unique_ptr<Function> function, std::unique_ptr<CompiledFunction> compiled, ThreadPool& pool)
      : Executable(std::move(function)),
        compiled_(std::move(compiled)),
        pool_(pool),
        arena_(Tensor::zeros({DType::kU8, {compiled_->arena_bytes}})),
        addresses_(compiled_->buffers.size()) {
    for (size_t i = 0; i < addresses_.size(); ++i) addresses_[i] = fixed_address(i);
    size_t most = 0;
    for (const Kernel& kernel : compiled_->kernels) most = std::max(most, kernel.buffers.size());
    kernel_buffers_.resize(most);
  }

  Status run(std::span<Tensor* const> arguments) override {
    MINNOW_TRY(check_arguments(arguments));
    for (size_t i = 0; i < addresses_.size(); ++i)
      if (const Buffer& buffer = compiled_->buffers[i]; buffer.kind == Buffer::Kind::kParameter)
        addresses_[i] = arguments[static_cast<size_t>(buffer.index)]->data();
    for (const Kernel& kernel : compiled_->kernels) run_kernel(kernel);
    return {};
  }

 private:
  // Parameters lie where the caller has them; the rest stays where it is.
  std::byte* fixed_address(size_t i) {
    Buffer& buffer = compiled_->buffers[i];
    switch (buffer.kind) {
      case Buffer::Kind::kParameter: return nullptr;
      case Buffer::Kind::kResult: return results_[static_cast<size_t>(buffer.index)].data();
      case Buffer::Kind::kArena: return arena_.data() + buffer.offset;
      case Buffer::Kind::kConstant: {
        Tensor& constant = constants_.emplace_back(
            Tensor::uninitialized({DType::kU8, {static_cast<int64_t>(buffer.data.size())}}));
        std::copy(buffer.data.begin(), buffer.data.end(), constant.data());
        return constant.data();
      }
    }
    return nullptr;
  }

  void run_kernel(const Kernel& kernel) {
    for (size_t i = 0; i < kernel.buffers.size(); ++i)
      kernel_buffers_[i] = addresses_[static_cast<size_t>(kernel.buffers[i])];
    std::byte* const* buffers = kernel_buffers_.data();
    const int64_t parts = std::min<int64_t>(kernel.parallel_units, pool_.threads());
    if (parts <= 1) {
      kernel.entry(buffers, 0, kernel.units);
      return;
    }
    pool_.parallel_for(parts, [&](int64_t part) {
      kernel.entry(buffers, kernel.units * part / parts, kernel.units * (part + 1) / parts);
    });
  }

  std::unique_ptr<CompiledFunction> compiled_;
  ThreadPool& pool_;
  Tensor arena_;
  std::vector<Tensor> constants_;
  std::vector<std::byte*> addresses_;       // of each buffer of the table
  std::vector<std::byte*> kernel_buffers_;  // of the kernel that runs
};

}  // namespace

Result<std::unique_ptr<Executable>> make_compiled(std::unique_ptr<Function> function, ThreadPool& pool) {
  const MemoryPlan plan = plan_memory(*function);
  MINNOW_ASSIGN(std::unique_ptr<CompiledFunction> compiled, compile(*function, plan, CompileOptions{}));
  return std::make_unique<CompiledExecutable>(std::move(function), std::move(compiled), pool);
}

}  // namespace minnow
