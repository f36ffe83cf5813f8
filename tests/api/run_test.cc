// Predictions, evaluations, steps and fits, held against each other and against the interpreter.
#include <cstring>
#include <thread>

#include "tests/api/model.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow_test {
namespace {

using testing::FloatNear;
using testing::Pointwise;

Model interpreted(std::string_view text) {
  minnow_options options = MINNOW_OPTIONS_INIT;
  options.backend = MINNOW_INTERPRETER;
  return parse(text, options);
}

minnow_fit_options fit_on(const std::vector<minnow_array>& arrays) {
  minnow_fit_options options = MINNOW_FIT_OPTIONS_INIT;
  options.train = arrays.data();
  options.train_count = arrays.size();
  return options;
}

// Fewer than a batch, a batch, more, and what is no power of two.
class Sizes : public testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Run, Sizes, testing::Values(1, 2, 3, 5, 7, 8, 9, 16, 21));

TEST_P(Sizes, PredictionsAreThoseOfTheInterpreter) {
  Examples examples(GetParam());
  const std::vector<float> compiled = predict(parse(kSmall).get(), examples.image_array());
  const std::vector<float> expected = predict(interpreted(kSmall).get(), examples.image_array());
  ASSERT_EQ(compiled.size(), static_cast<size_t>(4 * GetParam()));
  EXPECT_THAT(compiled, Pointwise(FloatNear(1e-5F), expected));
}

TEST_P(Sizes, PredictionsGoWhereTheCallerWantsThem) {
  const Model model = parse(kSmall);
  Examples examples(GetParam());
  const std::vector<float> expected = predict(model.get(), examples.image_array());
  std::vector<float> room(expected.size() + 1, -1);
  minnow_array output = {nullptr, MINNOW_F32, 2, {GetParam(), 4}, room.data()};
  minnow_array image = examples.image_array();
  ASSERT_EQ(minnow_infer(model.get(), &image, 1, &output), MINNOW_OK) << minnow_error_text();
  EXPECT_EQ(room.back(), -1);
  room.pop_back();
  EXPECT_EQ(room, expected);
  output.shape[1] = 5;
  EXPECT_EQ(minnow_infer(model.get(), &image, 1, &output), MINNOW_USAGE_ERROR);
}

TEST(Run, InputsAtOddAddresses) {
  const Model model = parse(kSmall);
  Examples examples(8);
  const std::vector<float> expected = predict(model.get(), examples.image_array());
  std::vector<char> bytes(examples.images.size() * sizeof(float) + 8);
  for (const size_t shift : {1, 4}) {
    std::memcpy(bytes.data() + shift, examples.images.data(), examples.images.size() * sizeof(float));
    minnow_array image = examples.image_array();
    image.data = bytes.data() + shift;
    EXPECT_EQ(predict(model.get(), image), expected);
  }
}

TEST(Run, BytesStandForNumbers) {
  const Model model = parse(kSmall);
  std::vector<uint8_t> bytes(70);
  std::vector<float> numbers(70);
  for (size_t i = 0; i < bytes.size(); ++i) numbers[i] = bytes[i] = static_cast<uint8_t>(i * 37);
  const minnow_array image = {"image", MINNOW_U8, 4, {2, 1, 5, 7}, bytes.data()};
  const minnow_array floats = {"image", MINNOW_F32, 4, {2, 1, 5, 7}, numbers.data()};
  EXPECT_EQ(predict(model.get(), image), predict(model.get(), floats));
}

TEST(Run, InputsAreLeftAsTheyAre) {
  const Model model = parse(kSmall);
  Examples examples(8);
  const auto before = examples.images;
  const auto arrays = examples.arrays();
  predict(model.get(), examples.image_array());
  ASSERT_EQ(minnow_train_step(model.get(), arrays.data(), 2, 0.1, nullptr), MINNOW_OK);
  EXPECT_EQ(examples.images, before);
}

TEST(Run, EvaluationIsTheMeanOverAllExamples) {
  const Model model = parse(kSmall);
  Examples examples(21);
  const auto arrays = examples.arrays();
  minnow_outcome outcome;
  ASSERT_EQ(minnow_evaluate(model.get(), arrays.data(), 2, &outcome), MINNOW_OK) << minnow_error_text();
  const std::vector<float> predictions = predict(model.get(), examples.image_array());
  double loss = 0;
  for (size_t i = 0; i < 21; ++i) loss -= std::log(predictions[i * 4 + static_cast<size_t>(examples.labels[i])]) / 21;
  EXPECT_NEAR(outcome.loss, loss, 1e-5);
  EXPECT_EQ(outcome.examples, 21);
  EXPECT_GE(outcome.accuracy, 0);
}

TEST(Run, StepsAreThoseOfTheInterpreter) {
  const Model compiled = parse(kSmall), expected = interpreted(kSmall);
  Examples examples(7);
  const auto arrays = examples.arrays();
  for (int step = 0; step < 3; ++step) {
    minnow_outcome one, other;
    ASSERT_EQ(minnow_train_step(compiled.get(), arrays.data(), 2, NAN, &one), MINNOW_OK) << minnow_error_text();
    ASSERT_EQ(minnow_train_step(expected.get(), arrays.data(), 2, NAN, &other), MINNOW_OK) << minnow_error_text();
    EXPECT_NEAR(one.loss, other.loss, 1e-4);
    EXPECT_EQ(one.accuracy, other.accuracy);
  }
  EXPECT_EQ(minnow_step_count(compiled.get()), 3);
  EXPECT_THAT(all_numbers(compiled.get()), Pointwise(FloatNear(1e-3F), all_numbers(expected.get())));
}

TEST(Run, AFitTakesTheStepsThatOneWouldTakeByHand) {
  const std::string text = with_training("shuffle: false");
  const Model fitted = parse(text), stepped = parse(text);
  Examples examples(20);
  auto arrays = examples.arrays();
  minnow_fit_options options = fit_on(arrays);
  options.epochs = 2;
  ASSERT_EQ(minnow_fit(fitted.get(), &options), MINNOW_OK) << minnow_error_text();
  for (int epoch = 0; epoch < 2; ++epoch)
    for (int64_t first = 0; first < 20; first += 8) {
      auto batch = arrays;
      batch[0].data = examples.images.data() + first * 35;
      batch[1].data = examples.labels.data() + first;
      batch[0].shape[0] = batch[1].shape[0] = std::min<int64_t>(8, 20 - first);
      ASSERT_EQ(minnow_train_step(stepped.get(), batch.data(), 2, NAN, nullptr), MINNOW_OK) << minnow_error_text();
    }
  EXPECT_EQ(all_numbers(fitted.get()), all_numbers(stepped.get()));
}

TEST(Run, AGraphWithoutALossPredicts) {
  minnow_options reference = MINNOW_OPTIONS_INIT;
  reference.backend = MINNOW_INTERPRETER;
  const Model compiled = load_graph(), expected = load_graph(reference);
  std::vector<float> pixels(3 * 28 * 28);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = std::sin(static_cast<float>(i * i));
  const minnow_array image = {nullptr, MINNOW_F32, 4, {3, 1, 28, 28}, pixels.data()};
  const std::vector<float> scores = predict(compiled.get(), image);
  ASSERT_EQ(scores.size(), 30U);
  EXPECT_THAT(scores, Pointwise(FloatNear(1e-4F), predict(expected.get(), image)));
}

// A network goes out and comes back, and its probabilities are left out where they are asked to be.
TEST(Run, WhatIsExportedPredictsTheSame) {
  const Model model = parse(kSmall);
  const minnow::TemporaryFolder folder;
  const std::string path = folder.file("net.onnx");
  Examples examples(5);
  const std::vector<float> expected = predict(model.get(), examples.image_array());
  for (const int logits : {0, 1}) {
    ASSERT_EQ(minnow_export_onnx(model.get(), path.c_str(), logits), MINNOW_OK) << minnow_error_text();
    minnow_model* loaded = nullptr;
    ASSERT_EQ(minnow_load(path.c_str(), nullptr, &loaded), MINNOW_OK) << minnow_error_text();
    const Model again(loaded);
    const std::vector<float> found = predict(again.get(), examples.image_array());
    if (logits == 0) {
      EXPECT_THAT(found, Pointwise(FloatNear(1e-6F), expected));
    } else {
      EXPECT_NEAR(std::exp(found[1] - found[0]), expected[1] / expected[0], 1e-4);
    }
  }
  EXPECT_EQ(minnow_export_onnx(model.get(), nullptr, 0), MINNOW_USAGE_ERROR);
  EXPECT_EQ(minnow_export_onnx(model.get(), (path + "/none.onnx").c_str(), 0), MINNOW_INPUT_ERROR);
}

struct Stopper {
  int64_t after;
  int64_t steps = 0;
  int epochs = 0;
  static int on_step(const minnow_step_info* step, void* context) {
    auto& self = *static_cast<Stopper*>(context);
    ++self.steps;
    return step->step == self.after ? 1 : 0;
  }
  static int on_epoch(const minnow_epoch_info*, void* context) {
    ++static_cast<Stopper*>(context)->epochs;
    return 0;
  }
};

class Stops : public testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Run, Stops, testing::Values(1, 3, 4, 8, 9));

TEST_P(Stops, AFitThatWasStoppedGoesOnAsIfItHadNotBeen) {
  Examples examples(20), others(10);
  const auto arrays = examples.arrays(), validation = others.arrays();
  const Model whole = parse(kSmall), stopped = parse(kSmall);
  minnow_fit_options options = fit_on(arrays);
  options.validation = validation.data();
  options.validation_count = 2;
  ASSERT_EQ(minnow_fit(whole.get(), &options), MINNOW_OK) << minnow_error_text();
  Stopper stopper{GetParam()};
  options.on_step = Stopper::on_step;
  options.on_epoch = Stopper::on_epoch;
  options.context = &stopper;
  ASSERT_EQ(minnow_fit(stopped.get(), &options), MINNOW_OK) << minnow_error_text();
  EXPECT_EQ(minnow_step_count(stopped.get()), GetParam());
  ASSERT_EQ(minnow_fit(stopped.get(), &options), MINNOW_OK) << minnow_error_text();
  EXPECT_EQ(all_numbers(stopped.get()), all_numbers(whole.get()));
  EXPECT_EQ(stopper.steps, 9);
  EXPECT_EQ(stopper.epochs, 3);
  ASSERT_EQ(minnow_epoch_count(stopped.get()), 3U);
  minnow_epoch_info one, other;
  ASSERT_EQ(minnow_epoch(whole.get(), 2, &one), MINNOW_OK);
  ASSERT_EQ(minnow_epoch(stopped.get(), 2, &other), MINNOW_OK);
  EXPECT_EQ(one.train_loss, other.train_loss);
  EXPECT_EQ(one.validation_loss, other.validation_loss);
}

TEST(Run, AFitOnOtherDataBeginsAnEpochAnew) {
  Examples examples(20), fewer(4);
  const auto arrays = examples.arrays(), others = fewer.arrays();
  const Model model = parse(kSmall);
  Stopper stopper{2};
  minnow_fit_options options = fit_on(arrays);
  options.on_step = Stopper::on_step;
  options.context = &stopper;
  ASSERT_EQ(minnow_fit(model.get(), &options), MINNOW_OK) << minnow_error_text();
  options = fit_on(others);
  options.epochs = 1;
  ASSERT_EQ(minnow_fit(model.get(), &options), MINNOW_OK) << minnow_error_text();
  EXPECT_EQ(minnow_epoch_count(model.get()), 1U);
}

TEST(Run, WithoutValidationThereIsNone) {
  Examples examples(20);
  const auto arrays = examples.arrays();
  const Model model = parse(kSmall);
  const minnow_fit_options options = fit_on(arrays);
  ASSERT_EQ(minnow_fit(model.get(), &options), MINNOW_OK) << minnow_error_text();
  minnow_epoch_info epoch;
  ASSERT_EQ(minnow_epoch(model.get(), 0, &epoch), MINNOW_OK);
  EXPECT_TRUE(std::isnan(epoch.validation_loss));
  EXPECT_TRUE(std::isnan(epoch.validation_accuracy));
  const Model stops = parse(with_training("early_stopping {}"));
  EXPECT_EQ(minnow_fit(stops.get(), &options), MINNOW_INPUT_ERROR);
}

TEST(Run, ACheckpointGoesOnAsIfNothingHadHappened) {
  const minnow::TemporaryFolder folder;
  const std::string path = folder.file("checkpoint.safetensors");
  Examples examples(20);
  const auto arrays = examples.arrays();
  const Model one = parse(kSmall), other = parse(kSmall);
  minnow_fit_options options = fit_on(arrays);
  options.epochs = 1;
  ASSERT_EQ(minnow_fit(one.get(), &options), MINNOW_OK) << minnow_error_text();
  ASSERT_EQ(minnow_save(one.get(), path.c_str()), MINNOW_OK) << minnow_error_text();
  ASSERT_EQ(minnow_load_checkpoint(other.get(), path.c_str()), MINNOW_OK) << minnow_error_text();
  for (minnow_model* model : {one.get(), other.get()}) ASSERT_EQ(minnow_fit(model, &options), MINNOW_OK);
  EXPECT_EQ(all_numbers(one.get()), all_numbers(other.get()));
  EXPECT_EQ(minnow_load_weights(one.get(), "/nowhere.safetensors"), MINNOW_INPUT_ERROR);
}

TEST(Run, ALossThatIsNotFiniteIsToldWithItsCause) {
  const Model model = parse(kSmall);
  minnow_array weight;
  ASSERT_EQ(minnow_find_weight(model.get(), "fc.weight", &weight), MINNOW_OK);
  static_cast<float*>(weight.data)[0] = INFINITY;
  Examples examples(20);
  const auto arrays = examples.arrays();
  const minnow_fit_options options = fit_on(arrays);
  EXPECT_EQ(minnow_fit(model.get(), &options), MINNOW_NOT_FINITE);
  EXPECT_THAT(minnow_error_text(), testing::HasSubstr("step 1"));
}

TEST(Run, AFitThatDivergesLeavesTheModelAsItWas) {
  const Model model = parse(kSmall);
  Examples examples(20);
  auto arrays = examples.arrays();
  minnow_fit_options options = fit_on(arrays);
  options.epochs = 1;
  ASSERT_EQ(minnow_fit(model.get(), &options), MINNOW_OK) << minnow_error_text();
  const std::vector<float> before = all_numbers(model.get());
  // An epoch that goes well, and a step of the next: its callback spoils the numbers that it is trained on.
  options.epochs = 3;
  options.context = model.get();
  options.on_step = [](const minnow_step_info* step, void* context) {
    minnow_array weight;
    EXPECT_EQ(minnow_find_weight(static_cast<minnow_model*>(context), "fc.bias", &weight), MINNOW_OK);
    if (step->step == 7) *static_cast<float*>(weight.data) = INFINITY;
    return 0;
  };
  EXPECT_EQ(minnow_fit(model.get(), &options), MINNOW_NOT_FINITE);
  EXPECT_EQ(all_numbers(model.get()), before);
  EXPECT_EQ(minnow_step_count(model.get()), 3);
  EXPECT_EQ(minnow_epoch_count(model.get()), 1U);
  options.on_step = nullptr;
  EXPECT_EQ(minnow_fit(model.get(), &options), MINNOW_OK) << minnow_error_text();
}

TEST(Run, OwnDataTrainsAndValidates) {
  const Model model = parse(R"(
inputs { name: "x" shape: [2] }
layers { name: "line" dense { units: 1 } }
loss { mean_squared_error {} }
training { learning_rate: 0.1 batch_size: 50 epochs: 4 }
data { linear_regression { weights: [2, -3.4] bias: 4.2 } }
)");
  ASSERT_EQ(minnow_fit(model.get(), nullptr), MINNOW_OK) << minnow_error_text();
  minnow_outcome outcome;
  ASSERT_EQ(minnow_evaluate(model.get(), nullptr, 0, &outcome), MINNOW_OK) << minnow_error_text();
  EXPECT_LT(outcome.loss, 0.01);
  EXPECT_TRUE(std::isnan(outcome.accuracy));
  EXPECT_EQ(outcome.examples, 200);
}

TEST(Run, ModelsInSeveralThreads) {
  Examples examples(20);
  const auto arrays = examples.arrays();
  const auto train = [&](std::vector<float>& numbers) {
    const Model model = parse(kSmall);
    const minnow_fit_options options = fit_on(arrays);
    ASSERT_EQ(minnow_fit(model.get(), &options), MINNOW_OK) << minnow_error_text();
    numbers = all_numbers(model.get());
  };
  std::vector<float> one, other;
  std::thread first([&] { train(one); }), second([&] { train(other); });
  first.join();
  second.join();
  EXPECT_EQ(one, other);
}

TEST(Run, ThreadsDoNotMatter) {
  Examples examples(20);
  const auto arrays = examples.arrays();
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 3}) {
    minnow_options options = MINNOW_OPTIONS_INIT;
    options.threads = threads;
    const Model model = parse(kSmall, options);
    const minnow_fit_options fit = fit_on(arrays);
    ASSERT_EQ(minnow_fit(model.get(), &fit), MINNOW_OK) << minnow_error_text();
    results.push_back(all_numbers(model.get()));
  }
  EXPECT_EQ(results[0], results[1]);
}

}  // namespace
}  // namespace minnow_test
