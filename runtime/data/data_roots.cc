#include "runtime/data/data_roots.h"

#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>

#include "frontend/load/read_bytes.h"

namespace minnow {

std::vector<std::string> data_roots(const std::string& data_dir) {
  std::vector<std::string> roots;
  if (!data_dir.empty()) roots.push_back(data_dir);
  const char* from_environment = std::getenv("MINNOW_DATA");
  if (from_environment != nullptr && *from_environment != '\0') roots.emplace_back(from_environment);
  roots.emplace_back("./data");
  return roots;
}

Result<std::string> find_data_file(const std::string& name, const std::string& data_dir) {
  if (std::filesystem::path(name).is_absolute() || is_stdin(name)) return name;
  std::vector<std::string> roots = data_roots(data_dir);
  roots.emplace_back(".");
  for (const std::string& root : roots) {
    const std::string path = fmt::format("{}/{}", root, name);
    std::error_code error;
    if (std::filesystem::exists(path, error)) return path;
  }
  return fail_with_hint(name, fmt::format("there is no such file in {}", fmt::join(roots, ", ")),
                        "name its folder with --data-dir or MINNOW_DATA");
}

}  // namespace minnow
