// Whose names a file has.
#pragma once

#include <optional>
#include <string>

#include "runtime/safetensors.h"
#include "runtime/weights/name_table.h"

namespace minnow {

std::string_view names_title(Naming names);  // "Minnow's", "PyTorch's", "Keras'"

// As a model file says; nullopt if it leaves that to the file.
std::optional<Naming> names_of(spec::WeightNames::Convention convention);
std::string schema_name(Naming names);  // "PYTORCH"
// As --names says: "minnow", "pytorch" or "keras"; nullopt for anything else.
std::optional<Naming> parse_names(std::string_view text);

// By what it says itself, or by a name that only one framework uses, such as "kernel" or "running_var"; nullopt if
// nothing tells.
std::optional<Naming> detect_names(const TensorFile& file);

// The metadata by which a file that is written says it.
Metadata metadata_of(Naming names);

}  // namespace minnow
