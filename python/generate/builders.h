// Texts of the Python functions that build the messages of the schema.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace minnow::python {

namespace pb = google::protobuf;

// The beginning of a module of builders.
std::string header(const std::string& summary);
// A function called like the alternative of a oneof, with its message's fields; with `wraps`, of the message around it,
// whose other fields it then has, too.
std::string kind_function(const pb::FieldDescriptor& kind, bool wraps);
// A function called like the message: "early_stopping" of EarlyStopping, "csv" of Data.Csv. `choice`, if there is one,
// is taken as one value that a function of a module has made, in place of its alternatives.
std::string message_function(const pb::Descriptor& message, const pb::OneofDescriptor* choice);

// The beginning of _schema.py, and its entry for a message: {"filters": "int64", "weight_init": "spec.Initializer",
// ...}.
std::string type_header();
std::string type_entry(const pb::Descriptor& message);

}  // namespace minnow::python
