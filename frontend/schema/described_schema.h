// The schema with its comments, for the programs that make documents and code of it.
#pragma once

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace minnow {

// Minnow's own files of a descriptor set, which protoc writes with --include_imports and --include_source_info. None,
// and a line to stderr, if `path` holds no such set. They live in `pool`.
inline std::vector<const google::protobuf::FileDescriptor*> read_schema(const std::string& path,
                                                                        google::protobuf::DescriptorPool& pool) {
  std::ifstream stream(path, std::ios::binary);
  google::protobuf::FileDescriptorSet files;
  std::vector<const google::protobuf::FileDescriptor*> own;
  if (files.ParseFromIstream(&stream))
    for (const auto& file : files.file())
      if (const auto* built = pool.BuildFile(file); built != nullptr && built->package().starts_with("minnow"))
        own.push_back(built);
  if (own.empty()) fmt::print(stderr, "{} is no descriptor set of Minnow's schema\n", path);
  return own;
}

// The comment above or behind a declaration, as one line.
template <typename Descriptor>
std::string comment_of(const Descriptor& descriptor) {
  google::protobuf::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location)) return "";
  const std::string text = location.leading_comments + location.trailing_comments;
  return std::regex_replace(std::regex_replace(text, std::regex("\\s+"), " "), std::regex("^ | $"), "");
}

}  // namespace minnow
