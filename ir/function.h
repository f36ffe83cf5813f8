// The IR: a Module of Functions, each one flat SSA list of Ops over statically shaped tensors, without control flow.
// A Function owns its ops; everything else holds plain pointers that live as long as the op does.
#pragma once

#include <list>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/attributes.h"
#include "ir/error.h"
#include "ir/op_kind.h"
#include "ir/type.h"

namespace minnow {

class Function;
struct Op;

// Which part of a training step an op belongs to.
enum class Phase : uint8_t { kForward, kGradient, kUpdate };
std::string_view phase_name(Phase phase);  // "forward", "gradient", "update"

// Where a value came from; printed as loc("fc") or loc("fc", gradient).
struct Location {
  std::string layer;
  Phase phase = Phase::kForward;
  bool operator==(const Location&) const = default;
};

// What a function parameter is for. Weights and state are held by the session between calls.
enum class Role : uint8_t { kInput, kWeight, kState, kScalar };
std::string_view role_name(Role role);  // "input", "weight", "state", "scalar"

// One tensor: a function's parameter (op == nullptr) or the result of an op.
struct Value {
  TensorType type;
  Op* op = nullptr;
  int index = 0;             // which parameter, or which result
  std::string name;          // parameters only, and as they were added
  Role role = Role::kInput;  // parameters only

  bool is_parameter() const { return op == nullptr; }
};

// What a pass did to an op; kept for `explain`, and not printed.
struct HistoryEntry {
  std::string pass;  // empty until the pass is over
  std::string text;
};

struct Op {
  OpKind kind;
  std::vector<Value*> operands;
  std::vector<std::unique_ptr<Value>> results;
  Attributes attributes;
  Location location;
  std::unique_ptr<Function> body;          // kFused and kLoop only
  std::vector<HistoryEntry> history = {};  // empty unless remarks are recorded

  // Adds to the history, if one is kept.
  void remember(std::string text) {
    if (!history.empty()) history.push_back({"", std::move(text)});
  }

  Value* result(size_t i = 0) const { return results[i].get(); }
  const TensorType& type() const { return results[0]->type; }
  template <typename T>
  const T& attr() const {
    return std::get<T>(attributes);
  }
};

// A function's result. One named like a weight or state parameter is that parameter's new value, written in place.
struct FunctionResult {
  std::string name;
  Value* value = nullptr;
};

class Function {
 public:
  using OpList = std::list<std::unique_ptr<Op>>;

  explicit Function(std::string name) : name_(std::move(name)) {}
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;

  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  Value* add_parameter(std::string name, TensorType type, Role role = Role::kInput);
  void remove_parameter(size_t index);  // must have no users
  const std::vector<std::unique_ptr<Value>>& parameters() const { return parameters_; }
  Value* find_parameter(std::string_view name) const;  // nullptr if there is none

  // The ops in order; every operand is defined before it is used.
  OpList& ops() { return ops_; }
  const OpList& ops() const { return ops_; }
  // Inserts before `before` (end() appends). Result types are the caller's to get right; Builder infers them.
  Op* insert(OpList::const_iterator before, std::unique_ptr<Op> op);

  std::vector<FunctionResult>& results() { return results_; }
  const std::vector<FunctionResult>& results() const { return results_; }
  void add_result(std::string name, Value* value) { results_.push_back({std::move(name), value}); }
  const FunctionResult* find_result(std::string_view name) const;
  // The weight or state whose new value the result is, written in its place; nullptr for a result of its own.
  const Value* replaced_parameter(const FunctionResult& result) const;

  // Every operand and result that was `from` becomes `to`.
  void replace_uses(const Value* from, Value* to);

  std::unique_ptr<Function> clone() const;

 private:
  std::string name_;
  std::vector<std::unique_ptr<Value>> parameters_;
  std::unordered_map<std::string_view, Value*> by_name_;  // the first of each name
  OpList ops_;
  std::vector<FunctionResult> results_;
};

struct Module {
  std::vector<std::unique_ptr<Function>> functions;

  Function* find(std::string_view name) const;  // nullptr if there is none
  std::unique_ptr<Module> clone() const;
};

std::unique_ptr<Op> make_op(OpKind kind, std::vector<Value*> operands, Attributes attributes,
                            std::vector<TensorType> result_types, Location location);

// Users of every value: the ops that read it (once per operand) and whether the function returns it.
// Stale as soon as the function changes, unless it is told; that takes no longer than the change itself, however many
// others use the value.
class UseMap {
 public:
  UseMap() = default;
  explicit UseMap(const Function& function);
  std::span<Op* const> users(const Value* value) const;
  bool is_result(const Value* value) const;
  size_t count(const Value* value) const;  // of its users, and one if it is a result

  void add(Op* op);           // it now reads its operands
  void remove(const Op* op);  // it is about to read them no longer
  // What used `from` uses `to` from now on, in the function as well.
  void replace(Function& function, const Value* from, Value* to);

 private:
  struct Uses {
    std::vector<Op*> ops;
    std::unordered_set<const Op*> gone;  // ops that read the value no longer, until someone asks who does
    size_t gone_entries = 0;             // of theirs in `ops`
    std::vector<size_t> results;

    void settle();
  };
  mutable std::unordered_map<const Value*, Uses> uses_;
};

}  // namespace minnow
