#include "tests/fuzz/planted_bugs.h"

#include <algorithm>

#include "ir/builder.h"

namespace minnow::testing {
namespace {

// The change to the first op of a kind, in the function or in a body, that `change` makes; false if it makes none.
template <typename Change>
bool change_first(Function& function, OpKind kind, Change change) {
  for (const auto& op : function.ops()) {
    if (op->kind == kind && change(*op)) return true;
    if (op->body && change_first(*op->body, kind, change)) return true;
  }
  return false;
}

bool swap_operands(Op& op) {
  if (op.operands[0] == op.operands[1]) return false;
  std::swap(op.operands[0], op.operands[1]);
  return true;
}

bool swap_sub(Function& f) { return change_first(f, OpKind::kSubtract, swap_operands); }
bool swap_div(Function& f) { return change_first(f, OpKind::kDivide, swap_operands); }
bool swap_select(Function& f) {
  return change_first(f, OpKind::kSelect, [](Op& op) {
    std::swap(op.operands[1], op.operands[2]);
    return op.operands[1] != op.operands[2];
  });
}

bool shift_slice(Function& f) {
  return change_first(f, OpKind::kSlice, [](Op& op) {
    auto& slice = std::get<SliceAttributes>(op.attributes);
    for (size_t i = 0; i < slice.start.size(); ++i) {
      if (slice.start[i] == 0 || slice.stride[i] != 1) continue;
      --slice.start[i], --slice.limit[i];
      return true;
    }
    return false;
  });
}

bool shift_pad(Function& f) {
  return change_first(f, OpKind::kPad, [](Op& op) {
    auto& pad = std::get<PadAttributes>(op.attributes);
    for (size_t i = 0; i < pad.low.size(); ++i) {
      if (pad.low[i] == 0) continue;
      --pad.low[i], ++pad.high[i];
      return true;
    }
    return false;
  });
}

bool transpose_dot(Function& f) {
  return change_first(f, OpKind::kDot, [](Op& op) {
    const Shape& b = op.operands[1]->type.shape;
    auto& [contract, batch] = std::get<DotAttributes>(op.attributes);
    if (b.size() != static_cast<size_t>(batch) + 2 || b.back() != b[b.size() - 2] || b.back() == 1) return false;
    contract[1] = 2 * batch + 1 - contract[1];
    return true;
  });
}

bool turn_broadcast(Function& f) {
  return change_first(f, OpKind::kBroadcast, [](Op& op) {
    auto& dims = std::get<DimsAttributes>(op.attributes).dims;
    const Shape& to = op.type().shape;
    if (dims.size() != 1) return false;
    for (int64_t i = 0; i < static_cast<int64_t>(to.size()); ++i) {
      if (i == dims[0] || to[static_cast<size_t>(i)] != to[static_cast<size_t>(dims[0])]) continue;
      if (to[static_cast<size_t>(i)] == 1) continue;
      dims[0] = i;
      return true;
    }
    return false;
  });
}

// Two dimensions that are as long as each other change places.
bool transpose_wrongly(Function& f) {
  return change_first(f, OpKind::kTranspose, [](Op& op) {
    auto& order = std::get<DimsAttributes>(op.attributes).dims;
    const Shape& to = op.type().shape;
    for (size_t i = 1; i < order.size(); ++i) {
      if (to[i] != to[i - 1] || to[i] == 1) continue;
      std::swap(order[i], order[i - 1]);
      return true;
    }
    return false;
  });
}

bool swap_parts(Function& f) {
  return change_first(f, OpKind::kConcat, [](Op& op) { return op.operands.size() > 1 && swap_operands(op); });
}

bool turn_iota(Function& f) {
  return change_first(f, OpKind::kIota, [](Op& op) {
    const Shape& shape = op.type().shape;
    if (shape.size() < 2 || shape[0] * shape[1] == 1) return false;
    int64_t& dim = std::get<DimAttributes>(op.attributes).dim;
    dim = dim == 0 ? 1 : 0;
    return true;
  });
}

// What lies above an image and below it change places.
template <typename WindowOrConv>
bool shift_window(Op& op) {
  auto& pad = std::get<WindowOrConv>(op.attributes).pad;
  if (pad[0] == pad[1]) return false;
  std::swap(pad[0], pad[1]);
  return true;
}
bool shift_pool(Function& f) { return change_first(f, OpKind::kWindowSum, shift_window<WindowAttributes>); }
bool shift_conv(Function& f) { return change_first(f, OpKind::kConv, shift_window<ConvAttributes>); }

bool lose_term(Function& f) {
  for (const auto& op : f.ops()) {
    if (op->kind != OpKind::kAdd || !is_float(op->type().dtype)) continue;
    f.replace_uses(op->result(), op->operands[1]);
    return true;
  }
  return false;
}

// Takes ops of one kind on one operand for equal whatever their attributes say.
bool merge_ignoring_attributes(Function& f) {
  for (auto a = f.ops().begin(); a != f.ops().end(); ++a)
    for (auto b = std::next(a); b != f.ops().end(); ++b) {
      const Op &first = **a, &second = **b;
      if (first.kind != second.kind || first.operands != second.operands || first.body || first.operands.empty())
        continue;
      if (first.attributes == second.attributes || first.type() != second.type()) continue;
      f.replace_uses(second.result(), first.result());
      return true;
    }
  return false;
}

// The reduction starts at 0, which is right for sums only.
bool start_max_at_zero(Function& f) {
  for (auto it = f.ops().begin(); it != f.ops().end(); ++it) {
    if ((*it)->kind != OpKind::kReduceMax || !is_float((*it)->type().dtype)) continue;
    Value* old = (*it)->result();
    Builder b(f, std::next(it));
    Value* wrong = b.max(old, b.like(old, 0));
    f.replace_uses(old, wrong);
    wrong->op->operands[0] = old;
    return true;
  }
  return false;
}

bool forget_max_shift(Function& f) {
  return change_first(f, OpKind::kExp, [](Op& op) {
    Op* shifted = op.operands[0]->op;
    if (shifted == nullptr || shifted->kind != OpKind::kSubtract) return false;
    op.operands[0] = shifted->operands[0];
    return true;
  });
}

// A value that another op reads as well is taken into a fused op, and read there before it is finished: here, the other
// reader gets what went into it.
bool steal_shared_value(Function& f) {
  const UseMap uses(f);
  for (const auto& op : f.ops()) {
    if (!has_trait(op->kind, kElementwise) || uses.users(op->result()).size() < 2) continue;
    Op* last = uses.users(op->result()).back();
    for (Value*& operand : last->operands)
      if (operand == op->result() && op->operands[0]->type == op->type() && op->operands[0] != op->result()) {
        operand = op->operands[0];
        return true;
      }
  }
  return false;
}

bool update_twice(Function& f) {
  for (FunctionResult& result : f.results()) {
    const Value* weight = f.find_parameter(result.name);
    if (weight == nullptr || weight->role != Role::kWeight || result.value->is_parameter()) continue;
    if (!is_float(weight->type.dtype)) continue;
    Builder b(f);
    Value* step = b.sub(result.value, f.find_parameter(result.name));
    result.value = b.add(result.value, step);
    return true;
  }
  return false;
}

void flip_gradient_sign(Function& f) {
  for (FunctionResult& result : f.results()) {
    if (!result.name.starts_with("gradient.")) continue;
    Builder b(f);
    result.value = b.neg(result.value);
  }
}

// Autodiff forgets the factor that a product's other operand is.
void forget_factor(Function& f) {
  for (auto it = f.ops().begin(); it != f.ops().end(); ++it) {
    Op& op = **it;
    if (op.kind != OpKind::kMultiply || op.location.phase != Phase::kGradient) continue;
    f.replace_uses(op.result(), op.operands[0]);
    return;
  }
}

bool turn_loop(Function& f) {
  for (const auto& op : f.ops()) {
    if (op->kind != OpKind::kLoop) continue;
    auto& loop = std::get<LoopAttributes>(op->attributes);
    if (loop.count == 1 || loop.split.empty() || loop.carry.empty()) continue;
    loop.reverse = !loop.reverse;
    return true;
  }
  return false;
}

// The next values of two carried operands, mixed up.
bool swap_carried(Function& f) {
  for (const auto& op : f.ops()) {
    if (op->kind != OpKind::kLoop) continue;
    auto& results = op->body->results();
    const size_t carried = op->attr<LoopAttributes>().carry.size();
    for (size_t i = 0; i < carried; ++i)
      for (size_t j = 0; j < i; ++j) {
        if (results[i].value->type != results[j].value->type || results[i].value == results[j].value) continue;
        std::swap(results[i].value, results[j].value);
        return true;
      }
  }
  return false;
}

// The cotangents go along the sequence with the states, not against them.
void turn_gradient_of_loop(Function& f) {
  for (const auto& op : f.ops())
    if (op->kind == OpKind::kLoop && op->location.phase == Phase::kGradient && op->attr<LoopAttributes>().count > 1) {
      auto& loop = std::get<LoopAttributes>(op->attributes);
      loop.reverse = !loop.reverse;
      return;
    }
}

// An iteration backward reads what the one next to it has kept.
void shift_residual(Function& f) {
  for (auto it = f.ops().begin(); it != f.ops().end(); ++it) {
    Op& op = **it;
    if (op.kind != OpKind::kLoop || op.location.phase != Phase::kGradient) continue;
    const auto& loop = op.attr<LoopAttributes>();
    for (const int64_t i : loop.split) {
      Value*& residual = op.operands[static_cast<size_t>(i)];
      if (residual->op == nullptr || residual->op->kind != OpKind::kLoop || loop.count == 1) continue;
      const int64_t all = residual->type.dim(0), part = all / loop.count;
      Builder b(f, it);
      residual = b.concat({b.slice(residual, 0, part, all), b.slice(residual, 0, 0, part)}, 0);
      return;
    }
  }
}

// An iteration writes its next values over those that it still reads.
void alias_carried(CompiledFunction& code) {
  for (SequentialLoop& loop : code.sequences)
    for (SequentialLoop::Carry& carry : loop.carries)
      if (!carry.is_part && carry.other >= 0) carry.other = carry.last;
}

void alias_two_slots(const Function&, MemoryPlan& plan) {
  for (auto& [one, slot] : plan.slots)
    for (auto& [other, another] : plan.slots)
      if (one != other && slot.first < another.first && another.first < slot.last && slot.offset != another.offset &&
          slot.bytes >= another.bytes) {
        another.offset = slot.offset;
        return;
      }
}

void drop_tail(CompiledFunction& code) {
  for (Kernel& kernel : code.kernels)
    if (kernel.units > 1 && kernel.loop < 0) {
      --kernel.units;
      return;
    }
}

proof::PlantedBug wrong_pass(const char* name, bool (*run)(Function&)) { return {.passes = {{name, run, "planted"}}}; }

}  // namespace

std::vector<NamedBug> planted_bugs() {
  return {
      {"swapped operands of sub", wrong_pass("swap-sub", swap_sub)},
      {"swapped operands of div", wrong_pass("swap-div", swap_div)},
      {"swapped branches of select", wrong_pass("swap-select", swap_select)},
      {"slice off by one", wrong_pass("shift-slice", shift_slice)},
      {"pad off by one", wrong_pass("shift-pad", shift_pad)},
      {"transposed operand of dot", wrong_pass("transpose-dot", transpose_dot)},
      {"wrong dims of broadcast", wrong_pass("turn-broadcast", turn_broadcast)},
      {"wrong order of transpose", wrong_pass("turn-transpose", transpose_wrongly)},
      {"swapped parts of concat", wrong_pass("swap-parts", swap_parts)},
      {"wrong dim of iota", wrong_pass("turn-iota", turn_iota)},
      {"shifted windows", wrong_pass("shift-pool", shift_pool)},
      {"shifted filter", wrong_pass("shift-conv", shift_conv)},
      {"lost term of a sum", wrong_pass("lose-term", lose_term)},
      {"cse that ignores attributes", wrong_pass("stale-cse", merge_ignoring_attributes)},
      {"max that starts at 0", wrong_pass("max-from-zero", start_max_at_zero)},
      {"missing max shift", wrong_pass("forget-shift", forget_max_shift)},
      {"fusion across a shared value", wrong_pass("steal-shared", steal_shared_value)},
      {"update applied twice", wrong_pass("update-twice", update_twice)},
      {"sign of a gradient", {.gradient = flip_gradient_sign}},
      {"forgotten factor of a gradient", {.gradient = forget_factor}},
      {"aliasing in the memory plan", {.plan = alias_two_slots}},
      {"dropped tail", {.code = drop_tail}},
      {"loop the wrong way round", wrong_pass("turn-loop", turn_loop)},
      {"swapped carried values", wrong_pass("swap-carried", swap_carried)},
      {"gradient of a loop the wrong way round", {.gradient = turn_gradient_of_loop}},
      {"residual of another iteration", {.gradient = shift_residual}},
      {"aliasing of carried values", {.code = alias_carried}},
  };
}

}  // namespace minnow::testing
