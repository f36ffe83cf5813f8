// The suites, and what their benchmarks have in common. All report ratios to a peak that is measured in the same run.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "frontend/load/load_model.h"
#include "ir/error.h"

namespace minnow {

// A training step or an inference of every shipped model: interpreted, compiled without fusion, compiled.
void register_steps();
// From a model to machine code, by stage.
void register_compilation();
// Single ops and fused kernels at the shapes of LeNet and the MLP.
void register_kernels();
// Every kernel of the training steps of LeNet, the MLP and softmax regression, where it runs; fused and not.
void register_model_kernels();

// "lenet-relu", ... : models/*.textproto in alphabetical order.
std::vector<std::string> shipped_models();
Result<LoadedModel> read_shipped(const std::string& name, int64_t batch_size);

// What one thread does is measured by its own time on the processor, which others on the machine do not stretch;
// several threads by the clock on the wall.
void measure_on(benchmark::internal::Benchmark& benchmark, int threads);

// FLOP/s, and their share of the machine's peak on so many threads, for a benchmark whose iterations take `flops` each.
void report_flops(benchmark::State& state, double flops, int threads);
// Ends the benchmark with the error's text.
void skip(benchmark::State& state, const Error& error);

}  // namespace minnow
