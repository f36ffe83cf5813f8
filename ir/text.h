// The IR as text, byte-stable: print(parse(print(f))) == print(f).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ir/function.h"

namespace minnow {

// The names of values within `depth` bodies begin with "%" and this: parameters "a", "c", ..., results of ops "b", "d",
// ...; nothing in a function itself, where parameters have names and results numbers.
std::string parameter_prefix(int depth);
std::string result_prefix(int depth);

std::string print(const Function& function);
std::string print(const Module& module);
// "%3" or "%fc.weight" for a value of `function`, as the printer names it.
std::string value_name(const Function& function, const Value* value);
// The names of all values of `function`; of those in the body of an op, behind its own: "%4/%b2".
std::unordered_map<const Value*, std::string> value_names(const Function& function);

// Where ops stand in the text that they were read from.
class OpPlaces {
 public:
  void add(const Op* op, size_t offset) { offsets_[op] = offset; }
  std::string find(const Op* op) const;  // "file:line:column"; empty: it was not read from text

  std::string_view text = {};  // must outlive this
  std::string file = {};

 private:
  std::unordered_map<const Op*, size_t> offsets_;
};

// Parses and type-checks; an error says `file:line:column`, what was expected and what was found. `places`, unless it
// is nullptr, learns where the ops stand.
Result<std::unique_ptr<Module>> parse_module(std::string_view text, const std::string& file,
                                             OpPlaces* places = nullptr);

}  // namespace minnow
