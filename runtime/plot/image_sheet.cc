#include "runtime/plot/image_sheet.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace minnow {
namespace {

constexpr double kSheetMargin = 16;
constexpr double kGap = 12;
constexpr double kSheetTitleHeight = 40;
constexpr double kCaptionSize = 12;
constexpr double kCaptionHeight = 16;
constexpr double kPictureSide = 84;  // at least about so wide, if pixels are small enough

int64_t column_count(int64_t count) {
  const double root = std::sqrt(static_cast<double>(count));
  for (auto columns = static_cast<int64_t>(std::ceil(root)); columns <= 2 * root; ++columns)
    if (count % columns == 0) return columns;
  return static_cast<int64_t>(std::ceil(1.3 * root));
}

Tensor picture_at(const Tensor& pictures, int64_t i) {
  TensorType type = pictures.type();
  type.shape.erase(type.shape.begin());
  Tensor picture = Tensor::uninitialized(std::move(type));
  const int64_t bytes = picture.type().bytes();
  std::memcpy(picture.data(), pictures.data() + i * bytes, static_cast<size_t>(bytes));
  return picture;
}

struct Levels {
  double low = 0, high = 255;
};

Levels levels_of(std::span<const float> values) {
  Levels found{INFINITY, -INFINITY};
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    found.low = std::min<double>(found.low, value);
    found.high = std::max<double>(found.high, value);
  }
  if (!(found.low < found.high)) return {found.low, found.low + 1};
  if (found.low >= 0 && found.high <= 1) return {0, 1};
  if (found.low >= 0 && found.high <= 255) return {0, 255};
  return found;
}

Tensor as_bytes(const Tensor& examples) {
  if (examples.type().dtype == DType::kU8) return examples.clone();
  const Tensor values = examples.converted_to(DType::kF32);
  const Levels levels = levels_of(values.as<float>());
  Tensor bytes = Tensor::uninitialized({DType::kU8, examples.type().shape});
  std::ranges::transform(values.as<float>(), bytes.as<uint8_t>().begin(), [&](float value) {
    const double share = std::isfinite(value) ? (value - levels.low) / (levels.high - levels.low) : 0;
    return static_cast<uint8_t>(std::lround(255 * std::clamp(share, 0.0, 1.0)));
  });
  return bytes;
}

// [N,3,H,W] → [N,H,W,3]
Tensor channels_last(const Tensor& images) {
  const int64_t count = images.dim(0), height = images.dim(2), width = images.dim(3), area = height * width;
  Tensor pictures = Tensor::uninitialized({DType::kU8, {count, height, width, 3}});
  const auto from = images.as<uint8_t>();
  auto to = pictures.as<uint8_t>().begin();
  for (int64_t n = 0; n < count; ++n)
    for (int64_t pixel = 0; pixel < area; ++pixel)
      for (int64_t c = 0; c < 3; ++c) *to++ = from[static_cast<size_t>((n * 3 + c) * area + pixel)];
  return pictures;
}

constexpr int64_t kLeastSide = 7;  // of rows of pixels; fewer numbers are measurements

// The shape [N,H,W] of pictures without colour, or nothing.
Shape gray_shape(const Shape& shape) {
  if (shape.size() == 4 && shape[1] == 1) return {shape[0], shape[2], shape[3]};
  if (shape.size() == 3) return shape;
  if (shape.size() != 2) return {};
  const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(shape[1]))));
  return side >= kLeastSide && side * side == shape[1] ? Shape{shape[0], side, side} : Shape{};
}

}  // namespace

Result<Tensor> as_pictures(const Tensor& examples, const std::string& name) {
  const TensorType& type = examples.type();
  if (type.rank() == 4 && type.dim(1) == 3) return channels_last(as_bytes(examples));
  const Shape shape = gray_shape(type.shape);
  if (shape.empty() || type.elements() == 0) {
    return fail_with_hint(name, fmt::format("holds {}, which are no pictures", type.to_string()),
                          "pictures are [N,1,H,W], [N,3,H,W], [N,H,W], or [N,F] with F a square number from 49 on");
  }
  return as_bytes(examples).reshaped(shape);
}

Drawing draw_sheet(const ImageSheet& sheet) {
  const int64_t count = sheet.pictures.dim(0), columns = column_count(count);
  const auto height = static_cast<double>(sheet.pictures.dim(1)), width = static_cast<double>(sheet.pictures.dim(2));
  const double scale = std::max(1.0, std::round(kPictureSide / std::max(width, height)));
  size_t lines = 0;
  double caption_width = 0;
  for (const auto& caption : sheet.captions) {
    lines = std::max(lines, caption.size());
    for (const std::string& line : caption) caption_width = std::max(caption_width, text_width(line, kCaptionSize));
  }
  const double cell_width = std::max(width * scale, std::min(caption_width, 200.0)) + kGap;
  const double cell_height = height * scale + static_cast<double>(lines) * kCaptionHeight + kGap;
  const double top = sheet.title.empty() ? kSheetMargin : kSheetTitleHeight;
  Drawing drawing;
  drawing.title = sheet.title;
  drawing.width = 2 * kSheetMargin - kGap + cell_width * static_cast<double>(columns);
  drawing.width = std::max(drawing.width, 2 * kSheetMargin + text_width(sheet.title, 15));
  drawing.height = top + kSheetMargin - kGap + cell_height * static_cast<double>((count + columns - 1) / columns);
  if (!sheet.title.empty()) drawing.add(Caption{{kSheetMargin, 26}, sheet.title, 15, kInk, Anchor::kStart, true});
  for (int64_t i = 0; i < count; ++i) {
    const double middle = kSheetMargin + (static_cast<double>(i % columns) + 0.5) * cell_width - kGap / 2;
    double y = top + static_cast<double>(i / columns) * cell_height;
    drawing.add(Picture{middle - width * scale / 2, y, width * scale, height * scale, picture_at(sheet.pictures, i)});
    y += height * scale + kCaptionSize + 1;
    if (sheet.captions.empty()) continue;
    for (const std::string& line : sheet.captions[static_cast<size_t>(i)]) {
      drawing.add(Caption{{middle, y}, line, kCaptionSize, kInk, Anchor::kMiddle});
      y += kCaptionHeight;
    }
  }
  return drawing;
}

}  // namespace minnow
