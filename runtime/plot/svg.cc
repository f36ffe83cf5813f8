#include <fmt/format.h>

#include <iterator>

#include "runtime/data/png.h"
#include "runtime/plot/drawing.h"
#include "runtime/plot/markup.h"

namespace minnow {
namespace {

std::string hex(Colour colour) { return fmt::format("#{:02X}{:02X}{:02X}", colour.red, colour.green, colour.blue); }

class SvgWriter {
 public:
  void operator()(const Polyline& line) {
    std::string path;
    for (const auto& stroke : line.strokes)
      for (size_t i = 0; i < stroke.size(); ++i)
        path += fmt::format("{}{:.1f} {:.1f}", i > 0 ? "L" : "M", stroke[i].x, stroke[i].y);
    put(R"(<path d="{}" fill="none" stroke="{}" stroke-width="{:.3g}" stroke-linejoin="round"{}/>)", path,
        hex(line.colour), line.width, line.is_dashed ? " stroke-dasharray=\"6 4\"" : " stroke-linecap=\"round\"");
  }

  void operator()(const Dot& dot) {
    put(R"(<circle cx="{:.1f}" cy="{:.1f}" r="{:.3g}" fill="{}"/>)", dot.centre.x, dot.centre.y, dot.radius,
        hex(dot.colour));
  }

  void operator()(const Block& block) {
    const std::string note = block.note.empty() ? "" : "<title>" + markup_escaped(block.note) + "</title>";
    put(R"(<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" fill="{}">{}</rect>)", block.left, block.top,
        block.width, block.height, hex(block.colour), note);
  }

  void operator()(const Caption& caption) {
    constexpr std::string_view kAnchors[] = {"start", "middle", "end"};
    const std::string place =
        caption.is_upright
            ? fmt::format(R"svg(transform="translate({:.1f} {:.1f}) rotate(-90)")svg", caption.at.x, caption.at.y)
            : fmt::format(R"(x="{:.1f}" y="{:.1f}")", caption.at.x, caption.at.y);
    put(R"(<text {} font-size="{:.3g}" fill="{}" text-anchor="{}"{}>{}</text>)", place, caption.size,
        hex(caption.colour), kAnchors[static_cast<size_t>(caption.anchor)],
        caption.is_bold ? " font-weight=\"bold\"" : "", markup_escaped(caption.text));
  }

  void operator()(const Picture& picture) {
    const auto png = encode_png(picture.pixels);
    MINNOW_CHECK(png, "{}", png.error().message);
    put(R"(<image x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" preserveAspectRatio="none" )"
        R"(style="image-rendering:pixelated" href="{}"/>)",
        picture.left, picture.top, picture.width, picture.height, png_address(*png));
  }

  std::string take() { return std::move(body_); }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
    body_ += '\n';
  }

  std::string body_;
};

}  // namespace

std::string to_svg(const Drawing& drawing) {
  SvgWriter writer;
  for (const Mark& mark : drawing.marks) std::visit(writer, mark);
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}" )"
      R"(font-family="'DejaVu Sans', Helvetica, Arial, sans-serif">)"
      "\n<title>{2}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n{3}</svg>\n",
      drawing.width, drawing.height, markup_escaped(drawing.title), writer.take());
}

}  // namespace minnow
