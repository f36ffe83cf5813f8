// Pictures as people keep them, in folders.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ir/error.h"

namespace minnow {

// What systems leave in folders: hidden files, such as .DS_Store and ._x.png, and what macOS packs into archives.
bool is_litter(const std::filesystem::path& path);
// Whether it is a file, by its name a PNG, and no litter.
bool is_png_file(const std::filesystem::directory_entry& entry);

// The PNG files that a path names: itself, or, of a folder, those in it and in its folders, in alphabetical order.
Result<std::vector<std::string>> list_pictures(const std::string& path);

}  // namespace minnow
