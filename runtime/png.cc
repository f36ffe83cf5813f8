#include "runtime/png.h"

#include <png.h>

#include <algorithm>

#include "runtime/file.h"

namespace minnow {
namespace {

constexpr int64_t kMaxPngBytes = int64_t{64} << 20;
constexpr int64_t kMaxPixels = int64_t{1} << 28;
constexpr uint8_t kGapColour = 96;

// libpng's simplified interface: errors come back as a message in the image, no longjmp.
class PngImage {
 public:
  PngImage() { image_.version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(&image_); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;

  png_image* get() { return &image_; }
  png_image* operator->() { return &image_; }

 private:
  png_image image_{};
};

}  // namespace

Result<Tensor> read_png_gray(const std::string& path) {
  MINNOW_ASSIGN(const std::string bytes, read_file(path, kMaxPngBytes));
  PngImage image;
  if (png_image_begin_read_from_memory(image.get(), bytes.data(), bytes.size()) == 0)
    return fail(path, "is not a readable PNG: {}", image->message);
  const int64_t height = image->height;
  const int64_t width = image->width;
  if (height * width > kMaxPixels) return fail(path, "is too large a picture: {}x{}", width, height);
  image->format = PNG_FORMAT_GRAY;
  Tensor pixels = Tensor::zeros({DType::kU8, {height, width}});
  const png_color black{};
  if (png_image_finish_read(image.get(), &black, pixels.data(), 0, nullptr) == 0)
    return fail(path, "is a damaged PNG: {}", image->message);
  return pixels;
}

Result<std::string> encode_png(const Tensor& image) {
  const TensorType& type = image.type();
  const bool is_gray = type.rank() == 2;
  MINNOW_CHECK(type.dtype == DType::kU8 && (is_gray || (type.rank() == 3 && type.dim(2) == 3)), "{} is not a picture",
               type.to_string());
  PngImage png;
  png->height = static_cast<png_uint_32>(type.dim(0));
  png->width = static_cast<png_uint_32>(type.dim(1));
  png->format = is_gray ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(*png.get());
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(png.get(), bytes.data(), &size, 0, image.data(), 0, nullptr) == 0)
    return fail("", "cannot encode as PNG: {}", png->message);
  bytes.resize(size);
  return bytes;
}

Status write_png(const std::string& path, const Tensor& image) {
  auto bytes = encode_png(image);
  if (!bytes) return fail(path, "{}", bytes.error().message);
  return write_file_atomically(path, *bytes);
}

Tensor image_grid(const Tensor& images, int64_t columns, int64_t gap) {
  const int64_t count = images.dim(0);
  const int64_t height = images.dim(2);
  const int64_t width = images.dim(3);
  const int64_t rows = (count + columns - 1) / columns;
  const int64_t grid_width = columns * (width + gap) + gap;
  Tensor grid = Tensor::zeros({DType::kU8, {rows * (height + gap) + gap, grid_width}});
  const auto to = grid.as<uint8_t>();
  const auto from = images.as<uint8_t>();
  std::fill(to.begin(), to.end(), kGapColour);
  const int64_t image_size = images.dim(1) * height * width;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t top = gap + i / columns * (height + gap);
    const int64_t left = gap + i % columns * (width + gap);
    for (int64_t y = 0; y < height; ++y) {
      std::copy_n(from.begin() + i * image_size + y * width, width, to.begin() + (top + y) * grid_width + left);
    }
  }
  return grid;
}

}  // namespace minnow
