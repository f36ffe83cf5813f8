// Lowering a function to kernels, private to codegen: lower_function.cc places tensors and divides ops into kernels,
// lower_loop.cc does the same for the body of a loop.
#pragma once

#include <optional>

#include "codegen/live_arena.h"
#include "codegen/lower_function.h"
#include "ir/loop.h"

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
  // The body of a loop: run by block loop `block_loop`, or, if that is -1, a sequential loop whose arena begins at
  // `base` of the outer one.
  Lowering(const Op& loop, const MemoryPlan& plan, int block_loop, int64_t base, Lowering& outer)
      : function_(*loop.body), plan_(plan), uses_(*loop.body), target_(outer.target_), out_(outer.out_),
        storage_(outer.storage_), is_body_(true), loop_(block_loop), base_(base), sequence_bytes_(plan.arena_bytes),
        repeats_(outer.repeats_) {}

  void lower_ops();
  // lower_kept.cc
  bool is_kept(const Value* value) const;
  bool is_kept(const Op& op) const;
  void keep_panels();
  void keep_panel(const Op& op, bool is_in_block, int64_t iterations);
  bool is_sequence() const { return is_body_ && loop_ < 0; }
  void place_parameters();
  int result_buffer(size_t index);
  void place_op(const Op& op);
  std::string layout_text(const Value* value) const;
  int home(const Value* value);
  int64_t& arena_bytes();
  int on_arena(int64_t offset, int64_t bytes);
  int place_on_arena(int64_t bytes);
  int add_scratch(int64_t bytes);

  void lower(const Op& op);
  void lower_fused(const Op& op);
  void add_work(KernelWork work);
  void transform_filter(KernelWork& work);
  void add_copy(std::vector<KernelOutput> outputs);

  // lower_loop.cc
  void lower_loop(const Op& loop);
  void lower_block_loop(const Op& loop);
  int add_sum(const Op& producer, PartialSums& sums);
  void add_finish(const Op& loop, size_t result, PartialSums sums);
  void lower_sequential_loop(const Op& loop);
  void place_loop_operands(const Op& loop, size_t sequence);
  void place_loop_results(const Op& loop, size_t sequence, const std::unordered_map<size_t, int>& own, Lowering& body);
  void add_to_sum(const Value& part, const Value* sum);
  // Of the op of a kernel: how it reads what is packed in front of the loop or of all runs, and where.
  struct PackedAhead {
    ContractionSchedule schedule;
    int buffer;
  };
  std::optional<ContractionSchedule> packed_ahead(const Op& op, bool is_in_block, int64_t iterations) const;
  std::unordered_map<const Op*, PackedAhead> pack_ahead(const Op& loop);
  void add_packing(const Op& op, const PackedAhead& packed, bool is_kept);
  int add_part(int whole, const Value& part, size_t sequence);
  BlockLoop& block_loop() { return out_.loops[static_cast<size_t>(loop_)]; }

  const Function& function_;
  const MemoryPlan& plan_;
  const UseMap uses_;
  const Target& target_;
  LoweredFunction& out_;
  Storage& storage_;
  bool is_body_ = false;
  int loop_ = -1;                    // the block loop that runs the body
  int64_t base_ = 0;                 // of the arena of a sequential loop's body, in that of the function
  int64_t sequence_bytes_ = 0;       // of that arena
  int64_t repeats_ = 1;              // iterations of the sequential loops around
  std::vector<int> result_buffers_;  // of a loop's body
  std::unordered_map<const Op*, PackedAhead> packed_ahead_;
  mutable std::unordered_map<const Op*, bool> kept_ops_;
  // Of ops here, or in a sequential loop that stands here: what is packed of weights.
  std::unordered_map<const Op*, PackedAhead> kept_panels_;
  std::optional<LiveArena> live_;
};

}  // namespace minnow
