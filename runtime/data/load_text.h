// A text as windows of tokens to train and to validate by.
#pragma once

#include <string>

#include "frontend/schema/data.pb.h"
#include "runtime/data/data_roots.h"
#include "runtime/data/dataset.h"

namespace minnow {

// `data` is a text, of which windows of `length` tokens are cut. The datasets' classes are the vocabulary.
Result<DataSplits> load_text(const spec::Data& data, int64_t length, const DataPlaces& places);

// All of it as one, in windows of `length` tokens or, if there are fewer, one of all but the last.
Result<Dataset> load_whole_text(const spec::Data& data, int64_t length, const DataPlaces& places);

// The file of a text known by name: ROOT/NAME/FILE, ROOT/text/FILE or ROOT/FILE of the first of the data_roots that has
// one.
Result<std::string> find_named_text_file(const std::string& name, const DataPlaces& places);

}  // namespace minnow
