// Mistakes of the caller's, each a status and texts, never the end of the process.
#include "tests/api/model.h"

namespace minnow_test {
namespace {

using testing::HasSubstr;

minnow_status parse_status(std::string_view text) {
  minnow_model* model = nullptr;
  const minnow_status status = minnow_parse(text.data(), text.size(), "bad", nullptr, &model);
  EXPECT_EQ(model == nullptr, status != MINNOW_OK);
  minnow_free(model);
  return status;
}

TEST(Errors, OfAModelHavePlaceCauseAndHint) {
  ASSERT_EQ(parse_status("inputs { name: \"x\" shape: [2] }\nlayers { name: \"fc\" dense { unit: 3 } }"),
            MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_place(), HasSubstr("bad:2:"));
  EXPECT_THAT(minnow_error_message(), HasSubstr("unit"));
  EXPECT_THAT(minnow_error_hint(), HasSubstr("units"));
  EXPECT_THAT(minnow_error_text(), HasSubstr("error: "));
}

TEST(Errors, NullArgumentsAreMisuse) {
  minnow_model* model = nullptr;
  EXPECT_EQ(minnow_load(nullptr, nullptr, &model), MINNOW_USAGE_ERROR);
  EXPECT_STREQ(minnow_error_place(), "path");
  EXPECT_EQ(minnow_load("x", nullptr, nullptr), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_parse(nullptr, 0, "x", nullptr, &model), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_fit(nullptr, nullptr), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_infer(nullptr, nullptr, 0, nullptr), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_save(nullptr, "x"), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_input_count(nullptr), 0U);
  minnow_free(nullptr);
  minnow_cancel(nullptr);
}

TEST(Errors, ModelsThatAreNotThere) {
  minnow_model* model = nullptr;
  EXPECT_EQ(minnow_load("/nowhere/at/all.textproto", nullptr, &model), MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_text(), HasSubstr("/nowhere/at/all.textproto"));
  EXPECT_EQ(minnow_load("/", nullptr, &model), MINNOW_INPUT_ERROR);
  EXPECT_EQ(model, nullptr);
}

TEST(Errors, OptionsOutOfRange) {
  minnow_model* model = nullptr;
  minnow_options options = MINNOW_OPTIONS_INIT;
  options.threads = -1;
  EXPECT_EQ(minnow_parse(kSmall.data(), kSmall.size(), "x", &options, &model), MINNOW_USAGE_ERROR);
  options = MINNOW_OPTIONS_INIT;
  options.backend = static_cast<minnow_backend>(7);
  EXPECT_EQ(minnow_parse(kSmall.data(), kSmall.size(), "x", &options, &model), MINNOW_USAGE_ERROR);
  options = MINNOW_OPTIONS_INIT;
  options.size = 4096;
  EXPECT_EQ(minnow_parse(kSmall.data(), kSmall.size(), "x", &options, &model), MINNOW_USAGE_ERROR);
  options = MINNOW_OPTIONS_INIT;
  options.max_bytes = 10;
  EXPECT_EQ(minnow_parse(kSmall.data(), kSmall.size(), "x", &options, &model), MINNOW_INPUT_ERROR);
  const char* assignments[] = {"training.batch_sise=3"};
  options = MINNOW_OPTIONS_INIT;
  options.assignments = assignments;
  options.assignment_count = 1;
  EXPECT_EQ(minnow_parse(kSmall.data(), kSmall.size(), "x", &options, &model), MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_text(), HasSubstr("batch_size"));
}

TEST(Errors, ArraysThatDoNotFit) {
  const Model model = parse(kSmall);
  Examples examples(3);
  minnow_array output{};
  minnow_array image = examples.image_array();
  image.shape[3] = 6;
  EXPECT_EQ(minnow_infer(model.get(), &image, 1, &output), MINNOW_INPUT_ERROR);
  EXPECT_STREQ(minnow_error_place(), "image");
  EXPECT_THAT(minnow_error_message(), HasSubstr("[*,1,5,7]"));
  image = examples.image_array();
  image.rank = 99;
  EXPECT_EQ(minnow_infer(model.get(), &image, 1, &output), MINNOW_USAGE_ERROR);
  image = examples.image_array();
  image.shape[0] = -1;
  EXPECT_EQ(minnow_infer(model.get(), &image, 1, &output), MINNOW_USAGE_ERROR);
  image.shape[0] = 0;
  EXPECT_EQ(minnow_infer(model.get(), &image, 1, &output), MINNOW_INPUT_ERROR);
  image = examples.image_array();
  image.name = "imago";
  EXPECT_EQ(minnow_infer(model.get(), &image, 1, &output), MINNOW_USAGE_ERROR);
  image = examples.image_array();
  image.data = nullptr;
  EXPECT_EQ(minnow_infer(model.get(), &image, 1, &output), MINNOW_USAGE_ERROR);
}

TEST(Errors, LabelsOutsideOfTheClasses) {
  const Model model = parse(kSmall);
  Examples examples(9);
  examples.labels[4] = 4;
  const auto arrays = examples.arrays();
  minnow_outcome outcome;
  EXPECT_EQ(minnow_train_step(model.get(), arrays.data(), 2, NAN, &outcome), MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_message(), HasSubstr("example 4"));
  EXPECT_EQ(minnow_evaluate(model.get(), arrays.data(), 2, &outcome), MINNOW_INPUT_ERROR);
}

TEST(Errors, DifferingNumbersOfExamples) {
  const Model model = parse(kSmall);
  Examples examples(9);
  auto arrays = examples.arrays();
  arrays[1].shape[0] = 8;
  minnow_outcome outcome;
  EXPECT_EQ(minnow_evaluate(model.get(), arrays.data(), 2, &outcome), MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_message(), HasSubstr("8 examples"));
  EXPECT_EQ(minnow_evaluate(model.get(), arrays.data(), 1, &outcome), MINNOW_USAGE_ERROR);
}

TEST(Errors, ModelsWithoutDataSayThatArraysWouldDo) {
  const Model model = parse(kSmall);
  EXPECT_EQ(minnow_fit(model.get(), nullptr), MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_hint(), HasSubstr("arrays"));
}

TEST(Errors, ANumberThatIsNotFiniteIsFoundOut) {
  const Model model = parse(kSmall);
  Examples examples(9);
  examples.images[40] = INFINITY;
  EXPECT_EQ(predict(model.get(), Examples(1).image_array()).size(), 4U);
  minnow_array image = examples.image_array(), output{};
  EXPECT_EQ(minnow_infer(model.get(), &image, 1, &output), MINNOW_NOT_FINITE);
  EXPECT_THAT(minnow_error_text(), HasSubstr("example 1"));
}

TEST(Errors, SchedulesNeedTheLengthOfAnEpoch) {
  const Model model = parse(with_training("schedule { cosine {} }"));
  Examples examples(8);
  const auto arrays = examples.arrays();
  EXPECT_EQ(minnow_train_step(model.get(), arrays.data(), 2, NAN, nullptr), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_set_steps_per_epoch(model.get(), 0), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_set_steps_per_epoch(model.get(), 10), MINNOW_OK);
  EXPECT_EQ(minnow_train_step(model.get(), arrays.data(), 2, NAN, nullptr), MINNOW_OK) << minnow_error_text();
}

TEST(Errors, AGraphWithoutALossSaysHowToGetOne) {
  const Model model = load_graph();
  std::vector<float> pixels(28 * 28);
  const minnow_array image = {"image", MINNOW_F32, 4, {1, 1, 28, 28}, pixels.data()};
  minnow_outcome outcome;
  EXPECT_EQ(minnow_train_step(model.get(), &image, 1, NAN, &outcome), MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_hint(), HasSubstr("loss"));
  EXPECT_EQ(minnow_evaluate(model.get(), &image, 1, &outcome), MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_hint(), HasSubstr("loss"));
  EXPECT_EQ(minnow_fit(model.get(), nullptr), MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_hint(), HasSubstr("loss"));
}

TEST(Errors, AGraphWhoseOutputIsOfNoBatch) {
  minnow_model* loaded = nullptr;
  ASSERT_EQ(minnow_load(MINNOW_SOURCE_DIR "/tests/fuzz/corpus/onnx/function.onnx", nullptr, &loaded), MINNOW_OK);
  const Model model(loaded);
  std::vector<float> numbers(9);
  const minnow_array input = {nullptr, MINNOW_F32, 2, {3, 3}, numbers.data()};
  minnow_array output{};
  EXPECT_EQ(minnow_infer(model.get(), &input, 1, &output), MINNOW_INPUT_ERROR);
  EXPECT_THAT(minnow_error_message(), HasSubstr("no prediction for each example"));
  EXPECT_EQ(minnow_output(model.get(), &output), MINNOW_INPUT_ERROR);
}

TEST(Errors, ModelsForInferenceAloneDoNotTrain) {
  minnow_options options = MINNOW_OPTIONS_INIT;
  options.infers_only = 1;
  const Model model = parse(kSmall, options);
  Examples examples(8);
  const auto arrays = examples.arrays();
  EXPECT_EQ(minnow_train_step(model.get(), arrays.data(), 2, NAN, nullptr), MINNOW_USAGE_ERROR);
  EXPECT_EQ(predict(model.get(), examples.image_array()).size(), 32U);
}

}  // namespace
}  // namespace minnow_test
