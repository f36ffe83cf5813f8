// Drawings as pixels, by cairo (cairographics.org).
#include <cairo.h>

#include <cmath>
#include <memory>
#include <numbers>

#include "ir/printable.h"
#include "runtime/plot/drawing.h"

namespace minnow {
namespace {

constexpr double kMaxSide = 16384;

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;
using Context = std::unique_ptr<cairo_t, decltype(&cairo_destroy)>;

Surface make_surface(int width, int height) {
  return {cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height), cairo_surface_destroy};
}

// The pixels as cairo keeps them: 32 bits each, blue lowest.
Surface surface_of(const Tensor& pixels) {
  const auto height = static_cast<int>(pixels.dim(0)), width = static_cast<int>(pixels.dim(1));
  const int64_t channels = pixels.type().rank() == 3 ? 3 : 1;
  Surface surface = make_surface(width, height);
  unsigned char* rows = cairo_image_surface_get_data(surface.get());
  if (!rows) return surface;
  const auto from = pixels.as<uint8_t>();
  const auto at = [&](int64_t pixel, int64_t channel) {
    return uint32_t{from[static_cast<size_t>(pixel * channels + (channels == 3 ? channel : 0))]};
  };
  for (int y = 0; y < height; ++y) {
    auto* row = reinterpret_cast<uint32_t*>(rows + ptrdiff_t{y} * cairo_image_surface_get_stride(surface.get()));
    for (int x = 0; x < width; ++x) {
      const int64_t pixel = int64_t{y} * width + x;
      row[x] = at(pixel, 0) << 16 | at(pixel, 1) << 8 | at(pixel, 2);
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

class Painter {
 public:
  explicit Painter(cairo_t* cairo) : cairo_(cairo) {}

  void operator()(const Polyline& line) {
    set_colour(line.colour);
    cairo_set_line_width(cairo_, line.width);
    cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cairo_, line.is_dashed ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
    const double dashes[] = {6, 4};
    cairo_set_dash(cairo_, dashes, line.is_dashed ? 2 : 0, 0);
    for (const auto& stroke : line.strokes) {
      for (size_t i = 0; i < stroke.size(); ++i)
        (i > 0 ? cairo_line_to : cairo_move_to)(cairo_, stroke[i].x, stroke[i].y);
    }
    cairo_stroke(cairo_);
  }

  void operator()(const Dot& dot) {
    set_colour(dot.colour);
    cairo_arc(cairo_, dot.centre.x, dot.centre.y, dot.radius, 0, 2 * std::numbers::pi);
    cairo_fill(cairo_);
  }

  void operator()(const Block& block) {
    set_colour(block.colour);
    cairo_rectangle(cairo_, block.left, block.top, block.width, block.height);
    cairo_fill(cairo_);
  }

  void operator()(const Caption& caption) {
    const std::string text = printable(caption.text);
    set_colour(caption.colour);
    cairo_select_font_face(cairo_, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           caption.is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo_, caption.size);
    cairo_text_extents_t extents;
    cairo_text_extents(cairo_, text.c_str(), &extents);
    constexpr double kShares[] = {0, 0.5, 1};
    cairo_save(cairo_);
    cairo_translate(cairo_, caption.at.x, caption.at.y);
    if (caption.is_upright) cairo_rotate(cairo_, -std::numbers::pi / 2);
    cairo_move_to(cairo_, -extents.x_advance * kShares[static_cast<size_t>(caption.anchor)], 0);
    cairo_show_text(cairo_, text.c_str());
    cairo_restore(cairo_);
  }

  void operator()(const Picture& picture) {
    const Surface surface = surface_of(picture.pixels);
    cairo_save(cairo_);
    cairo_translate(cairo_, picture.left, picture.top);
    cairo_scale(cairo_, picture.width / static_cast<double>(picture.pixels.dim(1)),
                picture.height / static_cast<double>(picture.pixels.dim(0)));
    cairo_set_source_surface(cairo_, surface.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo_), CAIRO_FILTER_NEAREST);
    cairo_paint(cairo_);
    cairo_restore(cairo_);
  }

 private:
  void set_colour(Colour colour) {
    cairo_set_source_rgb(cairo_, colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
  }

  cairo_t* cairo_;
};

Tensor pixels_of(cairo_surface_t* surface, int width, int height) {
  Tensor pixels = Tensor::uninitialized({DType::kU8, {height, width, 3}});
  auto to = pixels.as<uint8_t>().begin();
  const unsigned char* rows = cairo_image_surface_get_data(surface);
  for (int y = 0; y < height; ++y) {
    const auto* row = reinterpret_cast<const uint32_t*>(rows + ptrdiff_t{y} * cairo_image_surface_get_stride(surface));
    for (int x = 0; x < width; ++x)
      for (const int shift : {16, 8, 0}) *to++ = static_cast<uint8_t>(row[x] >> shift);
  }
  return pixels;
}

}  // namespace

Result<Tensor> rasterize(const Drawing& drawing, double scale) {
  if (!(drawing.width >= 1 && drawing.height >= 1 && std::max(drawing.width, drawing.height) * scale <= kMaxSide))
    return fail_with_hint(
        "", fmt::format("a PNG of {:.0f}x{:.0f} pixels is too large", drawing.width * scale, drawing.height * scale),
        "an .svg has no limit; or draw less");
  const int width = static_cast<int>(std::ceil(drawing.width * scale));
  const int height = static_cast<int>(std::ceil(drawing.height * scale));
  const Surface surface = make_surface(width, height);
  const Context context(cairo_create(surface.get()), cairo_destroy);
  cairo_scale(context.get(), scale, scale);
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  Painter painter(context.get());
  for (const Mark& mark : drawing.marks) std::visit(painter, mark);
  cairo_surface_flush(surface.get());
  const cairo_status_t status = cairo_status(context.get());
  if (status != CAIRO_STATUS_SUCCESS) return fail("", "cannot draw: {}", cairo_status_to_string(status));
  return pixels_of(surface.get(), width, height);
}

}  // namespace minnow
