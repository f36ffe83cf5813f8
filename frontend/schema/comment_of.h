// What the schema says of itself, for programs that write documents and code from it.
#pragma once

#include <google/protobuf/descriptor.h>

#include <regex>
#include <string>

namespace minnow {

// The comment above or behind a declaration, as one line; it is there in descriptors that protoc wrote with
// --include_source_info.
template <typename Descriptor>
std::string comment_of(const Descriptor& descriptor) {
  google::protobuf::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location)) return "";
  const std::string text = location.leading_comments + location.trailing_comments;
  return std::regex_replace(std::regex_replace(text, std::regex("\\s+"), " "), std::regex("^ | $"), "");
}

}  // namespace minnow
