#include "passes/group/remarks.h"

#include "ir/text.h"

namespace minnow {
namespace {

template <typename Visit>
void for_each_op(Function& function, const Visit& visit) {
  for (const auto& op : function.ops()) {
    visit(*op);
    if (op->body) for_each_op(*op->body, visit);
  }
}

HistoryEntry origin_of(const Location& location) {
  const std::string layer = location.layer.empty() ? "the text" : "layer \"" + location.layer + "\"";
  switch (location.phase) {
    case Phase::kForward: return {"lowering", "from " + layer};
    case Phase::kGradient: return {"autodiff", "a gradient of " + layer};
    case Phase::kUpdate: return {"optimizer", "the update of " + layer};
  }
  return {};
}

}  // namespace

void Remarks::begin(std::string_view pass, const Function& function) {
  pass_ = pass;
  function_ = &function;
  names_.clear();
}

const std::string& Remarks::name(const Value* value) {
  if (names_.empty() && function_ != nullptr) names_ = value_names(*function_);
  return names_[value];
}

void Remarks::say(const Value* value, std::string text) {
  all_.push_back({pass_, {value}, {name(value)}, std::move(text)});
}

void Remarks::say(const Value* producer, const Value* consumer, std::string text) {
  all_.push_back({pass_, {producer, consumer}, {name(producer), name(consumer)}, std::move(text)});
}

void sign_histories(Function& function, std::string_view pass) {
  for_each_op(function, [&](Op& op) {
    if (op.history.empty()) op.history.push_back({"", "made"});
    for (HistoryEntry& entry : op.history)
      if (entry.pass.empty()) entry.pass = pass;
  });
}

void begin_histories(Function& function) {
  for_each_op(function, [](Op& op) {
    if (op.history.empty()) op.history.push_back(origin_of(op.location));
  });
}

}  // namespace minnow
