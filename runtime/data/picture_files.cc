#include "runtime/data/picture_files.h"

#include <algorithm>
#include <cctype>

namespace minnow {

namespace fs = std::filesystem;

bool is_litter(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "__MACOSX";
}

bool is_png_file(const fs::directory_entry& entry) {
  std::string extension = entry.path().extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  std::error_code error;
  return extension == ".png" && !is_litter(entry.path()) && !entry.is_directory(error);
}

Result<std::vector<std::string>> list_pictures(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> found;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    if (is_litter(it->path())) it.disable_recursion_pending();
    else if (is_png_file(*it)) found.push_back(it->path().string());
  }
  if (error) return fail(path, "cannot list the folder: {}", error.message());
  if (found.empty()) return fail(path, "holds no .png file");
  std::ranges::sort(found);
  return found;
}

}  // namespace minnow
