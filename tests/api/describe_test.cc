// What the interface says of a model, and its weights where they are.
#include <cstring>

#include "tests/api/model.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow_test {
namespace {

using testing::ElementsAre;

std::vector<int64_t> shape_of(const minnow_array& array) { return {array.shape, array.shape + array.rank}; }

TEST(Describe, InputsTargetsAndOutput) {
  const Model model = parse(kSmall);
  minnow_array array;
  ASSERT_EQ(minnow_input_count(model.get()), 1U);
  ASSERT_EQ(minnow_input(model.get(), 0, &array), MINNOW_OK);
  EXPECT_STREQ(array.name, "image");
  EXPECT_EQ(array.dtype, MINNOW_F32);
  EXPECT_THAT(shape_of(array), ElementsAre(MINNOW_ANY_SIZE, 1, 5, 7));
  ASSERT_EQ(minnow_target(model.get(), 0, &array), MINNOW_OK);
  EXPECT_EQ(array.dtype, MINNOW_I32);
  EXPECT_THAT(shape_of(array), ElementsAre(MINNOW_ANY_SIZE));
  ASSERT_EQ(minnow_output(model.get(), &array), MINNOW_OK);
  EXPECT_THAT(shape_of(array), ElementsAre(MINNOW_ANY_SIZE, 4));
  EXPECT_EQ(minnow_input(model.get(), 1, &array), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_class_count(model.get()), 4);
  EXPECT_EQ(minnow_batch_size(model.get()), 8);
}

TEST(Describe, AGraphWithoutALoss) {
  const Model model = load_graph();
  minnow_array array;
  ASSERT_EQ(minnow_input(model.get(), 0, &array), MINNOW_OK);
  EXPECT_STREQ(array.name, "image");
  EXPECT_EQ(minnow_target_count(model.get()), 0U);
  ASSERT_EQ(minnow_output(model.get(), &array), MINNOW_OK) << minnow_error_text();
  EXPECT_THAT(shape_of(array), ElementsAre(MINNOW_ANY_SIZE, 10));
  EXPECT_EQ(minnow_batch_size(model.get()), 64) << "it leaves its batch open";
}

TEST(Describe, WorkOfAGraph) {
  const Model model = load_graph();
  minnow_layer_info layer;
  ASSERT_EQ(minnow_layer(model.get(), 0, &layer), MINNOW_OK);
  EXPECT_EQ(layer.flops, 2.0 * 9 * layer.shape[0] * layer.shape[1] * layer.shape[2]);
}

TEST(Describe, Layers) {
  const Model model = parse(kSmall);
  minnow_layer_info layer;
  ASSERT_EQ(minnow_layer_count(model.get()), 4U);
  ASSERT_EQ(minnow_layer(model.get(), 0, &layer), MINNOW_OK);
  EXPECT_STREQ(layer.name, "conv");
  EXPECT_STREQ(layer.kind, "conv2d");
  EXPECT_EQ(layer.weights, 3 * 9 + 3);
  EXPECT_EQ(layer.rank, 3);
  EXPECT_EQ(layer.shape[2], 7);
}

TEST(Describe, WeightsOfAllKinds) {
  const Model model = parse(kSmall);
  std::vector<minnow_weight_kind> kinds;
  for (size_t i = 0; i < minnow_weight_count(model.get()); ++i) {
    minnow_array weight;
    minnow_weight_kind kind;
    ASSERT_EQ(minnow_weight(model.get(), i, &weight, &kind), MINNOW_OK);
    kinds.push_back(kind);
  }
  EXPECT_TRUE(std::is_sorted(kinds.begin(), kinds.end()));
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), MINNOW_WEIGHT), 6);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), MINNOW_STATE), 2);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), MINNOW_OPTIMIZER_STATE), 6);
}

TEST(Describe, WeightsAreWhereTheModelComputesWithThem) {
  const Model model = parse(kSmall);
  Examples examples(2);
  minnow_array bias, weight;
  ASSERT_EQ(minnow_find_weight(model.get(), "fc.bias", &bias), MINNOW_OK);
  ASSERT_EQ(minnow_find_weight(model.get(), "fc.weight", &weight), MINNOW_OK);
  std::memset(weight.data, 0, static_cast<size_t>(weight.shape[0] * weight.shape[1]) * sizeof(float));
  static_cast<float*>(bias.data)[2] = 1000;
  EXPECT_THAT(predict(model.get(), examples.image_array()), ElementsAre(0, 0, 1, 0, 0, 0, 1, 0));
}

TEST(Describe, WeightsStayInPlace) {
  const Model model = parse(kSmall);
  const minnow::TemporaryFolder folder;
  const std::string path = folder.file("place.safetensors");
  minnow_array before, after;
  ASSERT_EQ(minnow_find_weight(model.get(), "fc.weight", &before), MINNOW_OK);
  ASSERT_EQ(minnow_save(model.get(), path.c_str()), MINNOW_OK) << minnow_error_text();
  ASSERT_EQ(minnow_load_weights(model.get(), path.c_str()), MINNOW_OK) << minnow_error_text();
  Examples examples(20);
  const auto arrays = examples.arrays();
  minnow_fit_options options = MINNOW_FIT_OPTIONS_INIT;
  options.train = arrays.data();
  options.train_count = 2;
  ASSERT_EQ(minnow_fit(model.get(), &options), MINNOW_OK) << minnow_error_text();
  ASSERT_EQ(minnow_load_checkpoint(model.get(), path.c_str()), MINNOW_OK) << minnow_error_text();
  ASSERT_EQ(minnow_find_weight(model.get(), "fc.weight", &after), MINNOW_OK);
  EXPECT_EQ(before.data, after.data);
}

std::vector<std::string> class_names(const Model& model) {
  std::vector<std::string> names;
  for (size_t i = 0; i < static_cast<size_t>(minnow_class_count(model.get())); ++i) {
    const char* name = nullptr;
    EXPECT_EQ(minnow_class_name(model.get(), i, &name), MINNOW_OK) << minnow_error_text();
    names.emplace_back(name);
  }
  return names;
}

TEST(Describe, ClassesHaveTheNamesOfTheModelAndOfWhatItWasSavedAs) {
  const minnow::TemporaryFolder folder;
  const std::string path = folder.file("best.safetensors");
  const std::string text = std::string(kSmall) + R"(data {
    npy { train_inputs: "x" train_targets: "y" validation_inputs: "x" validation_targets: "y" }
    class_names: ["a", "b", "c", "d"] })";
  const auto named = ElementsAre("a", "b", "c", "d");
  const Model model = parse(text);
  EXPECT_THAT(class_names(model), named);
  ASSERT_EQ(minnow_save(model.get(), path.c_str()), MINNOW_OK) << minnow_error_text();

  for (const auto load : {minnow_load_checkpoint, minnow_load_weights}) {
    const Model other = parse(kSmall);
    EXPECT_THAT(class_names(other), ElementsAre("0", "1", "2", "3"));
    ASSERT_EQ(load(other.get(), path.c_str()), MINNOW_OK) << minnow_error_text();
    EXPECT_THAT(class_names(other), named);
  }

  folder.write("config.textproto", kSmall);
  for (const int infers_only : {0, 1}) {
    minnow_options options = MINNOW_OPTIONS_INIT;
    options.no_cache = options.threads = 1;
    options.infers_only = infers_only;
    minnow_model* run = nullptr;
    ASSERT_EQ(minnow_load(folder.path().c_str(), &options, &run), MINNOW_OK) << minnow_error_text();
    EXPECT_THAT(class_names(Model(run)), named) << infers_only;
  }
}

TEST(Describe, SetWeight) {
  const Model model = parse(kSmall);
  float values[] = {1, 2, 3, 4};
  minnow_array bias = {"fc.bias", MINNOW_F32, 1, {4}, values};
  ASSERT_EQ(minnow_set_weight(model.get(), &bias), MINNOW_OK);
  minnow_array own;
  ASSERT_EQ(minnow_find_weight(model.get(), "fc.bias", &own), MINNOW_OK);
  EXPECT_EQ(static_cast<float*>(own.data)[3], 4);
  bias.shape[0] = 3;
  EXPECT_EQ(minnow_set_weight(model.get(), &bias), MINNOW_INPUT_ERROR);
  bias.name = "fc.biass";
  EXPECT_EQ(minnow_set_weight(model.get(), &bias), MINNOW_USAGE_ERROR);
  EXPECT_STREQ(minnow_error_hint(), "did you mean fc.bias?");
}

TEST(Describe, TextLoadsToTheSameModel) {
  const Model model = parse(kSmall);
  char* text = nullptr;
  ASSERT_EQ(minnow_model_text(model.get(), &text), MINNOW_OK);
  const Model again = parse(text);
  minnow_free_text(text);
  EXPECT_EQ(all_numbers(model.get()), all_numbers(again.get()));
}

TEST(Describe, FunctionsAtEveryStage) {
  const Model model = parse(kSmall);
  for (const char* stage : {"lowered", "fuse", "optimized", "llvm", "asm"}) {
    char* text = nullptr;
    ASSERT_EQ(minnow_ir_text(model.get(), "train_step", stage, 0, &text), MINNOW_OK) << minnow_error_text();
    EXPECT_EQ(std::string_view(text).find("fused") != std::string_view::npos,
              std::string_view(stage) == "fuse" || std::string_view(stage) == "optimized")
        << stage;
    minnow_free_text(text);
  }
  char* text = nullptr;
  ASSERT_EQ(minnow_ir_text(model.get(), "infer", nullptr, 3, &text), MINNOW_OK);
  EXPECT_THAT(text, testing::HasSubstr("f32[3,1,5,7]"));
  minnow_free_text(text);
  EXPECT_EQ(minnow_ir_text(model.get(), "infer", "fusee", 0, &text), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_ir_text(model.get(), "train_stap", "fuse", 0, &text), MINNOW_USAGE_ERROR);
}

}  // namespace
}  // namespace minnow_test
