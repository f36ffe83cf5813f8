// Python's builders of models, made from the schema, so that every layer and field is there.
//
//   minnow_builders SCHEMA.desc FOLDER
//
// SCHEMA.desc is what protoc writes of model.proto with --include_imports and --include_source_info. A message that is
// a choice between kinds, such as Layer, becomes a module with a function for each; all others are functions of
// messages.py. _schema.py has the type of every field, by which a builder's values are written as text.
#include "python/generate/builders.h"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <vector>

#include "frontend/schema/described_schema.h"

namespace minnow::python {
namespace {

// A module of functions for the alternatives of a oneof; `wraps` says that they make the message around it.
struct Module {
  const char* file;
  const char* message;
  const char* oneof;
  bool wraps;
  const char* summary;
};

constexpr Module kModules[] = {
    {"layers", "minnow.spec.Layer", "kind", true, "Layers, by their kinds."},
    {"losses", "minnow.spec.Loss", "kind", true, "What training minimises."},
    {"initializers", "minnow.spec.Initializer", "kind", true, "How weights begin."},
    {"schedules", "minnow.spec.Schedule", "kind", true, "The learning rate over a run."},
    {"optimizers", "minnow.spec.Training", "optimizer", false, "Optimisers, for messages.training(optimizer=...)."},
};

// The choice of a message that has a module of its own, which it takes as one value.
const pb::OneofDescriptor* choice_of(const pb::Descriptor& message) {
  for (const Module& module : kModules)
    if (!module.wraps && message.full_name() == module.message) return message.FindOneofByName(module.oneof);
  return nullptr;
}

// What modules have functions for already: messages that are choices, with all that lies in them, and their kinds.
std::set<std::string> messages_of_modules(const pb::DescriptorPool& pool) {
  std::set<std::string> names;
  for (const Module& module : kModules) {
    const pb::Descriptor& message = *pool.FindMessageTypeByName(module.message);
    if (module.wraps) names.insert(message.full_name());
    const pb::OneofDescriptor& oneof = *message.FindOneofByName(module.oneof);
    for (int i = 0; i < oneof.field_count(); ++i) names.insert(oneof.field(i)->message_type()->full_name());
  }
  return names;
}

std::string module_text(const Module& module, const pb::DescriptorPool& pool) {
  const pb::Descriptor& message = *pool.FindMessageTypeByName(module.message);
  const pb::OneofDescriptor& oneof = *message.FindOneofByName(module.oneof);
  std::string text = header(module.summary);
  for (int i = 0; i < oneof.field_count(); ++i) text += kind_function(*oneof.field(i), module.wraps);
  return text;
}

// But those that only hold an enum.
void add_messages(const pb::Descriptor& message, const std::set<std::string>& done, std::string& text) {
  if (done.contains(message.full_name())) return;
  const bool is_enum = message.field_count() == 0 && message.enum_type_count() > 0;
  if (!is_enum && message.full_name() != "minnow.Model") text += message_function(message, choice_of(message));
  for (int i = 0; i < message.nested_type_count(); ++i) add_messages(*message.nested_type(i), done, text);
}

void add_types(const pb::Descriptor& message, std::string& text) {
  text += type_entry(message);
  for (int i = 0; i < message.nested_type_count(); ++i) add_types(*message.nested_type(i), text);
}

bool write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  return static_cast<bool>(file.flush());
}

int run(const std::string& schema, const std::string& folder) {
  pb::DescriptorPool pool;
  const std::vector<const pb::FileDescriptor*> files = read_schema(schema, pool);
  if (files.empty()) return 1;
  std::string messages = header("All other messages of the schema, by their names.");
  std::string types = type_header();
  const std::set<std::string> done = messages_of_modules(pool);
  for (const pb::FileDescriptor* file : files) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      add_messages(*file->message_type(i), done, messages);
      add_types(*file->message_type(i), types);
    }
  }
  bool is_written = write(folder + "/messages.py", messages) && write(folder + "/_schema.py", types + "}\n");
  for (const Module& module : kModules)
    is_written = is_written && write(fmt::format("{}/{}.py", folder, module.file), module_text(module, pool));
  return is_written ? 0 : 1;
}

}  // namespace
}  // namespace minnow::python

int main(int argc, char** argv) {
  if (argc == 3) return minnow::python::run(argv[1], argv[2]);
  fmt::print(stderr, "usage: minnow_builders SCHEMA.desc FOLDER\n");
  return 2;
}
