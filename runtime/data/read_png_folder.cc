#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "runtime/data/dataset.h"
#include "runtime/data/picture_files.h"
#include "runtime/data/png.h"
#include "runtime/data/resize.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

struct LabelledFile {
  std::string path;
  int32_t label = 0;
};

bool is_folder(const fs::directory_entry& entry) {
  std::error_code error;
  return entry.is_directory(error) && !is_litter(entry.path());
}

// A folder with a subfolder per class, read into a list of files.
class ClassFolders {
 public:
  explicit ClassFolders(std::string root) : root_(std::move(root)) {}

  Status list() {
    MINNOW_ASSIGN(const std::vector<fs::path> folders, entries(root_, is_folder));
    if (folders.empty()) return fail(root_, "has no subfolder; each class needs one, of PNG files");
    std::vector<std::vector<fs::path>> pictures;
    for (const fs::path& folder : folders) {
      MINNOW_ASSIGN(std::vector<fs::path> found, entries(folder, is_png_file));
      if (found.empty()) return fail(folder.string(), "holds no .png file");
      pictures.push_back(std::move(found));
      class_names_.push_back(folder.filename().string());
    }
    take_turns(pictures);
    return {};
  }

  const std::vector<LabelledFile>& files() const { return files_; }
  const std::vector<std::string>& class_names() const { return class_names_; }

  // What was left out, or nothing.
  std::vector<std::string> notes() const {
    if (left_out_.empty()) return {};
    constexpr size_t kNamed = 3;
    const std::vector<std::string> named(left_out_.begin(),
                                         left_out_.begin() + static_cast<long>(std::min(kNamed, left_out_.size())));
    const size_t others = left_out_.size() - named.size();
    return {fmt::format("{}: left out what is no picture of a class: {}{}", root_, fmt::join(named, ", "),
                        others == 0 ? "" : fmt::format(" and {} more", others))};
  }

 private:
  // The entries of a folder that `wanted` takes, in alphabetical order.
  template <typename Wanted>
  Result<std::vector<fs::path>> entries(const fs::path& folder, Wanted wanted) {
    std::error_code error;
    std::vector<fs::path> taken, others;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      (wanted(*it) ? taken : others).push_back(it->path());
    if (error) return fail(folder.string(), "cannot list the folder: {}", error.message());
    std::ranges::sort(taken);
    std::ranges::sort(others);
    for (const fs::path& path : others) left_out_.push_back(path.lexically_relative(root_).string());
    return taken;
  }

  // The first picture of each class, then the second of each, so that the first so many are of all classes.
  void take_turns(const std::vector<std::vector<fs::path>>& pictures) {
    size_t most = 0;
    for (const auto& of_class : pictures) most = std::max(most, of_class.size());
    for (size_t i = 0; i < most; ++i)
      for (size_t label = 0; label < pictures.size(); ++label)
        if (i < pictures[label].size()) files_.push_back({pictures[label][i].string(), static_cast<int32_t>(label)});
  }

  std::string root_;
  std::vector<LabelledFile> files_;
  std::vector<std::string> class_names_;
  std::vector<std::string> left_out_;
};

PngChannels channels_of(const std::vector<LabelledFile>& files, const PngFolderOptions& options) {
  if (options.channels) return *options.channels;
  const bool is_coloured = std::ranges::any_of(files, [](const LabelledFile& file) { return has_colour(file.path); });
  return is_coloured ? PngChannels::kColour : PngChannels::kGray;
}

// All pictures, of the size that is asked for or equal in size to the first: u8 [N,C,H,W] if all are of bytes, else
// f32.
Result<Tensor> read_images(const std::vector<LabelledFile>& files, const PngFolderOptions& options) {
  const PngChannels channels = channels_of(files, options);
  Tensor images;
  for (size_t i = 0; i < files.size(); ++i) {
    MINNOW_ASSIGN(Tensor image, read_png(files[i].path, channels));
    if (options.size) image = resized(image, options.size->height, options.size->width);
    const int64_t height = image.dim(1);
    const int64_t width = image.dim(2);
    const auto count = static_cast<int64_t>(files.size());
    if (i == 0) {
      const Shape shape = {count, image.dim(0), height, width};
      if (!checked_element_count(shape))
        return fail(files[i].path, "{} pictures of {}x{} are too many", count, width, height);
      images = Tensor::zeros({image.type().dtype, shape});
    }
    if (height != images.dim(2) || width != images.dim(3)) {
      return fail_with_hint(files[i].path,
                            fmt::format("is {}x{}, but {} is {}x{}: all pictures must have one size", width, height,
                                        files[0].path, images.dim(3), images.dim(2)),
                            "png_folder { resize: true } makes all as large as the network takes them");
    }
    const bool is_wide = is_float(image.type().dtype);
    if (is_wide && !is_float(images.type().dtype)) images = images.converted_to(DType::kF32);
    if (!is_wide && is_float(images.type().dtype)) image = image.converted_to(DType::kF32);
    std::memcpy(images.data() + static_cast<int64_t>(i) * image.type().bytes(), image.data(),
                static_cast<size_t>(image.type().bytes()));
  }
  return images;
}

}  // namespace

Result<Dataset> read_png_folder(const std::string& path, const PngFolderOptions& options) {
  ClassFolders folders(path);
  MINNOW_TRY(folders.list());
  const std::vector<LabelledFile>& files = folders.files();
  Dataset dataset;
  dataset.name = fs::path(path).filename().string();
  dataset.class_names = folders.class_names();
  dataset.notes = folders.notes();
  MINNOW_ASSIGN(dataset.examples, read_images(files, options));
  dataset.labels = Tensor::uninitialized({DType::kI32, {static_cast<int64_t>(files.size())}});
  std::transform(files.begin(), files.end(), dataset.labels.as<int32_t>().begin(),
                 [](const LabelledFile& file) { return file.label; });
  return dataset;
}

}  // namespace minnow
