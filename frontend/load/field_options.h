// What is asked of any message through reflection, and the options of the schema, frontend/schema/field_options.proto.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "frontend/schema/layers.pb.h"

namespace minnow {

// Whether the file has the field; a repeated one, with an element.
bool is_present(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field);
// The same, but a message in which nothing is set is unset if it has a default.
bool is_set(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor* field);

// The option `range` and its like: "[1, 4096]", "(0, 1)".
struct Range {
  double low, high;
  bool includes_low, includes_high;

  bool contains(double value) const {
    return (includes_low ? value >= low : value > low) && (includes_high ? value <= high : value < high);
  }
};
Range parse_range(const std::string& text);

// The field that says what the layer computes, `conv2d`; null if none is set.
const google::protobuf::FieldDescriptor* kind_field(const spec::Layer& layer);
// The message in that field, which is set.
const google::protobuf::Message& kind_message(const spec::Layer& layer);
// What the layer gives beside its result, as the inputs of others name it: "encoder.state". None if no kind is set.
std::vector<std::string> other_results(const spec::Layer& layer);

}  // namespace minnow
