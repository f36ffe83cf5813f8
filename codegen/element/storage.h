// Where every tensor of a function lies while its kernels run.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "codegen/machine/compiled_function.h"
#include "ir/function.h"

namespace minnow {

// Tensors in memory, by value; the parameters of a fused body stand for the fused op's operands.
class Storage {
 public:
  explicit Storage(std::vector<Buffer>& buffers) : buffers_(buffers) {}

  int add(Buffer buffer) {
    buffers_.push_back(std::move(buffer));
    return static_cast<int>(buffers_.size()) - 1;
  }
  void place(const Value* value, int buffer) { places_[value] = buffer; }
  void alias(const Value* inner, const Value* outer) { aliases_[inner] = outer; }

  const Value* resolve(const Value* value) const {
    for (auto found = aliases_.find(value); found != aliases_.end(); found = aliases_.find(value)) {
      value = found->second;
    }
    return value;
  }
  // Index into the buffer table, -1 if the value has no memory.
  int find(const Value* value) const {
    const auto found = places_.find(resolve(value));
    return found == places_.end() ? -1 : found->second;
  }
  const std::vector<Buffer>& buffers() const { return buffers_; }

 private:
  std::vector<Buffer>& buffers_;
  std::unordered_map<const Value*, int> places_;
  std::unordered_map<const Value*, const Value*> aliases_;
};

}  // namespace minnow
