// Lowering a function to kernels, private to codegen: lower_function.cc places tensors and divides ops into kernels,
// lower_map.cc does the same for the body of a map.
#pragma once

#include "codegen/lower_function.h"

namespace minnow {

class Lowering {
 public:
  Lowering(const Function& function, const MemoryPlan& plan, const Target& target, LoweredFunction& out)
      : function_(function), plan_(plan), uses_(function), target_(target), out_(out), storage_(out.storage) {}

  void run() {
    out_.arena_bytes = plan_.arena_bytes;
    place_parameters();
    lower_ops();
  }

 private:
  // The body of a map, run by block loop `loop`.
  Lowering(const Op& map, const MemoryPlan& plan, int loop, Lowering& outer)
      : function_(*map.body), plan_(plan), uses_(*map.body), target_(outer.target_), out_(outer.out_),
        storage_(outer.storage_), loop_(loop) {}

  void lower_ops();
  void place_parameters();
  int result_buffer(size_t index);
  void place_op(const Op& op);
  std::string layout_text(const Value* value) const;
  int home(const Value* value);
  int64_t& arena_bytes() { return loop_ < 0 ? out_.arena_bytes : block_loop().local_bytes; }
  int on_arena(int64_t offset, int64_t bytes);
  int place_on_arena(int64_t bytes, int64_t& top);
  int add_scratch(int64_t bytes) { return place_on_arena(bytes, scratch_bytes_); }

  void lower(const Op& op);
  void lower_fused(const Op& op);
  void add_work(KernelWork work);
  void add_copy(std::vector<KernelOutput> outputs);

  // lower_map.cc
  void lower_map(const Op& map);
  int add_sum(const Op& producer, PartialSums& sums);
  void add_finish(const Op& map, size_t result, PartialSums sums);
  BlockLoop& block_loop() { return out_.loops[static_cast<size_t>(loop_)]; }

  const Function& function_;
  const MemoryPlan& plan_;
  const UseMap uses_;
  const Target& target_;
  LoweredFunction& out_;
  Storage& storage_;
  int loop_ = -1;
  std::vector<int> result_buffers_;  // of a map's body
  int64_t permanent_bytes_ = 0;
  int64_t scratch_bytes_ = 0;
};

}  // namespace minnow
