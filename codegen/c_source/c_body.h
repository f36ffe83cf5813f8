// The statements of a function or of a loop's body, with the places of its values.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "codegen/c_source/c_source.h"
#include "codegen/c_source/c_writer.h"
#include "ir/function.h"

namespace minnow {

// Of each value its name in the IR, or where it is, as CMemory has it.
using ValueTexts = std::unordered_map<const Value*, std::string>;

// A place that lies so many bytes behind another.
std::string c_offset(const std::string& place, int64_t bytes);

class CBody {
 public:
  CBody(CWriter& c, COpFunctions& functions, const Function& function, const MemoryPlan& plan, const CMemory& memory,
        const ValueTexts& names, ValueTexts places, int depth)
      : c_(c), functions_(functions), function_(function), uses_(function), plan_(plan), memory_(memory), names_(names),
        places_(std::move(places)), depth_(depth) {}

  void write() {
    for (const auto& op : function_.ops()) write(*op);
    write_copies();
  }
  std::string place(const Value* value) const { return places_.at(value); }

 private:
  void write(const Op& op);
  void write_loop(const Op& loop);
  void write_constant(const Op& op);
  void write_copies();
  bool is_one_number(const Value* value) const;
  std::string expression(const Op& op) const;
  void call(const Op& op);
  std::string home(const Value* value) const;
  std::string result_place(size_t index) const;
  std::string heading(const Op& op) const;

  CWriter& c_;
  COpFunctions& functions_;
  const Function& function_;
  const UseMap uses_;
  const MemoryPlan& plan_;
  const CMemory& memory_;
  const ValueTexts& names_;
  ValueTexts places_;  // of values so far
  int depth_;          // loops around
};

}  // namespace minnow
