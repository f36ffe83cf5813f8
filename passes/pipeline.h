// Every pass by name, and the pipelines made of them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "passes/pass_runner.h"

namespace minnow {

std::span<const Pass> all_passes();
const Pass* find_pass(std::string_view name);  // nullptr if there is none

// The same; an unknown name is a mistake of usage, told with the nearest one.
Result<Pass> pass_named(std::string_view name);

// "cse,dce" → the passes in that order; "default" stands for default_pipeline(). An unknown name is an error
// that suggests the nearest one; empty text is an empty pipeline.
Result<std::vector<Pass>> parse_pipeline(std::string_view names);

// The part of a pipeline up to the pass of this name, "cse", or to one of its runs, "cse,2". `flag` is where the name
// comes from, for errors.
Result<std::vector<Pass>> cut_pipeline(std::vector<Pass> pipeline, const std::string& last, const std::string& flag);

// What `minnow compile` runs on every function between building it and emitting code.
std::vector<Pass> default_pipeline();

}  // namespace minnow
