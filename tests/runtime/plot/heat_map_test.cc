#include "runtime/plot/heat_map.h"

#include <gmock/gmock.h>

namespace minnow {
namespace {

using testing::HasSubstr;
using testing::Not;

HeatMaps maps_of(std::initializer_list<float> values) {
  return {"look.weights", Tensor::from<float>({DType::kF32, {1, 2, 2}}, values)};
}

// The colours of the cells, row by row.
std::vector<std::vector<int>> colours_of(const HeatMaps& maps) {
  std::vector<std::vector<int>> colours;
  for (const Mark& mark : draw_heat_maps(maps).marks) {
    const auto* picture = std::get_if<Picture>(&mark);
    if (picture == nullptr) continue;
    const auto bytes = picture->pixels.as<uint8_t>();
    for (size_t i = 0; i < bytes.size(); i += 3) colours.push_back({bytes[i], bytes[i + 1], bytes[i + 2]});
  }
  return colours;
}

TEST(HeatMap, GoesFromWhiteToBlue) {
  const auto colours = colours_of(maps_of({0, 1, 0.5F, NAN}));
  ASSERT_EQ(colours.size(), 4U);
  EXPECT_EQ(colours[0], (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(colours[1], (std::vector<int>{0x00, 0x72, 0xB2}));
  EXPECT_EQ(colours[2], (std::vector<int>{128, 185, 217}));
  EXPECT_EQ(colours[3], (std::vector<int>{0x99, 0x99, 0x99}));
}

TEST(HeatMap, HasTwoColoursAroundZero) {
  const auto colours = colours_of(maps_of({-2, 0, 1, 2}));
  EXPECT_EQ(colours[0], (std::vector<int>{0x00, 0x72, 0xB2}));
  EXPECT_EQ(colours[1], (std::vector<int>{255, 255, 255}));
  EXPECT_EQ(colours[3], (std::vector<int>{0xD5, 0x5E, 0x00}));
  EXPECT_THAT(to_svg(draw_heat_maps(maps_of({-2, 0, 1, 2}))), HasSubstr("look.weights, -2 (blue) to 2 (orange)"));
}

TEST(HeatMap, LabelsCellsUnlessThereAreTooMany) {
  HeatMaps maps = maps_of({0, 1, 1, 0});
  maps.row_labels = {"<go>", "x&y"};
  maps.captions = {"head 0"};
  const std::string svg = to_svg(draw_heat_maps(maps));
  for (const char* text : {"&lt;go&gt;", "x&amp;y", "head 0", "0 (white) to 1 (blue)"})
    EXPECT_THAT(svg, HasSubstr(text));
  HeatMaps many{"m", Tensor::zeros({DType::kF32, {3, 100, 1}})};
  many.row_labels.assign(100, "label");
  EXPECT_THAT(to_svg(draw_heat_maps(many)), Not(HasSubstr("label")));
}

}  // namespace
}  // namespace minnow
