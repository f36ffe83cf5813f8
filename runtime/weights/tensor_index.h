// The tensors of a file by their names, however the framework puts those together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/safetensors.h"

namespace minnow {

class TensorIndex {
 public:
  // Slashes become dots, and Keras 2's ":0" goes.
  explicit TensorIndex(const TensorFile& file);

  // Position in the file's tensors of `name` in `module`, where a star in `name` stands for any characters; -1 if there
  // is none.
  int find(std::string_view module, std::string_view name) const;

  // Names without their last parts, down to "", each once, "features.2" before "features.10".
  const std::vector<std::string>& modules() const { return modules_; }
  // The first parts that all names share, longest last: "", "model.", "model.encoder.".
  std::vector<std::string> common_prefixes() const;

 private:
  std::vector<std::string> names_;
  std::vector<std::string> modules_;
};

// Numbers in names by their size.
bool comes_before(std::string_view a, std::string_view b);
// A name up to the number that it ends in, if it does: "conv2d" of "conv2d_1".
std::string_view without_number(std::string_view name);

}  // namespace minnow
