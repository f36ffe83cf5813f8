// The IR as text, byte-stable: print(parse(print(f))) == print(f).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ir/function.h"

namespace minnow {

std::string print(const Function& function);
std::string print(const Module& module);
// "%3" or "%fc.weight" for a value of `function`, as the printer names it.
std::string value_name(const Function& function, const Value* value);
// The names of all values of `function`; of those in the body of an op, behind its own: "%4/%b2".
std::unordered_map<const Value*, std::string> value_names(const Function& function);

// Parses and type-checks; an error says `file:line:column`, what was expected and what was found.
Result<std::unique_ptr<Module>> parse_module(std::string_view text, const std::string& file);

}  // namespace minnow
