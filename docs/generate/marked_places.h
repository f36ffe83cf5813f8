// Documents with parts that a program writes: what stands between <!-- NAME --> and <!-- end --> is replaced by the
// part of that name. All else is written by hand.
#pragma once

#include <map>
#include <string>

namespace minnow {

// Prints the document with fresh parts. False, with a complaint on stderr, if the names in the document that begin like
// one of the parts and the parts are not the same set.
bool print_with_parts(const std::string& document, const std::map<std::string, std::string>& parts);

}  // namespace minnow
