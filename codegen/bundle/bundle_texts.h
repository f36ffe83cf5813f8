// The files beside a bundle's object: the header, a program that shows how to call it, and what builds that.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "codegen/bundle/bundle.h"
#include "codegen/bundle/checkpoint.h"

namespace minnow {

struct BundleTexts {
  const BundleLayout& layout;
  const BundleOptions& options;
  const Checkpoint& checkpoint;
  const std::vector<std::string>& needs;
  std::string target;  // for people
  uint64_t model = 0;
  bool is_source = false;  // NAME.c in place of NAME.o
};

// NAME.h, main.c, Makefile and CMakeLists.txt, each with its name.
std::vector<std::pair<std::string, std::string>> texts_of(const BundleTexts& bundle);

std::string header_text(const BundleTexts& bundle);
std::string main_text(const BundleTexts& bundle);

// "LENET": of the macros.
std::string macro_prefix(const BundleTexts& bundle);
// "LENET_INFER_PREDICTION": before _SIZE, the number of elements.
std::string argument_macro(const BundleTexts& bundle, const BundleEntry& entry, const EntryArgument& argument);
// "const float *x".
std::string declaration(const EntryArgument& argument);

}  // namespace minnow
