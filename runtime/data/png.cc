#include "runtime/data/png.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "runtime/data/inflate.h"
#include "runtime/file.h"

namespace minnow {
namespace {

constexpr int64_t kMaxPngBytes = int64_t{64} << 20;
constexpr int64_t kMaxPixels = int64_t{1} << 28;
constexpr double kWideUnit = 257;  // of 16 bits, 65535 being 255
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

// Chunks by which libpng would change the numbers.
constexpr std::array<std::string_view, 6> kColourSpaces = {"gAMA", "cHRM", "sRGB", "iCCP", "cICP", "sBIT"};

std::string without_colour_spaces(std::string_view png) {
  constexpr size_t kSignature = 8, kType = 4, kFrame = 12;  // a chunk is length, type, data, checksum
  std::string kept(png.substr(0, kSignature));
  png.remove_prefix(kept.size());
  while (png.size() >= kFrame) {
    const size_t size = kFrame + png_get_uint_32(reinterpret_cast<png_const_bytep>(png.data()));
    if (size > png.size()) break;
    if (std::ranges::find(kColourSpaces, png.substr(kType, kType)) == kColourSpaces.end()) kept += png.substr(0, size);
    png.remove_prefix(size);
  }
  return kept += png;
}

// How libpng hands out a pixel: its colours, then its alpha unless they are multiplied by that already.
struct Samples {
  size_t colours = 1;  // 1 or 3
  bool has_alpha = false;
};

double luma(double red, double green, double blue) { return (299 * red + 587 * green + 114 * blue) / 1000; }

// Into `to` [channels,H,W], whose unit is so many of the samples'. Whether the file could be read to its end.
template <typename Sample, typename Pixel>
bool read_samples(PngImage& image, Samples as, std::span<Pixel> to, size_t channels, double unit) {
  const size_t stride = as.colours + (as.has_alpha ? 1 : 0), pixels = to.size() / channels;
  std::vector<Sample> samples(pixels * stride);
  if (png_image_finish_read(image.get(), nullptr, samples.data(), 0, nullptr) == 0) return false;
  const Sample* from = samples.data();
  for (size_t i = 0; i < pixels; ++i, from += stride) {
    for (size_t c = 0; c < channels; ++c) {
      const bool mixes = as.colours == 3 && channels == 1;
      double value = mixes ? luma(from[0], from[1], from[2]) : from[std::min(c, as.colours - 1)];
      if (as.has_alpha) value *= from[as.colours] / 255.0;
      if constexpr (std::is_integral_v<Pixel>) value = std::floor(value + 0.5);
      to[c * pixels + i] = static_cast<Pixel>(value / unit);
    }
  }
  return true;
}

constexpr size_t kColourType = 25;  // behind signature, length, type, width, height and depth

bool has_palette(std::string_view png) {
  constexpr char kPalette = 3;
  return png.size() > kColourType && png[kColourType] == kPalette;
}

// Read with its colours in a map of their own, libpng hands out the indices as they stand. It takes those beyond the
// palette for black.
Status check_palette_indices(std::string_view png, const std::string& path) {
  PngImage image;
  if (png_image_begin_read_from_memory(image.get(), png.data(), png.size()) == 0) return {};
  image->format = PNG_FORMAT_RGBA_COLORMAP;
  const uint32_t colours = image->colormap_entries;
  std::vector<uint8_t> indices(PNG_IMAGE_SIZE(*image.get())), map(PNG_IMAGE_COLORMAP_SIZE(*image.get()));
  if (png_image_finish_read(image.get(), nullptr, indices.data(), 0, map.data()) == 0)
    return fail(path, "is a damaged PNG: {}", image->message);
  const auto bad = std::ranges::find_if(indices, [&](uint8_t index) { return index >= colours; });
  if (bad == indices.end()) return {};
  const int64_t at = bad - indices.begin(), width = image->width;
  return fail(path, "is a damaged PNG: the pixel in row {}, column {} has colour {} of a palette of {}", at / width,
              at % width, *bad, colours);
}

}  // namespace

Result<Tensor> read_png(const std::string& path, PngChannels channels) {
  MINNOW_ASSIGN(const std::string file, read_file(path, kMaxPngBytes));
  if (file.empty()) return fail(path, "is empty, so it holds no picture");
  const std::string bytes = without_colour_spaces(file);
  PngImage image;
  if (png_image_begin_read_from_memory(image.get(), bytes.data(), bytes.size()) == 0)
    return fail(path, "is not a readable PNG: {}", image->message);
  const int64_t height = image->height;
  const int64_t width = image->width;
  if (height * width > kMaxPixels) return fail(path, "is too large a picture: {}x{}", width, height);
  if (height * width / 8 > most_inflated(std::ssize(bytes)))  // a pixel has at least a bit
    return fail(path, "is a damaged PNG: it claims {}x{} pixels, more than its {} bytes can hold", width, height,
                bytes.size());
  if (has_palette(bytes)) MINNOW_TRY(check_palette_indices(bytes, path));
  const bool is_wide = (image->format & PNG_FORMAT_FLAG_LINEAR) != 0;
  const Samples as{(image->format & PNG_FORMAT_FLAG_COLOR) != 0 ? 3U : 1U, !is_wide};
  image->format =
      (as.colours == 3 ? PNG_FORMAT_FLAG_COLOR : 0U) | (is_wide ? PNG_FORMAT_FLAG_LINEAR : PNG_FORMAT_FLAG_ALPHA);
  const auto count = static_cast<size_t>(channels);
  Tensor pixels = Tensor::zeros({is_wide ? DType::kF32 : DType::kU8, {static_cast<int64_t>(count), height, width}});
  const bool is_whole = is_wide ? read_samples<uint16_t>(image, as, pixels.as<float>(), count, kWideUnit)
                                : read_samples<uint8_t>(image, as, pixels.as<uint8_t>(), count, 1);
  if (!is_whole) return fail(path, "is a damaged PNG: {}", image->message);
  return pixels;
}

Result<Tensor> read_png_gray(const std::string& path) {
  MINNOW_ASSIGN(Tensor pixels, read_png(path, PngChannels::kGray));
  Shape shape = {pixels.dim(1), pixels.dim(2)};
  return std::move(pixels).reshaped(std::move(shape));
}

bool has_colour(const std::string& path) {
  constexpr char kColourBit = 2;  // of the colour types; set for palettes, too
  std::ifstream file(path, std::ios::binary);
  std::array<char, kColourType + 1> head{};
  return file.read(head.data(), head.size()) && (head[kColourType] & kColourBit) != 0;
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
  const int64_t rows = ceil_div(count, columns);
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
