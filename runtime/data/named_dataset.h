// The published data sets that are known by name, and where they are looked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/data/data_roots.h"
#include "runtime/data/dataset.h"

namespace minnow {

// What there is to know about a named set, all in IDX files of 60,000 and 10,000 pictures of 28x28.
struct NamedDataset {
  std::string_view name;
  std::vector<std::string> class_names;
};

const std::vector<NamedDataset>& named_datasets();

// Reads both splits of `name` ("mnist", "fashion-mnist") from the first place that has all of its files: the
// data_roots, in each the folder NAME and then the root itself; each file plain or .gz.
// If no place has them the error lists the places, where to get the files, and that GLYPHS needs none.
Result<DataSplits> load_named_dataset(std::string_view name, const DataPlaces& places);

}  // namespace minnow
