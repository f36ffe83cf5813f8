// A model as a list of fields, to be compared with another.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "frontend/schema/model.pb.h"

namespace minnow {

// Every field that is set, in the order of the schema: its path with the names of layers, as `--set` takes it, and its
// value. A message without fields is "{}".
std::vector<std::pair<std::string, std::string>> model_fields(const Model& model);

// Of several models, the fields that are not the same in all: the path, and the value in each, "–" where it is not set.
struct DifferingField {
  std::string path;
  std::vector<std::string> values;
};
std::vector<DifferingField> differing_fields(const std::vector<const Model*>& models);

}  // namespace minnow
