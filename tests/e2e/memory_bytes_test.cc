// What `minnow memory` adds up is what a session allocates: this program counts the bytes of tensors.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "frontend/load/load_model.h"
#include "runtime/memory_use.h"
#include "runtime/session.h"
#include "tests/e2e/model_run.h"

namespace {

// All memory that is aligned as tensors are, and held at the moment. An empty tensor's single byte counts for nothing.
std::atomic<int64_t> held_bytes{0};

int64_t counted(size_t bytes) { return bytes == 1 ? 0 : static_cast<int64_t>(bytes); }

}  // namespace

// The number of bytes stands in front of the memory.
void* operator new(size_t bytes, std::align_val_t alignment) {
  const auto align = static_cast<size_t>(alignment);
  const size_t whole = (align + bytes + align - 1) / align * align;
  auto* block = static_cast<std::byte*>(std::aligned_alloc(align, whole));
  if (block == nullptr) throw std::bad_alloc();
  new (block) size_t(bytes);
  if (align == minnow::kTensorAlignment) held_bytes += counted(bytes);
  return block + align;
}

void operator delete(void* memory, std::align_val_t alignment) noexcept {
  if (memory == nullptr) return;
  const auto align = static_cast<size_t>(alignment);
  auto* block = static_cast<std::byte*>(memory) - align;
  if (align == minnow::kTensorAlignment) held_bytes -= counted(*reinterpret_cast<size_t*>(block));
  std::free(block);
}

void operator delete(void* memory, size_t, std::align_val_t alignment) noexcept {
  ::operator delete(memory, alignment);
}

namespace minnow {
namespace {

// Every session has seed, step and learning rate, whether its functions ask for them or not.
constexpr int64_t kScalarBytes = 12;

struct Case {
  std::string model;
  std::vector<std::string> changes;
  std::string name;
};

class MemoryTotals : public testing::TestWithParam<Case> {};

// The bytes that stand in the table, and those that are held once the function has run.
void expect_equal(const LoadedModel& model, bool trains, int threads) {
  const auto memory = measure_memory(model, threads, std::numeric_limits<int64_t>::max());
  ASSERT_TRUE(memory) << memory.error().to_string();
  const MemoryUse& use = trains ? memory->training : memory->inference;
  const std::string which = fmt::format("{} on {} threads", trains ? "training" : "inference", threads);

  ThreadPool pool(threads);
  const int64_t before = held_bytes;
  SessionOptions options;
  options.trains = trains;
  const auto session = Session::create(model, options, pool);
  ASSERT_TRUE(session) << session.error().to_string();
  const InputInfo& input = (*session)->lowered().inputs[0];
  const TargetInfo& target = (*session)->lowered().targets[0];
  Batch fed;
  fed.tensors.emplace(input.name, Tensor::zeros(input.type));
  if (trains) {
    fed.tensors.emplace(target.name, Tensor::zeros(target.type));
    ASSERT_TRUE((*session)->train_step(fed, 0, 0.1));
  } else {
    ASSERT_TRUE((*session)->infer(fed));
  }
  const int64_t held = held_bytes - before;
  EXPECT_GT(use.weights, 0);
  EXPECT_LE(use.total(), held) << which;
  EXPECT_GE(use.total() + kScalarBytes, held) << which;
}

TEST_P(MemoryTotals, AreWhatASessionAllocates) {
  const auto model = read_experiment(model_path(GetParam().model), GetParam().changes);
  ASSERT_TRUE(model) << model.error().to_string();
  for (const int threads : {1, 3}) {
    expect_equal(*model, true, threads);
    expect_equal(*model, false, threads);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, MemoryTotals,
                         testing::Values(Case{"lenet", {}, "lenet"}, Case{"mlp-256", {}, "mlp_256"},
                                         Case{"lenet", {"training.adam={}", "training.batch_size=33"}, "lenet_adam"},
                                         Case{"mlp-256", {"training.momentum={}"}, "mlp_256_momentum"}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace minnow
