// What a bundle saves and loads: a safetensors file of its tensors, whose header is known when the bundle is made, but
// for the step.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/bundle/bundle_layout.h"

namespace minnow {

// A row of checkpoint_io.c's `struct minnow_tensor`.
struct CheckpointRow {
  uint32_t name = 0, name_size = 0, dtype = 0, dtype_size = 0, shape = 0, shape_size = 0;
  uint32_t bytes = 0, offset = 0;
  uint32_t is_optional = 0;
};

struct Checkpoint {
  std::string header;    // all that lies in front of the tensors
  uint32_t step_at = 0;  // 10 bytes of the header
  std::string texts;     // that rows refer to
  std::vector<CheckpointRow> rows;
  int64_t bytes = 0;  // of the whole file
};

// Names of the model and of its classes go into the metadata, as `minnow train` writes them.
Checkpoint checkpoint_of(const BundleLayout& layout, const std::string& model,
                         const std::vector<std::string>& class_names);

// minnow_read_tensors and minnow_write_tensors as C; checkpoint.read_tensors and checkpoint.write_tensors, the same as
// LLVM IR.
std::string_view checkpoint_io_c();
std::string_view checkpoint_io_llvm();

}  // namespace minnow
