#include "passes/group/fusion_log.h"

#include <fmt/format.h>

#include "ir/loop.h"

namespace minnow {
namespace {

constexpr std::string_view kFusedBecause[] = {
    "each element is computed at the index at which the loop reads it",
    "both lie in rows that the kernel goes through together",
    "it follows the contraction element by element, while the tile is in registers",
};

std::string op_text(const Op& op) {
  std::string text(mnemonic(op.kind));
  if (!op.location.layer.empty()) text += fmt::format(" ({})", op.location.layer);
  return text;
}

// Why there is no kernel that would hold both, where none was tried.
std::string_view default_reason(const Op& producer, const Op& consumer) {
  if (is_sequential_loop(producer) || is_sequential_loop(consumer))
    return "a loop runs iteration by iteration, what is outside of it once";
  if (producer.kind == OpKind::kLoop || consumer.kind == OpKind::kLoop)
    return "a loop runs block by block, what is outside of it on all examples";
  if (producer.kind == OpKind::kReshape || consumer.kind == OpKind::kReshape)
    return "a reshape has its operand's bytes and costs nothing";
  return "there is no kernel that holds both";
}

class Reporter {
 public:
  Reporter(const FusionLog& log, Remarks& remarks) : log_(log), remarks_(remarks) {}

  void report(const Function& function) {
    const UseMap uses(function);
    for (const auto& op : function.ops()) {
      if (op->kind == OpKind::kLoop) report(*op->body);
      if (op->kind == OpKind::kFused) report_kernel(*op);
      for (const auto& result : op->results)
        if (op->kind != OpKind::kConstant) report_apart(*result, uses);
    }
  }

 private:
  void report_kernel(const Op& kernel) {
    const UseMap uses(*kernel.body);
    const FusionKind kind = kernel.attr<FusedAttributes>().kind;
    for (const auto& op : kernel.body->ops()) {
      if (op->kind == OpKind::kConstant) continue;
      for (const Op* user : unique_users(op->result(), uses))
        remarks_.say(op->result(), user->result(),
                     fmt::format("{} and {}: in one {} kernel, {}", op_text(*op), op_text(*user),
                                 fusion_kind_name(kind), kFusedBecause[static_cast<size_t>(kind)]));
    }
  }

  void report_apart(const Value& value, const UseMap& uses) {
    const Op& producer = inner_producer(value);
    for (const Op* user : unique_users(&value, uses)) {
      std::vector<const Op*> consumers = {user};
      if (user->kind == OpKind::kFused) consumers = inner_readers(*user, &value);
      for (const Op* consumer : consumers)
        remarks_.say(&value, consumer->result(),
                     fmt::format("{} and {}: apart, {}", op_text(producer), op_text(*consumer),
                                 reason(*value.op, producer, *user, *consumer)));
    }
  }

  static std::vector<const Op*> unique_users(const Value* value, const UseMap& uses) {
    std::vector<const Op*> users;
    for (const Op* user : uses.users(value))
      if (users.empty() || users.back() != user) users.push_back(user);
    return users;
  }

  static const Op& inner_producer(const Value& value) {
    if (value.op->kind != OpKind::kFused) return *value.op;
    return *value.op->body->results()[static_cast<size_t>(value.index)].value->op;
  }

  // Ops of the body that read what the kernel is given as `value`.
  static std::vector<const Op*> inner_readers(const Op& kernel, const Value* value) {
    const UseMap uses(*kernel.body);
    std::vector<const Op*> readers;
    for (size_t i = 0; i < kernel.operands.size(); ++i) {
      if (kernel.operands[i] != value) continue;
      for (const Op* reader : unique_users(kernel.body->parameters()[i].get(), uses)) readers.push_back(reader);
    }
    return readers;
  }

  // What was said of the two, of the kernels that they had become, or of who reads the consumer if that was copied.
  std::string_view reason(const Op& outer_producer, const Op& producer, const Op& outer_consumer,
                          const Op& consumer) const {
    for (const Op* from : {&producer, &outer_producer}) {
      for (const Op* to : {&consumer, &outer_consumer})
        if (const std::string_view said = log_.reason(from, to); !said.empty()) return said;
      if (consumer.kind != OpKind::kBroadcast || &consumer == &outer_consumer) continue;
      const UseMap uses(*outer_consumer.body);
      for (const Op* reader : uses.users(consumer.result()))
        if (const std::string_view said = log_.reason(from, reader); !said.empty()) return said;
    }
    return default_reason(outer_producer, outer_consumer);
  }

  const FusionLog& log_;
  Remarks& remarks_;
};

}  // namespace

std::string_view FusionLog::reason(const Op* producer, const Op* consumer) const {
  const auto found = reasons_.find({producer, consumer});
  return found == reasons_.end() ? std::string_view() : found->second;
}

void remark_on_fusion(const Function& function, const FusionLog& log, Remarks& remarks) {
  Reporter(log, remarks).report(function);
}

}  // namespace minnow
