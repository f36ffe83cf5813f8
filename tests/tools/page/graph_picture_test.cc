// Which boxes and lines a function becomes, and by which names the boxes are known.
#include "tools/page/graph_picture.h"

#include <gmock/gmock.h>

#include "ir/text.h"
#include "passes/pipeline.h"

namespace minnow {
namespace {

using testing::ElementsAre;

std::unique_ptr<Function> parsed(const std::string& text) {
  auto module = parse_module(text, "test.ir");
  EXPECT_TRUE(module.has_value()) << (module ? "" : module.error().to_string());
  return (*module)->functions.at(0)->clone();
}

std::vector<std::string> heads(const GraphPicture& picture) {
  std::vector<std::string> heads;
  for (const GraphBox& box : picture.boxes) heads.push_back(box.lines[0]);
  return heads;
}

std::vector<std::string> edges(const GraphPicture& picture) {
  std::vector<std::string> named;
  for (const LayoutEdge& edge : picture.edges)
    named.push_back(picture.boxes[edge.from].lines[0] + " > " + picture.boxes[edge.to].lines[0]);
  return named;
}

TEST(GraphPicture, AParameterStandsAboveEachOfItsReaders) {
  const GraphPicture picture = draw_graph(*parsed(
      "func @f(%x: f32[4], %unread: f32[2]) -> (y: f32[4], x: f32[4]) {\n  %0 = exp(%x) : f32[4]  loc(\"a\")\n"
      "  %1 = constant {value = 2} : f32[4]\n  %2 = mul(%0, %x) : f32[4]\n  %3 = mul(%2, %1) : f32[4]\n  return %3, %x\n}\n"));
  EXPECT_THAT(heads(picture), ElementsAre("x", "%0 exp", "x", "%2 mul", "%3 mul 2", "y", "x", "x", "unread"));
  EXPECT_THAT(edges(picture),
              ElementsAre("x > %0 exp", "%0 exp > %2 mul", "x > %2 mul", "%2 mul > %3 mul 2", "%3 mul 2 > y", "x > x"));
  EXPECT_THAT(picture.boxes[1].lines, ElementsAre("%0 exp", "f32[4]", "a"));
  EXPECT_EQ(picture.boxes[1].layer, "a");
  EXPECT_EQ(picture.boxes[0].phase, std::nullopt);
}

TEST(GraphPicture, TheOpsOfALoopOverBlocksHaveBoxesAndTheNamesAroundIt) {
  const GraphPicture picture = draw_graph(*parsed(
      "func @f(%x: f32[32,4]) -> (y: f32[32,4]) {\n"
      "  %0 = loop(%a0 = %x) {count = 2, block = 16, split = [0], sum = []} : f32[32,4] {\n    %b0 = exp(%a0) : f32[16,4]\n"
      "    %b1 = neg(%b0) : f32[16,4]\n    return %b1\n  }\n  return %0\n}\n"));
  EXPECT_THAT(heads(picture), ElementsAre("x", "%0/%b0 exp", "%0/%b1 neg", "y"));
  EXPECT_THAT(edges(picture), ElementsAre("x > %0/%b0 exp", "%0/%b0 exp > %0/%b1 neg", "%0/%b1 neg > y"));
  EXPECT_THAT(picture.boxes[0].values, ElementsAre("%x", "%0/%a0"));
  EXPECT_THAT(picture.boxes[2].values, ElementsAre("%0/%b1", "%0"));
  EXPECT_TRUE(picture.boxes[1].is_in_loop);
  EXPECT_FALSE(picture.boxes[0].is_in_loop);
}

TEST(GraphPicture, AFusedOpIsOneBox) {
  auto function = parsed(
      "func @f(%x: f32[64]) -> (y: f32[64]) {\n  %0 = exp(%x) : f32[64]\n  %1 = neg(%0) : f32[64]\n"
      "  return %1\n}\n");
  ASSERT_TRUE(run_passes(*function, std::vector{*find_pass("fuse")}).has_value());
  const GraphPicture picture = draw_graph(*function);
  EXPECT_THAT(picture.boxes[1].lines, ElementsAre("%0 fused loop", "exp + neg", "f32[64]"));
}

TEST(GraphPicture, NamesOfAnyLengthAndKindFit) {
  const std::string name = std::string(500, 'n') + "\\x1b";
  const GraphPicture picture =
      draw_graph(*parsed("func @f(%\"" + name + "\": f32[4]) -> (y: f32[4]) {\n  return %\"" + name + "\"\n}\n"));
  EXPECT_LT(picture.size.width, 600);
  for (const GraphBox& box : picture.boxes)
    for (const std::string& line : box.lines) EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace minnow
