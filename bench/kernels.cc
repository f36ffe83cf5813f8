#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/suites.h"
#include "ir/contraction.h"
#include "ir/text.h"
#include "passes/pipeline.h"
#include "runtime/flops.h"
#include "runtime/random_batch.h"

namespace minnow {
namespace {

constexpr int64_t kClasses = 10;

struct KernelCase {
  const char* name;
  const char* text;  // of one function, before the passes
};

// Batch 64, and four heads of attention. x [N,C,H,W] or [N,K], w [O,C,KH,KW] or [K,M], g the gradient of the result.
constexpr KernelCase kCases[] = {
    {"dot/mlp.hidden", R"(func @f(%x: f32[64,784], %w: f32[784,256]) -> (f32[64,256]) {
      %0 = dot(%x, %w) : f32[64,256]
      return %0
    })"},
    {"dot/mlp.hidden.weight", R"(func @f(%x: f32[64,784], %g: f32[64,256]) -> (f32[784,256]) {
      %0 = dot(%x, %g) {contract = [0, 0]} : f32[784,256]
      return %0
    })"},
    {"dot/lenet.fc1.input", R"(func @f(%g: f32[64,120], %w: f32[400,120]) -> (f32[64,400]) {
      %0 = dot(%g, %w) {contract = [1, 1]} : f32[64,400]
      return %0
    })"},
    {"dot/lenet.fc3", R"(func @f(%x: f32[64,84], %w: f32[84,10]) -> (f32[64,10]) {
      %0 = dot(%x, %w) : f32[64,10]
      return %0
    })"},
    {"dot/attention.scores", R"(func @f(%q: f32[64,4,64,16], %k: f32[64,4,64,16]) -> (f32[64,4,64,64]) {
      %0 = dot(%q, %k) {contract = [3, 3], batch = 2} : f32[64,4,64,64]
      return %0
    })"},
    {"dot/attention.values", R"(func @f(%p: f32[64,4,64,64], %v: f32[64,4,64,16]) -> (f32[64,4,64,16]) {
      %0 = dot(%p, %v) {contract = [3, 2], batch = 2} : f32[64,4,64,16]
      return %0
    })"},
    {"dot/attention.keys.gradient", R"(func @f(%g: f32[64,4,64,64], %q: f32[64,4,64,16]) -> (f32[64,4,64,16]) {
      %0 = dot(%g, %q) {contract = [2, 2], batch = 2} : f32[64,4,64,16]
      return %0
    })"},
    {"dot/attention.odd", R"(func @f(%q: f32[64,3,33,7], %k: f32[64,3,7,33]) -> (f32[64,3,33,33]) {
      %0 = dot(%q, %k) {contract = [3, 2], batch = 2} : f32[64,3,33,33]
      return %0
    })"},
    {"dot/batch.large", R"(func @f(%x: f32[4,256,256], %w: f32[4,256,256]) -> (f32[4,256,256]) {
      %0 = dot(%x, %w) {contract = [2, 1], batch = 1} : f32[4,256,256]
      return %0
    })"},
    {"conv/lenet.conv1", R"(func @f(%x: f32[64,1,28,28], %w: f32[6,1,5,5]) -> (f32[64,6,28,28]) {
      %0 = conv(%x, %w) {pad = [2, 2, 2, 2]} : f32[64,6,28,28]
      return %0
    })"},
    {"conv/lenet.conv2", R"(func @f(%x: f32[64,6,14,14], %w: f32[16,6,5,5]) -> (f32[64,16,10,10]) {
      %0 = conv(%x, %w) : f32[64,16,10,10]
      return %0
    })"},
    {"conv_input/lenet.conv2", R"(func @f(%g: f32[64,16,10,10], %w: f32[16,6,5,5]) -> (f32[64,6,14,14]) {
      %0 = conv_input(%g, %w) {shape = [64, 6, 14, 14]} : f32[64,6,14,14]
      return %0
    })"},
    {"conv_filter/lenet.conv1", R"(func @f(%x: f32[64,1,28,28], %g: f32[64,6,28,28]) -> (f32[6,1,5,5]) {
      %0 = conv_filter(%x, %g) {pad = [2, 2, 2, 2], shape = [6, 1, 5, 5]} : f32[6,1,5,5]
      return %0
    })"},
    {"conv_filter/lenet.conv2", R"(func @f(%x: f32[64,6,14,14], %g: f32[64,16,10,10]) -> (f32[16,6,5,5]) {
      %0 = conv_filter(%x, %g) {shape = [16, 6, 5, 5]} : f32[16,6,5,5]
      return %0
    })"},
    {"max_pool/lenet.pool1", R"(func @f(%x: f32[64,6,28,28]) -> (f32[64,6,14,14]) {
      %0 = window_max(%x) {window = [2, 2], stride = [2, 2]} : f32[64,6,14,14]
      return %0
    })"},
    {"max_pool_gradient/lenet.pool1",
     R"(func @f(%x: f32[64,6,28,28], %g: f32[64,6,14,14]) -> (f32[64,6,28,28]) {
      %0 = window_pick(%x, %g) {window = [2, 2], stride = [2, 2]} : f32[64,6,28,28]
      return %0
    })"},
    {"relu/lenet.conv1", R"(func @f(%x: f32[64,6,28,28]) -> (f32[64,6,28,28]) {
      %0 = constant {value = 0} : f32[64,6,28,28]
      %1 = max(%x, %0) : f32[64,6,28,28]
      return %1
    })"},
    {"sigmoid/lenet.conv1", R"(func @f(%x: f32[64,6,28,28]) -> (f32[64,6,28,28]) {
      %0 = sigmoid(%x) : f32[64,6,28,28]
      return %0
    })"},
    {"sum/lenet.conv1.bias", R"(func @f(%g: f32[64,6,28,28]) -> (f32[6]) {
      %0 = reduce_sum(%g) {dims = [0, 2, 3]} : f32[6]
      return %0
    })"},
    {"softmax_cross_entropy", R"(func @f(%x: f32[64,10], %target: i32[64]) -> (f32[64], f32[64,10]) {
      %0 = reduce_max(%x) {dims = [1]} : f32[64]
      %1 = broadcast(%0) {dims = [0]} : f32[64,10]
      %2 = sub(%x, %1) : f32[64,10]
      %3 = exp(%2) : f32[64,10]
      %4 = reduce_sum(%3) {dims = [1]} : f32[64]
      %5 = log(%4) : f32[64]
      %6 = broadcast(%5) {dims = [0]} : f32[64,10]
      %7 = sub(%2, %6) : f32[64,10]
      %8 = iota {dim = 1} : i32[64,10]
      %9 = broadcast(%target) {dims = [0]} : i32[64,10]
      %10 = eq(%8, %9) : pred[64,10]
      %11 = convert(%10) : f32[64,10]
      %12 = mul(%11, %7) : f32[64,10]
      %13 = reduce_sum(%12) {dims = [1]} : f32[64]
      %14 = broadcast(%4) {dims = [0]} : f32[64,10]
      %15 = div(%3, %14) : f32[64,10]
      %16 = sub(%15, %11) : f32[64,10]
      return %13, %16
    })"},
};

struct ReadyKernel {
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<Executable> executable = {};
  std::vector<Tensor> tensors = {};
  std::vector<Tensor*> arguments = {};
};

Result<ReadyKernel> make_ready(const KernelCase& one, int threads) {
  MINNOW_ASSIGN(const auto module, parse_module(one.text, one.name));
  std::unique_ptr<Function> function = module->functions.front()->clone();
  MINNOW_TRY(run_passes(*function, default_pipeline()));
  ReadyKernel ready{std::make_unique<ThreadPool>(threads)};
  for (const auto& parameter : function->parameters())
    ready.tensors.push_back(random_tensor(parameter->type, kClasses, static_cast<uint32_t>(parameter->index)));
  for (Tensor& tensor : ready.tensors) ready.arguments.push_back(&tensor);
  MINNOW_ASSIGN(ready.executable, make_compiled(std::move(function), *ready.pool));
  return ready;
}

// What has to be read and written, for kernels that memory holds up.
int64_t bytes_moved(const Function& function) {
  int64_t bytes = 0;
  for (const auto& parameter : function.parameters()) bytes += parameter->type.bytes();
  for (const FunctionResult& result : function.results()) bytes += result.value->type.bytes();
  return bytes;
}

void run_kernel(benchmark::State& state, const KernelCase& one, int threads) {
  Result<ReadyKernel> ready = make_ready(one, threads);
  if (!ready) return skip(state, ready.error());
  for (auto _ : state) {
    if (const Status status = ready->executable->run(ready->arguments); !status) return skip(state, status.error());
  }
  const Function& function = ready->executable->function();
  state.SetBytesProcessed(state.iterations() * bytes_moved(function));
  if (const double flops = contraction_flops(function); flops > 0) report_flops(state, flops, threads);
}

}  // namespace

void register_kernels() {
  for (const KernelCase& one : kCases) {
    for (const int threads : {1, 2}) {
      const std::string name = fmt::format("kernel/{}/threads:{}", one.name, threads);
      auto* benchmark = benchmark::RegisterBenchmark(name.c_str(), run_kernel, one, threads);
      measure_on(*benchmark->Unit(benchmark::kMicrosecond), threads);
    }
  }
}

}  // namespace minnow
