#include "runtime/data/named_dataset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "runtime/data/data_roots.h"

namespace minnow {
namespace {

constexpr std::array<std::string_view, 4> kFiles = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                                    "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
using FoundFiles = std::array<std::string, kFiles.size()>;

Result<const NamedDataset*> find_description(std::string_view name) {
  std::vector<std::string> known;
  for (const NamedDataset& dataset : named_datasets()) {
    if (dataset.name == name) return &dataset;
    known.emplace_back(dataset.name);
  }
  const std::string nearest = nearest_name(name, known);
  return fail_with_hint("", fmt::format("there is no dataset \"{}\"; known are {}", name, fmt::join(known, ", ")),
                        nearest.empty() ? "" : fmt::format("did you mean \"{}\"?", nearest));
}

// The folders to search, in order.
std::vector<std::string> search_places(std::string_view name, const DataPlaces& places) {
  std::vector<std::string> searched;
  for (const std::string& root : data_roots(places)) {
    searched.push_back(fmt::format("{}/{}", root, name));
    searched.push_back(root);
  }
  return searched;
}

// The path of each file, or "" where a place has neither the plain file nor the .gz.
FoundFiles look_in(const std::string& place) {
  FoundFiles found;
  for (size_t i = 0; i < kFiles.size(); ++i) {
    for (const std::string_view suffix : {"", ".gz"}) {
      const std::string path = fmt::format("{}/{}{}", place, kFiles[i], suffix);
      std::error_code error;
      if (found[i].empty() && std::filesystem::is_regular_file(path, error)) found[i] = path;
    }
  }
  return found;
}

std::string report_missing(const FoundFiles& found) {
  std::vector<std::string_view> missing;
  for (size_t i = 0; i < kFiles.size(); ++i)
    if (found[i].empty()) missing.push_back(kFiles[i]);
  return missing.size() == kFiles.size() ? "not there" : fmt::format("no {}", fmt::join(missing, ", "));
}

tl::unexpected<Error> not_found(const NamedDataset& dataset, const std::vector<std::string>& reports) {
  return fail_with_hint(
      "", fmt::format("dataset \"{}\" was not found; looked in\n    {}", dataset.name, fmt::join(reports, "\n    ")),
      fmt::format(
          "`minnow data fetch {0}` downloads it; or name the folder that has {0}/ with {1} (each plain or .gz) by --data-dir "
          "or MINNOW_DATA. The digits of `builtin: GLYPHS` need no file",
          dataset.name, fmt::join(kFiles, ", ")));
}

Result<DataSplits> read_splits(const NamedDataset& dataset, const FoundFiles& files) {
  const std::string name(dataset.name);
  DataSplits splits;
  MINNOW_ASSIGN(splits.train, read_idx_dataset(files[0], files[1], name, dataset.class_names));
  MINNOW_ASSIGN(splits.validation, read_idx_dataset(files[2], files[3], name, dataset.class_names));
  return splits;
}

}  // namespace

const std::vector<NamedDataset>& named_datasets() {
  static const std::vector<NamedDataset> kDatasets = {
      {"mnist", numbered_classes(10)},
      {"fashion-mnist",
       {"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}},
  };
  return kDatasets;
}

Result<DataSplits> load_named_dataset(std::string_view name, const DataPlaces& places) {
  MINNOW_ASSIGN(const NamedDataset* dataset, find_description(name));
  std::vector<std::string> reports;
  for (const std::string& place : search_places(name, places)) {
    const FoundFiles found = look_in(place);
    if (std::ranges::none_of(found, &std::string::empty)) return read_splits(*dataset, found);
    reports.push_back(fmt::format("{}: {}", place, report_missing(found)));
  }
  return not_found(*dataset, reports);
}

}  // namespace minnow
