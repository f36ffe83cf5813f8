#include <algorithm>
#include <cstring>
#include <filesystem>

#include "runtime/dataset.h"
#include "runtime/png.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

struct LabelledFile {
  std::string path;
  int32_t label = 0;
};

// The entries of a folder that `wanted` takes, in alphabetical order.
template <typename Wanted>
Result<std::vector<fs::path>> sorted_entries(const fs::path& folder, Wanted wanted) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (wanted(*it)) entries.push_back(it->path());
  if (error) return fail(folder.string(), "cannot list the folder: {}", error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code error;
  return entry.is_directory(error) && !entry.path().filename().string().starts_with('.');
}

bool is_png(const fs::directory_entry& entry) {
  std::string extension = entry.path().extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return extension == ".png";
}

// All pictures, equal in size to the first, as u8 [N,1,H,W].
Result<Tensor> read_images(const std::vector<LabelledFile>& files) {
  Tensor images;
  for (size_t i = 0; i < files.size(); ++i) {
    MINNOW_ASSIGN(const Tensor image, read_png_gray(files[i].path));
    const int64_t height = image.dim(0);
    const int64_t width = image.dim(1);
    const auto count = static_cast<int64_t>(files.size());
    if (i == 0) {
      const Shape shape = {count, 1, height, width};
      if (!checked_element_count(shape))
        return fail(files[i].path, "{} pictures of {}x{} are too many", count, width, height);
      images = Tensor::uninitialized({DType::kU8, shape});
    }
    if (height != images.dim(2) || width != images.dim(3)) {
      return fail(files[i].path, "is {}x{}, but {} is {}x{}: all pictures must have one size", width, height,
                  files[0].path, images.dim(3), images.dim(2));
    }
    std::memcpy(images.data() + static_cast<int64_t>(i) * height * width, image.data(),
                static_cast<size_t>(height * width));
  }
  return images;
}

}  // namespace

Result<Dataset> read_png_folder(const std::string& path) {
  MINNOW_ASSIGN(const std::vector<fs::path> folders, sorted_entries(path, is_folder));
  if (folders.empty()) return fail(path, "has no subfolder; each class needs one, of PNG files");
  Dataset dataset;
  dataset.name = fs::path(path).filename().string();
  std::vector<LabelledFile> files;
  for (const fs::path& folder : folders) {
    MINNOW_ASSIGN(const std::vector<fs::path> pictures, sorted_entries(folder, is_png));
    if (pictures.empty()) return fail(folder.string(), "holds no .png file");
    for (const fs::path& picture : pictures)
      files.push_back({picture.string(), static_cast<int32_t>(dataset.class_names.size())});
    dataset.class_names.push_back(folder.filename().string());
  }
  MINNOW_ASSIGN(dataset.examples, read_images(files));
  dataset.labels = Tensor::uninitialized({DType::kI32, {static_cast<int64_t>(files.size())}});
  std::transform(files.begin(), files.end(), dataset.labels.as<int32_t>().begin(),
                 [](const LabelledFile& file) { return file.label; });
  return dataset;
}

}  // namespace minnow
