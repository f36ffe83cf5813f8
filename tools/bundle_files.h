// `compile --emit=bundle` and `--emit=c`: functions of a model, a run or a program as an object for C, with the files
// around it.
#pragma once

#include <string>
#include <vector>

#include "passes/pass_runner.h"
#include "tools/flags/flags.h"

namespace minnow {

struct BundleFlags {
  std::string name;                  // empty: the model's file
  std::string functions;             // "infer,train_step"; empty: infer, or the first of a program
  std::string weights = "embedded";  // or "file", beside it; or where they come from, to be embedded
  std::string optimize = "speed";    // or "size"
  bool as_c = false;                 // one file of C in place of an object
  std::string folder;
  std::string triple, cpu;
  std::vector<Pass> pipeline;

  bool names_weights() const { return weights != "embedded" && weights != "file"; }
};

// Writes all files or none, and says on stdout what they take.
Status write_bundle(const ModelFlags& model, const BackendFlags& backend, const BundleFlags& flags);

}  // namespace minnow
