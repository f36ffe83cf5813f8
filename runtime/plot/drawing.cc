#include "runtime/plot/drawing.h"

#include "frontend/load/read_bytes.h"
#include "ir/printable.h"
#include "runtime/data/png.h"
#include "runtime/file.h"

namespace minnow {
namespace {

constexpr double kPngScale = 2;

}  // namespace

Status check_picture_path(const std::string& path) {
  if (path.ends_with(".svg") || path.ends_with(".png") || is_stdin(path)) return {};
  return tl::unexpected(Error{path, "is not the name of a picture", "end it in .svg or .png", ExitCode::kUsage});
}

Status write_drawing(const std::string& path, const Drawing& drawing) {
  MINNOW_TRY(check_picture_path(path));
  if (path.ends_with(".svg") || is_stdin(path)) return write_file_atomically(path, to_svg(drawing));
  auto pixels = rasterize(drawing, kPngScale);
  if (!pixels) return fail_with_hint(path, pixels.error().message, pixels.error().hint);
  return write_png(path, *pixels);
}

double text_width(std::string_view text, double size) {
  constexpr double kLetterWidth = 0.57;  // of the size
  return kLetterWidth * size * static_cast<double>(letter_count(text));
}

}  // namespace minnow
