// proof::CompiledProgram for tests in which compiling must not fail.
#pragma once

#include <gtest/gtest.h>

#include "proof/compiled_program.h"

namespace minnow::testing {

class CompiledProgram {
 public:
  // `cpu` as LLVM names it; empty: the host's.
  explicit CompiledProgram(const Function& function, const std::string& cpu = {})
      : CompiledProgram(function, CompileOptions{.cpu = cpu}) {}
  CompiledProgram(const Function& function, const CompileOptions& options)
      : program_(compile_or_stop(function, options)) {}

  // Fails the test if a kernel writes past the end of a buffer.
  std::vector<Tensor> run(const std::vector<Tensor>& arguments, ThreadPool& pool) {
    auto results = program_.run(arguments, pool);
    EXPECT_TRUE(results) << results.error().to_string();
    return results ? *std::move(results) : std::vector<Tensor>();
  }
  std::vector<Tensor> run(const std::vector<Tensor>& arguments) {
    ThreadPool alone(1);
    return run(arguments, alone);
  }

 private:
  static proof::CompiledProgram compile_or_stop(const Function& function, const CompileOptions& options) {
    auto program = proof::CompiledProgram::create(function, options);
    MINNOW_CHECK(program, "{}", program.error().to_string());
    return *std::move(program);
  }

  proof::CompiledProgram program_;
};

}  // namespace minnow::testing
