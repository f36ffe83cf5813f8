// What has been computed of a kernel's values so far, so that it need not be again: by value, mask and position.
#pragma once

#include <unordered_map>
#include <vector>

#include "codegen/element/coord.h"
#include "ir/function.h"

namespace minnow {

class ComputedElements {
 public:
  llvm::Value* find(const Value* value, const llvm::Value* mask, const Position& at) const;  // nullptr: not yet
  void add(const Value* value, const llvm::Value* mask, const Position& at, llvm::Value* element);

  // What is computed inside a loop is of no use behind it: shrink() forgets all but the first `size`.
  size_t size() const { return order_.size(); }
  void shrink(size_t size);

 private:
  struct Key {
    const Value* value;
    const llvm::Value* mask;
    Position at;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const;
  };

  std::unordered_map<Key, llvm::Value*, Hash> elements_;
  std::vector<const Key*> order_;  // as they were added; they stay where they are in the map
};

}  // namespace minnow
