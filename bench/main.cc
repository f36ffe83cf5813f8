#include "bench/suites.h"

int main(int argc, char** argv) {
  minnow::register_steps();
  minnow::register_compilation();
  minnow::register_kernels();
  minnow::register_model_kernels();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
