// Blocks: what a model looks like once they are expanded, and where the mistakes in them are told.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "frontend/load/override_model.h"
#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

// A model whose blocks start in line 2.
std::string with_blocks(const std::string& blocks, const std::string& layers) {
  return kImageInput + blocks + "\n" + layers + "\n" + kTail;
}

constexpr char kUnit[] = R"(blocks {
  name: "unit"
  parameters { name: "filters" fields: "conv.conv2d.filters" }
  parameters { name: "kernel" value: "3" fields: "conv.conv2d.kernel" }
  layers { name: "conv" conv2d { padding: SAME } }
  layers { name: "norm" batch_norm {} }
})";

constexpr char kEnd[] = "layers { name: \"fc\" dense { units: 10 } }";

std::string expanded_error(const std::string& blocks, const std::string& layers) {
  return error_of(checked(with_blocks(blocks, layers)));
}

// "name(input, input)" of each layer.
std::vector<std::string> graph_of(const Model& model) {
  std::vector<std::string> graph;
  for (const spec::Layer& layer : model.layers())
    graph.push_back(fmt::format("{}({})", layer.name(), fmt::join(layer.inputs(), ", ")));
  return graph;
}

using Graph = std::vector<std::string>;

TEST(ExpandBlocks, PutsTheirLayersInPlace) {
  const auto loaded = checked(with_blocks(kUnit, std::string("layers { name: \"a\" use { block: \"unit\" set: "
                                                             "\"filters=4\" set: \"kernel=5\" set: "
                                                             "\"norm.batch_norm.momentum=0.5\" } }\n") +
                                                     kEnd));
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(graph_of(loaded->model), (Graph{"a.conv(image)", "a.norm(a.conv)", "fc(a.norm)"}));
  EXPECT_EQ(loaded->model.layers(0).conv2d().filters(), 4);
  EXPECT_EQ(loaded->model.layers(0).conv2d().kernel(0), 5);
  EXPECT_EQ(loaded->model.layers(1).batch_norm().momentum(), 0.5);
  EXPECT_EQ(loaded->model.output(), "fc");
  EXPECT_TRUE(loaded->model.blocks().empty());
  const auto again = checked(model_to_text(loaded->model));
  ASSERT_TRUE(again) << error_of(again);
  EXPECT_EQ(model_to_text(again->model), model_to_text(loaded->model));
}

TEST(ExpandBlocks, CopiesFollowEachOther) {
  const auto loaded =
      checked(with_blocks(R"(blocks {
  name: "add"
  inputs: ["x", "memory"]
  layers { name: "sum" inputs: ["x", "memory"] add {} }
  layers { name: "unused_by_name" activation { function: RELU } }
})",
                          "layers { name: \"m\" activation { function: TANH } }\n"
                          "layers { name: \"a\" inputs: [\"image\", \"m\"] use { block: \"add\" repeat: 2 set: "
                          "\"1.unused_by_name.activation.function=ELU\" } }"));
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(graph_of(loaded->model), (Graph{"m(image)", "a.0.sum(image, m)", "a.0.unused_by_name(a.0.sum)",
                                            "a.1.sum(a.0.unused_by_name, m)", "a.1.unused_by_name(a.1.sum)"}));
  EXPECT_EQ(loaded->model.layers(2).activation().function(), spec::Activation::RELU);
  EXPECT_EQ(loaded->model.layers(4).activation().function(), spec::Activation::ELU);
  EXPECT_EQ(loaded->model.output(), "a.1.unused_by_name");
}

TEST(ExpandBlocks, BlocksHoldBlocks) {
  const auto loaded =
      checked(with_blocks(std::string(kUnit) + R"(
blocks {
  name: "stage"
  parameters { name: "filters" fields: "units.filters" }
  output: "sum"
  layers { name: "first" use { block: "unit" set: "filters=2" set: "kernel=1" } }
  layers { name: "sum" inputs: ["units", "input"] add {} }
  layers { name: "units" inputs: "first" use { block: "unit" repeat: 2 } }
})",
                          R"(layers { name: "s" use { block: "stage" set: "filters=2" set: "units.1.kernel=7" } }
layers { name: "t" inputs: ["s"] activation { function: RELU } })"));
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(graph_of(loaded->model),
            (Graph{"s.first.conv(image)", "s.first.norm(s.first.conv)", "s.sum(s.units.1.norm, image)",
                   "s.units.0.conv(s.first.norm)", "s.units.0.norm(s.units.0.conv)", "s.units.1.conv(s.units.0.norm)",
                   "s.units.1.norm(s.units.1.conv)", "t(s.sum)"}));
  EXPECT_EQ(loaded->model.layers(3).conv2d().kernel(0), 3);
  EXPECT_EQ(loaded->model.layers(5).conv2d().kernel(0), 7);
  EXPECT_EQ(loaded->model.layers(5).conv2d().filters(), 2);
}

TEST(ExpandBlocks, AUseSharesTheWeightsOfAnother) {
  const auto loaded = checked(
      with_blocks(kUnit, R"(layers { name: "a" inputs: "image" use { block: "unit" repeat: 2 set: "filters=1" } }
layers { name: "b" inputs: "image" share: "a" use { block: "unit" repeat: 2 set: "filters=1" } }
layers { name: "sum" inputs: ["a", "b"] add {} })"));
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(loaded->model.layers(4).name(), "b.0.conv");
  EXPECT_EQ(loaded->model.layers(4).share(), "a.0.conv");
  EXPECT_EQ(loaded->model.layers(7).share(), "a.1.norm");
}

// Of a block whose output is a recurrent layer, and inside of one.
TEST(ExpandBlocks, StatesAreResultsToo) {
  const auto loaded = checked(R"(inputs { name: "x" shape: [3, 2] }
blocks { name: "cell" inputs: ["x"] layers { name: "r" inputs: "x" gru { units: 2 } } }
blocks {
  name: "pair"
  inputs: ["x"]
  layers { name: "encode" inputs: "x" use { block: "cell" } }
  layers { name: "decode" inputs: ["x", "encode.state"] gru { units: 2 initial_state: true } }
}
layers { name: "a" use { block: "pair" } }
layers { name: "out" inputs: "a.state" dense { units: 1 } }
loss { l1 {} })");
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(loaded->model.layers(1).inputs(1), "a.encode.r.state");
  EXPECT_EQ(loaded->model.layers(2).inputs(0), "a.decode.state");
}

TEST(ExpandBlocks, FieldsOfTheirLayersAreSet) {
  const std::string text = with_blocks(
      kUnit, std::string("layers { name: \"a\" use { block: \"unit\" repeat: 2 set: \"filters=4\" } }\n") + kEnd);
  auto loaded = parse_model_text(text, "m.textproto");
  ASSERT_TRUE(loaded && set_field(*loaded, "layers.a.1.conv.conv2d.kernel=5") &&
              set_field(*loaded, "layers.a.filters=6"));
  ASSERT_TRUE(complete_model(*loaded));
  EXPECT_EQ(loaded->model.layers(0).conv2d().kernel(0), 3);
  EXPECT_EQ(loaded->model.layers(2).conv2d().kernel(0), 5);
  EXPECT_EQ(loaded->model.layers(2).conv2d().filters(), 6);
  EXPECT_EQ(loaded->where("layers.2.conv2d.kernel"), "--set layers.a.1.conv.conv2d.kernel");
}

// The place in the block, then that of the use.
TEST(ExpandBlocks, MistakesHaveBothPlaces) {
  EXPECT_EQ(
      expanded_error(kUnit, std::string("layers { name: \"a\" use { block: \"unit\" set: \"filters=0\" } }\n") + kEnd),
      "m.textproto:9:40: parameter \"filters\": layer \"a.conv\": filters is 0, but must lie in [1, 65536]");
  EXPECT_EQ(expanded_error(R"(blocks { name: "b" layers { name: "c" conv2d { filters: 3 kernel: 0 } } })",
                           std::string("layers { name: \"a\" use { block: \"b\" } }\n") + kEnd),
            "m.textproto:2:59: in block \"b\" used at m.textproto:3:1: layer \"a.c\": kernel is 0, but must lie in [1, "
            "1024]");
}

struct BadBlock {
  std::string blocks, layers, error;
};

class BadBlocks : public testing::TestWithParam<BadBlock> {};

TEST_P(BadBlocks, AreRefused) { EXPECT_EQ(expanded_error(GetParam().blocks, GetParam().layers), GetParam().error); }

std::string use(const std::string& fields) { return "layers { name: \"a\" use { " + fields + " } }"; }

INSTANTIATE_TEST_SUITE_P(
    ExpandBlocks, BadBlocks,
    testing::Values(
        BadBlock{"", use("block: \"unit\""), "m.textproto:3:26: layer \"a\": there is no block \"unit\""},
        BadBlock{kUnit, use(""), "m.textproto:9:20: layer \"a\": block is missing: the name of a block"},
        BadBlock{kUnit, use("block: \"unti\""),
                 "m.textproto:9:26: layer \"a\": there is no block \"unti\" | did you mean \"unit\"?"},
        BadBlock{kUnit, use("block: \"unit\""),
                 "m.textproto:9:20: layer \"a\": the block \"unit\" needs the parameter \"filters\" | add: set: "
                 "\"filters=...\""},
        BadBlock{
            kUnit, use("block: \"unit\" set: \"filter=3\""),
            "m.textproto:9:40: layer \"a\": the block \"unit\" has neither a parameter nor a layer \"filter\" | did "
            "you mean \"filters\"?"},
        BadBlock{kUnit, use("block: \"unit\" set: \"conf.conv2d.stride=3\""),
                 "m.textproto:9:40: layer \"a\": the block \"unit\" has neither a parameter nor a layer \"conf\" | did "
                 "you mean \"conv\"?"},
        BadBlock{kUnit, use("block: \"unit\" set: \"filters\""),
                 "m.textproto:9:40: layer \"a\": \"filters\" is not of the form name=value | for example "
                 "\"filters=32\""},
        BadBlock{kUnit, use("block: \"unit\" set: \"filters=x\""),
                 "m.textproto:9:40: parameter \"filters\": \"x\" is not a whole number (of 64 bits)"},
        BadBlock{kUnit, use("block: \"unit\" repeat: 0 set: \"filters=1\""),
                 "m.textproto:9:40: layer \"a\": repeat is 0, but must lie in [1, 4096]"},
        BadBlock{kUnit, use("block: \"unit\" repeat: 2 set: \"filters=1\" set: \"2.kernel=1\""),
                 "m.textproto:9:67: layer \"a\": \"2.kernel=1\" is of copy 2, but there are 2, from 0"},
        BadBlock{kUnit,
                 "layers { name: \"a\" inputs: [\"image\", \"image\"] use { block: \"unit\" set: \"filters=1\" } }",
                 "m.textproto:9:1: layer \"a\": the block \"unit\" takes one input (input), but is given 2"},
        BadBlock{
            "blocks { name: \"b\" layers { name: \"c\" use { block: \"b\" } } }", use("block: \"b\""),
            "m.textproto:2:45: in block \"b\" used at m.textproto:3:1: layer \"c\": the block \"b\" holds itself: b "
            "→ b"},
        BadBlock{"blocks { name: \"b\" }", use("block: \"b\""), "m.textproto:2:1: the block \"b\" has no layers"},
        BadBlock{std::string(kUnit) + "\nblocks { name: \"unit\" layers { name: \"c\" flatten {} } }",
                 use("block: \"b\""), "m.textproto:9:10: there is another block \"unit\""},
        BadBlock{"blocks { name: \"b\" output: \"d\" layers { name: \"c\" flatten {} } }", use("block: \"b\""),
                 "m.textproto:2:20: the block \"b\" has no layer \"d\" | did you mean \"c\"?"},
        BadBlock{"blocks { name: \"b\" inputs: [\"x\", \"y\"] layers { name: \"c\" flatten {} } }", use("block: \"b\""),
                 "m.textproto:2:1: no layer of the block \"b\" uses its input \"y\""},
        BadBlock{
            "blocks { name: \"b\" layers { name: \"c\" inputs: [\"input\", \"image\"] add {} } }", use("block: \"b\""),
            "m.textproto:2:39: in block \"b\" used at m.textproto:3:1: layer \"c\": the block \"b\" has no layer or "
            "input \"image\" | known: c, input"},
        BadBlock{
            kUnit,
            "layers { name: \"x\" flatten {} }\n"
            "layers { name: \"a\" share: \"x\" use { block: \"unit\" set: \"filters=1\" } }",
            "m.textproto:10:20: layer \"a\": uses the block \"unit\", so it cannot have the weights of \"x\", which "
            "does not"}));

TEST(ExpandBlocks, AModelOfTooManyLayersIsRefused) {
  std::string blocks = "blocks { name: \"b0\" layers { name: \"c\" activation { function: TANH } } }\n";
  for (int i = 1; i < 5; ++i)
    blocks += fmt::format("blocks {{ name: \"b{}\" layers {{ name: \"c\" use {{ block: \"b{}\" repeat: 4096 }} }} }}\n",
                          i, i - 1);
  EXPECT_NE(expanded_error(blocks, use("block: \"b4\"")).find("the model has more than 10000 layers"),
            std::string::npos);
  blocks = "blocks { name: \"b0\" layers { name: \"c\" activation { function: TANH } } }\n";
  for (int i = 1; i < 100; ++i)
    blocks += fmt::format("blocks {{ name: \"b{}\" layers {{ name: \"c\" use {{ block: \"b{}\" }} }} }}\n", i, i - 1);
  EXPECT_NE(expanded_error(blocks, use("block: \"b99\"")).find("blocks lie more than 32 deep in each other"),
            std::string::npos);
}

}  // namespace
}  // namespace minnow
