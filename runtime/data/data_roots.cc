#include "runtime/data/data_roots.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "frontend/load/data_files.h"
#include "frontend/load/read_bytes.h"
#include "runtime/data/npy.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

void add(std::vector<std::string>& folders, const std::string& folder) {
  if (!folder.empty() && std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
}

// With the folder of the model file before the places that all models share.
std::vector<std::string> roots_for(const DataPlaces& places, const std::string& beside) {
  std::vector<std::string> roots;
  add(roots, places.data_dir);
  for (const std::string& folder : places.folders) add(roots, folder);
  add(roots, beside);
  const char* from_environment = std::getenv("MINNOW_DATA");
  if (from_environment != nullptr) add(roots, from_environment);
  add(roots, "./data");
  return roots;
}

// The root that has the file, of those for files.
struct FoundFile {
  std::string root, path;
};

Result<FoundFile> find(const std::string& name, const DataPlaces& places) {
  std::vector<std::string> roots = roots_for(places, places.beside);
  add(roots, ".");
  for (const std::string& root : roots) {
    std::string path = fmt::format("{}/{}", root, name);
    std::error_code error;
    if (fs::exists(path, error)) return FoundFile{root, std::move(path)};
  }
  return fail_with_hint(name, fmt::format("there is no such file in {}", fmt::join(roots, ", ")),
                        "name its folder with --data-dir or MINNOW_DATA");
}

bool is_taken_as_it_is(const std::string& name) { return fs::path(name).is_absolute() || is_stdin(name); }

}  // namespace

DataPlaces places_of(const LoadedModel& model, std::string data_dir) {
  const fs::path parent = is_stdin(model.path) ? fs::path() : fs::path(model.path).parent_path();
  DataPlaces places{std::move(data_dir), {}, parent.empty() ? "." : parent.string()};
  for (const std::string& folder : model.model.data().folders())
    places.folders.push_back((parent / folder).lexically_normal().string());
  return places;
}

std::vector<std::string> data_roots(const DataPlaces& places) { return roots_for(places, ""); }

Result<std::string> find_data_file(const std::string& name, const DataPlaces& places) {
  if (is_taken_as_it_is(name)) return name;
  MINNOW_ASSIGN(FoundFile found, find(name, places));
  return std::move(found.path);
}

std::vector<std::string> folders_found(const spec::Data& data, const DataPlaces& places) {
  std::vector<std::string> folders;
  const auto add_whole = [&](const std::string& folder) {
    std::error_code error;
    const fs::path whole = fs::absolute(folder, error);
    std::string text = whole.lexically_normal().string();
    if (text.size() > 1 && text.ends_with('/')) text.pop_back();
    if (!error && !folder.empty()) add(folders, text);
  };
  const DataFiles files = files_of(data);
  for (const auto* names : {&files.train, &files.validation})
    for (const std::string& name : *names) {
      const std::string file = ArrayPath::of(name).file;
      if (is_taken_as_it_is(file)) continue;
      if (const auto found = find(file, places)) add_whole(found->root);
    }
  if (!files.train.empty()) return folders;
  add_whole(places.data_dir);
  for (const std::string& folder : places.folders) add_whole(folder);
  return folders;
}

}  // namespace minnow
