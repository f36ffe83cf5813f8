#include "tools/flags/models_folder.h"

#include <filesystem>

namespace minnow {

const std::string& models_folder() {
  static const std::string folder = [] {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    const fs::path installed = program.parent_path().parent_path() / MINNOW_MODELS_IN_SHARE;
    return fs::is_directory(installed, error) ? installed.string() : std::string(MINNOW_MODELS_DIR);
  }();
  return folder;
}

}  // namespace minnow
