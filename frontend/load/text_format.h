// Reads and writes the text form of a model: Google's parser with Minnow's error messages.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "frontend/schema/model.pb.h"
#include "ir/error.h"

namespace minnow {

// Parses `text` into an empty `message` of any type. The first mistake becomes the error, at
// "path:line:column". `places`, if not null, receives the place of every field that the text holds.
Status parse_text(std::string_view text, const std::string& path, google::protobuf::Message* message,
                  std::map<std::string, std::string>* places);

// The text form of `message`, of the schema in `proto_file`, headed by lines that tell editors so.
std::string print_text(const google::protobuf::Message& message, std::string_view proto_file);

}  // namespace minnow
