#include "frontend/lower/lower_program.h"

#include <gmock/gmock.h>

#include <regex>

#include "frontend/load/program.h"
#include "ir/text.h"
#include "tests/frontend/model_text.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr char kBody[] = R"({
  %y = dot(%x, %w) : f32[4,3]
  %z = sub(%y, %target) : f32[4,3]
  %square = mul(%z, %z) : f32[4,3]
  %sum = reduce_sum(%square) {dims = [0, 1]} : f32[]
  return %sum
}
)";
constexpr char kParameters[] = "%x: f32[4,2], %target: f32[4,3], %w: f32[2,3] weight";

std::string loss(const std::string& parameters = kParameters, const std::string& results = "loss: f32[]") {
  return "func @loss(" + parameters + ") -> (" + results + ") " + kBody;
}

// `rest` stands in line 2; what begins with "weights" belongs to the network.
Result<LoadedModel> read(const std::string& program, const std::string& rest = "") {
  const TemporaryFolder folder;
  folder.write("p.ir", program);
  const bool is_inside = rest.starts_with("weights");
  const std::string model = "network { ir: 'p.ir'" + std::string(is_inside ? "\n" : " }\n") + rest;
  return read_experiment(folder.write("m.textproto", model + (is_inside ? " }\n" : "")));
}

Result<LoweredModel> lower(const std::string& program, const std::string& rest = "") {
  MINNOW_ASSIGN(const LoadedModel loaded, read(program, rest));
  return lower_model(loaded, {loaded.model.training().batch_size()});
}

std::string error(const std::string& program, const std::string& rest = "") {
  return std::regex_replace(error_of(lower(program, rest)), std::regex("/[^ ]*/"), "");  // without the folder
}

TEST(LowerProgram, TakesFromTheProgramWhatTrainingNeeds) {
  const auto lowered = lower(loss());
  ASSERT_TRUE(lowered) << error_of(lowered);
  EXPECT_TRUE(lowered->has_fixed_batch);
  ASSERT_EQ(lowered->inputs.size(), 1U);
  EXPECT_EQ(lowered->inputs[0].type.to_string(), "f32[4,2]");
  ASSERT_EQ(lowered->targets.size(), 1U);
  EXPECT_EQ(lowered->targets[0].type.to_string(), "f32[4,3]");
  ASSERT_EQ(lowered->weights.size(), 1U);
  EXPECT_EQ(lowered->weights[0].init.fan_in, 2);
  EXPECT_EQ(lowered->weights[0].init.fan_out, 3);
  EXPECT_TRUE(lowered->weights[0].decays);
  EXPECT_FALSE(lowered->classifies);
  EXPECT_EQ(lowered->module.find("infer"), nullptr);
  // Without @evaluate, the sum over the batch comes from the mean.
  EXPECT_THAT(print(*lowered->module.find("evaluate")), HasSubstr("constant {value = 4} : f32[]"));
}

TEST(LowerProgram, TellsItsWorkAndThePerplexityThatItIsSaidToHave) {
  const auto lowered = lower(loss());
  ASSERT_TRUE(lowered) << error_of(lowered);
  ASSERT_EQ(lowered->layers.size(), 1U);
  EXPECT_EQ(lowered->layers[0].flops, 2.0 * 2 * 3);
  EXPECT_FALSE(lowered->has_perplexity);
  const TemporaryFolder folder;
  folder.write("p.ir", loss());
  const auto said = read_experiment(folder.write("m.textproto", "network { ir: 'p.ir' perplexity: true }"));
  ASSERT_TRUE(said) << error_of(said);
  EXPECT_TRUE(lower_model(*said, {4})->has_perplexity);
}

TEST(LowerProgram, TakesTheFirstResultForTheLoss) {
  const auto lowered = lower(loss(kParameters, "f32[]"));
  ASSERT_TRUE(lowered) << error_of(lowered);
  EXPECT_EQ(lowered->module.find("loss")->results()[0].name, "loss");
}

TEST(LowerProgram, StandsInTheConfigurationAsText) {
  const auto loaded = read(loss());
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(loaded->model.training().batch_size(), 4);
  auto again = parse_model_text(model_to_text(loaded->model), "config.textproto");
  ASSERT_TRUE(again) << error_of(again);
  EXPECT_EQ(error_of(complete_model(*again)), "");
  EXPECT_EQ(again->model.network().text(), loss());
  EXPECT_EQ(error_of(complete_model(*again)), "");
}

TEST(LowerProgram, GivesWeightsWhatTheFirstMatchingEntrySays) {
  const std::string program = loss(
      "%x: f32[4,2], %target: f32[4,3], %w: f32[2,3] weight, %fc.bias: f32[3] weight, %filter: f32[6,4,5] weight, "
      "%mean: f32[3] state");
  const auto lowered = lower(program, R"(weights { name: 'f?.b*' init { uniform { low: -1 high: 2 } } decays: true }
    weights { name: 'mean' init { constant { value: 1 } } }
    weights { name: '*' })");
  ASSERT_TRUE(lowered) << error_of(lowered);
  const auto& weights = lowered->weights;
  ASSERT_EQ(weights.size(), 3U);
  EXPECT_TRUE(weights[0].init.initializer.has_xavier_uniform());
  EXPECT_EQ(weights[0].init.initializer.xavier_uniform().gain(), 1);
  EXPECT_EQ(weights[0].layer, "w");
  EXPECT_EQ(weights[1].init.initializer.uniform().high(), 2);
  EXPECT_TRUE(weights[1].decays);
  EXPECT_EQ(weights[1].layer, "fc");
  EXPECT_EQ(weights[2].init.fan_in, 20);
  EXPECT_EQ(weights[2].init.fan_out, 30);
  ASSERT_EQ(lowered->states.size(), 1U);
  EXPECT_EQ(lowered->states[0].initial, 1);
}

TEST(LowerProgram, SaysWhatIsWrongWithTheFile) {
  EXPECT_THAT(error("func @infer(%x: f32[4,2]) -> (f32[4,2]) {\n  return %x\n}\n"),
              StartsWith("p.ir: the program has no function @loss, which training minimises"));
  EXPECT_THAT(error("func @loss(%x: f32[4,2]) -> (f32[4,2]) {\n  %0 = lgo(%x) : f32[4,2]\n  return %0\n}\n"),
              StartsWith("p.ir:2:8: unknown op 'lgo'"));
  const TemporaryFolder folder;
  const auto missing = read_experiment(folder.write("m.textproto", "\nnetwork { ir: 'q.ir' }\n"));
  EXPECT_THAT(error_of(missing), HasSubstr("m.textproto:2:11: " + folder.path() + "/q.ir: cannot open the IR file"));
}

TEST(LowerProgram, SaysWhatIsWrongWithTheModelFile) {
  EXPECT_THAT(error(loss(), "layers { name: 'fc' dense { units: 3 } }\n"),
              StartsWith("m.textproto:2:1: the model has a network and layers, but a network stands in its place"));
  EXPECT_THAT(error(loss(), "loss { l1 {} }\n"), StartsWith("m.textproto:2:1: the model has a network and loss"));
  EXPECT_THAT(error(loss(), "training { batch_size: 8 }\n"),
              HasSubstr("batch size is 8, but the program p.ir is written for a batch of 4"));
  EXPECT_EQ(error(loss(), "weights { name: 'v' }"),
            "m.textproto:2:11: \"v\" matches no weight and no state of @loss | did you mean \"w\"?");
  EXPECT_THAT(error(loss(), "weights { init {} }"), HasSubstr("name is missing"));
  EXPECT_THAT(error(loss(), "weights { name: 'w' init { uniform { low: 1 high: 0 } } }"), HasSubstr("low"));
  EXPECT_THAT(error_of(checked("network {}")), StartsWith("m.textproto:1:1: names no program"));
}

TEST(LowerProgram, SaysWhatIsWrongWithFunctions) {
  const auto with = [](const std::string& parameters, const std::string& results = "loss: f32[]") {
    return error(loss(parameters, results));
  };
  EXPECT_EQ(
      with("%x: f32[4,2], %target: f32[4,3], %w: f32[2,3]"),
      "p.ir: @loss has no weight, so there is nothing to train | write weight behind the type of a parameter: %w: "
      "f32[3,4] weight");
  EXPECT_EQ(
      with("%x: f32[4,2] state, %target: f32[4,3], %w: f32[2,3] weight"),
      "p.ir: @loss has no input, so there is nothing to learn from | a parameter without a role, other than %target, "
      "is filled by the examples");
  EXPECT_EQ(
      with(std::string(kParameters) + ", %extra: f32[5,1]"),
      "p.ir: @loss: %x is f32[4,2], a batch of 4, but %extra is f32[5,1], a batch of 5 | what is trained has the role weight behind its type");
  EXPECT_EQ(with(std::string(kParameters) + ", %extra: f32[4]"),
            "p.ir: @loss: the input %extra is f32[4], which is no batch of examples | [N,...], where N is the batch");
  EXPECT_EQ(with(std::string(kParameters) + ", %extra: f64[4,1]"),
            "p.ir: @loss: the input %extra is f64[4,1], but data are f32, i32 or u8");
  EXPECT_EQ(
      with(std::string(kParameters) + ", %rate: f32[] scalar"),
      "p.ir: @loss: nothing gives the scalar %rate of type f32[] its value | the scalars of training are %seed: i32[] "
      "and %step: i32[]");
  EXPECT_EQ(with(std::string(kParameters) + ", %loss: f32[] weight"),
            "p.ir: @loss: training needs the name %loss for itself, so no weight can have it");
  EXPECT_EQ(with(std::string(kParameters) + ", %v: i32[3] weight"),
            "p.ir: @loss: the weight %v is i32[3], but a weight is f32");
  EXPECT_EQ(with(std::string(kParameters) + ", %s: f32[] state", "s: f32[]"), "p.ir: @loss has no result named loss");
  EXPECT_EQ(error("func @loss(%x: f32[4,2], %w: f32[4,2] weight) -> (loss: f32[4,2]) {\n  %0 = mul(%x, %w) : f32[4,2]\n"
                  "  return %0\n}\n"),
            "p.ir: @loss: the result loss is f32[4,2], but must be a number, f32[]");
}

TEST(LowerProgram, HoldsFunctionsAgainstEachOther) {
  const auto infer = [](const std::string& parameters, const std::string& type = "f32[4,2]") {
    return error(loss() + "func @infer(" + parameters + ") -> (" + type + ") {\n  return %x\n}\n");
  };
  EXPECT_EQ(infer("%x: f32[4,2], %w: f32[2,3] weight"), "");
  EXPECT_EQ(infer("%x: f32[4,2], %ww: f32[2,3] weight"),
            "p.ir: @infer has the weight %ww, which @loss has not | did you mean %w?");
  EXPECT_EQ(infer("%x: f32[4,2], %w: f32[3,2] weight"),
            "p.ir: @infer has %w: f32[3,2] weight, but @loss has %w: f32[2,3] weight");
  EXPECT_EQ(infer("%x: f32[8,2]", "f32[8,2]"), "p.ir: @infer has %x: f32[8,2] input, but @loss has %x: f32[4,2] input");
  EXPECT_EQ(error(loss() + "func @infer(%x: f32[4,2]) -> (f32[2]) {\n  %0 = reduce_sum(%x) {dims = [0]} : f32[2]\n"
                           "  return %0\n}\n"),
            "p.ir: @infer: the prediction is f32[2], but must be f32 [4,...], a part for each example");
  EXPECT_EQ(error(loss() + "func @infer(%x: f32[4,2]) -> (f32[4,2]) {\n  %0 = fused(%a0 = %x) : f32[4,2] {\n"
                           "    %b0 = exp(%a0) : f32[4,2]\n    return %b0\n  }\n  return %0\n}\n"),
            "p.ir:9:8: only passes make such ops, behind training's own | minnow compile --passes \"\" prints a "
            "program without them");
}

TEST(LowerProgram, HoldsDataAgainstItsInputs) {
  EXPECT_THAT(error(loss(), "data { builtin: GLYPHS }\n"),
              HasSubstr("input \"x\" must have the shape of the images, [1,28,28]"));
  EXPECT_THAT(error(loss(), "data { linear_regression { weights: [1, 2, 3] } }\n"),
              HasSubstr("there are 3 weights, so input \"x\" must have the shape [3]"));
  EXPECT_THAT(error(loss(), "data { builtin: REVERSE }\n"), HasSubstr("input \"x\" takes numbers"));
}

}  // namespace
}  // namespace minnow
