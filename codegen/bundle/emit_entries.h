// A bundle's functions for C as LLVM IR: they check what they are given, then call kernels. docs/embedding.md is their
// contract.
#pragma once

#include <llvm/IR/Module.h>

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "codegen/bundle/bundle.h"
#include "codegen/bundle/bundle_layout.h"
#include "codegen/bundle/checkpoint.h"
#include "codegen/compilation.h"

namespace minnow {

// What all of them know. The kernels of layout.entries[i] are those of compilations[i], in the module.
struct BundleCode {
  llvm::Module& module;
  const Target& target;
  const BundleLayout& layout;
  const BundleOptions& options;
  const Checkpoint& checkpoint;
  uint64_t model = 0;                                                 // model_hash
  std::map<std::string, llvm::GlobalVariable*, std::less<>> tensors;  // those whose values stand in the object
};

void emit_init(const BundleCode& code);
// NAME_save and NAME_load.
void emit_checkpoint(const BundleCode& code);
// NAME_restart, which begins a text.
void emit_restart(const BundleCode& code);
// One of the functions, by the model.
void emit_entry(const BundleCode& code, const BundleEntry& entry, Compilation& compilation);

}  // namespace minnow
