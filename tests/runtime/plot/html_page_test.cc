#include "runtime/plot/html_page.h"

#include <gmock/gmock.h>

#include "runtime/plot/markup.h"

namespace minnow {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHostile = "<script>alert(\"1\")</script>`&\x1b[31m";

TEST(HtmlPage, ShowsTitleAndCellsAsText) {
  const HtmlTable table{{"layer"}, {{std::string(kHostile)}}};
  const std::string page = to_html(HtmlPage{std::string(kHostile), "", to_html(table), ""});
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, HasSubstr("<title>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;`&amp;\\x1b[31m</title>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"text\">&lt;script&gt;"));
}

TEST(HtmlPage, FetchesNothing) {
  const std::string page = to_html(HtmlPage{"t", "", "", "f();"});
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, HasSubstr("<script>\nf();\n</script>"));
}

TEST(HtmlPage, JsonCannotEndTheScript) {
  EXPECT_EQ(script_json(R"({"a":"</script><!--"})"), R"({"a":"\u003c/script>\u003c!--"})");
}

TEST(Markup, PngAddressPadsItsLastGroup) {
  EXPECT_EQ(png_address("M"), "data:image/png;base64,TQ==");
  EXPECT_EQ(png_address("Ma"), "data:image/png;base64,TWE=");
  EXPECT_EQ(png_address("Man"), "data:image/png;base64,TWFu");
}

}  // namespace
}  // namespace minnow
