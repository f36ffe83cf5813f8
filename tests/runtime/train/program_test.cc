// Networks that are given as IR text are trained like any other.
#include "frontend/load/program.h"

#include <gmock/gmock.h>

#include "ir/text.h"
#include "runtime/data/load_data.h"
#include "runtime/train/gradient_check.h"
#include "runtime/train/predict.h"
#include "runtime/train/trainer.h"
#include "runtime/train/training_notes.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(
  inputs { name: "image" shape: [1, 28, 28] }
  layers { name: "conv" conv2d { filters: 3 kernel: 5 stride: 4 activation: TANH } }
  layers { name: "norm" batch_norm {} }
  layers { name: "flat" flatten {} }
  layers { name: "drop" dropout { rate: 0.3 } }
  layers { name: "fc" dense { units: 10 } }
  loss { softmax_cross_entropy {} }
  training { adam {} learning_rate: 0.01 batch_size: 8 epochs: 2 weight_decay: 0.001 }
  data { builtin: GLYPHS train_examples: 32 validation_examples: 16 }
)";

// A recurrent network, written by hand, of which no layer speaks.
constexpr char kRecurrent[] = R"(
func @loss(%x: i32[16,4], %target: i32[16,4], %e: f32[11,8] weight, %u: f32[8,8] weight, %v: f32[8,11] weight) -> (loss: f32[], correct: f32[], counted: f32[]) {
  %steps = transpose(%x) {dims = [1, 0]} : i32[4,16]
  %tokens = reshape(%steps) : i32[64]
  %embedded = gather(%e, %tokens) : f32[64,8]
  %start = constant {value = 0} : f32[16,8]
  %last, %states = loop(%a0 = %embedded, %a1 = %start, %a2 = %u) {count = 4, split = [0], carry = [1]} : f32[16,8], f32[64,8] {
    %b0 = dot(%a1, %a2) : f32[16,8]
    %b1 = add(%b0, %a0) : f32[16,8]
    %b2 = tanh(%b1) : f32[16,8]
    return %b2, %b2
  }
  %logits = dot(%states, %v) : f32[64,11]
  %turned = transpose(%target) {dims = [1, 0]} : i32[4,16]
  %labels = reshape(%turned) : i32[64]
  %exp = exp(%logits) : f32[64,11]
  %exp_sum = reduce_sum(%exp) {dims = [1]} : f32[64]
  %log_sum = log(%exp_sum) : f32[64]
  %classes = iota {dim = 1} : i32[64,11]
  %spread = broadcast(%labels) {dims = [0]} : i32[64,11]
  %is_label = eq(%classes, %spread) : pred[64,11]
  %none = constant {value = 0} : f32[64,11]
  %of_label = select(%is_label, %logits, %none) : f32[64,11]
  %right = reduce_sum(%of_label) {dims = [1]} : f32[64]
  %all = sub(%log_sum, %right) : f32[64]
  %zero = constant {value = 0} : i32[64]
  %counts = ge(%labels, %zero) : pred[64]
  %mask = convert(%counts) : f32[64]
  %masked = mul(%all, %mask) : f32[64]
  %sum = reduce_sum(%masked) {dims = [0]} : f32[]
  %count = reduce_sum(%mask) {dims = [0]} : f32[]
  %mean = div(%sum, %count) : f32[]
  %best = argmax(%logits) {dim = 1} : i32[64]
  %is_right = eq(%best, %labels) : pred[64]
  %rights = convert(%is_right) : f32[64]
  %correct = reduce_sum(%rights) {dims = [0]} : f32[]
  return %mean, %correct, %count
}
)";

LoadedModel completed(LoadedModel loaded) {
  const Status status = complete_model(loaded);
  MINNOW_CHECK(status, "{}", status.error().to_string());
  return loaded;
}

LoadedModel model(const std::string& text) { return completed(*parse_model_text(text, "m.textproto")); }

// The same experiment with the program in place of the layers.
LoadedModel with_program(const LoadedModel& layers, const std::string& program) {
  LoadedModel loaded{.model = {}, .path = "p.textproto", .is_text = true, .places = {}};
  loaded.model.mutable_network()->set_text(program);
  *loaded.model.mutable_training() = layers.model.training();
  *loaded.model.mutable_data() = layers.model.data();
  return completed(std::move(loaded));
}

std::string printed(const LoadedModel& loaded) {
  return print(lower_model(loaded, {loaded.model.training().batch_size()})->module);
}

class Programs : public testing::Test {
 protected:
  std::unique_ptr<Session> session(const LoadedModel& loaded, Backend backend = Backend::kInterpreter) {
    SessionOptions options;
    options.backend = backend;
    auto made = Session::create(loaded, options, pool_);
    MINNOW_CHECK(made, "{}", made.error().to_string());
    return *std::move(made);
  }

  DataSplits data(const Session& session) {
    auto loaded = load_data(session.model().model.data(), load_options(session, ""), pool_);
    MINNOW_CHECK(loaded, "{}", loaded.error().to_string());
    const Status fits = check_data_fits(session, *loaded);
    MINNOW_CHECK(fits, "{}", fits.error().to_string());
    return *std::move(loaded);
  }

  TrainingState trained(Session& session) {
    auto outcome = train(session, data(session), {});
    MINNOW_CHECK(outcome, "{}", outcome.error().to_string());
    return std::move(outcome->state);
  }

  ThreadPool pool_{1};
};

TEST_F(Programs, PrintedFromAModelTrainToTheSameBits) {
  const LoadedModel layers = model(kModel);
  for (const Backend backend : {Backend::kInterpreter, Backend::kJit}) {
    const auto expected = session(layers, backend);
    const auto actual = session(with_program(layers, printed(layers)), backend);
    for (auto& [name, tensor] : actual->tensors()) tensor = expected->tensors().at(name).clone();
    EXPECT_EQ(actual->tensors().size(), expected->tensors().size());
    const TrainingState of_layers = trained(*expected), of_program = trained(*actual);
    for (const auto& [name, tensor] : expected->tensors())
      EXPECT_EQ(tensor.bytes(), actual->tensors().at(name).bytes()) << name;
    ASSERT_EQ(of_layers.history.size(), of_program.history.size());
    EXPECT_EQ(of_layers.history.back().validation_loss, of_program.history.back().validation_loss);
    EXPECT_EQ(of_layers.history.back().validation_accuracy, of_program.history.back().validation_accuracy);
  }
}

TEST_F(Programs, PrintAsTheyWereRead) {
  const LoadedModel layers = model(kModel);
  const LoadedModel program = with_program(layers, printed(layers));
  EXPECT_EQ(printed(program), printed(layers));
  const auto lowered = lower_model(program, {8});
  EXPECT_EQ(lowered->classes, 10);
  EXPECT_TRUE(lowered->classifies);
  EXPECT_EQ(lowered->predictions_per_example, 1);
}

TEST_F(Programs, WithLoopsTrain) {
  LoadedModel loaded{.model = {}, .path = "p.textproto", .is_text = true, .places = {}};
  loaded.model.mutable_network()->set_text(kRecurrent);
  loaded.model.mutable_training()->mutable_adam();
  loaded.model.mutable_training()->set_learning_rate(0.02);
  loaded.model.mutable_training()->set_epochs(6);
  loaded.model.mutable_data()->set_builtin(spec::Data::REVERSE);
  loaded.model.mutable_data()->set_train_examples(320);
  loaded.model.mutable_data()->set_validation_examples(40);
  const LoadedModel program = completed(std::move(loaded));
  const auto rows = check_gradients(program, 4, {});
  ASSERT_TRUE(rows) << rows.error().to_string();
  for (const GradientRow& row : *rows) EXPECT_LT(row.error, 1e-5) << row.weight;

  const auto made = session(program, Backend::kJit);
  EXPECT_EQ(made->lowered().inputs[0].vocabulary, 11);
  EXPECT_THAT(training_notes(*made, data(*made)),
              testing::Contains("the program takes 16 examples at a time, which leaves out 8 of 40 validation examples "
                                "in each epoch"));
  const TrainingState state = trained(*made);
  EXPECT_EQ(state.step, 6 * 20);
  EXPECT_LT(state.history.back().validation_loss, 0.8 * state.history.front().train_loss);
  EXPECT_GT(state.history.back().validation_accuracy, 0.3);
}

TEST_F(Programs, PredictAnyNumberOfExamples) {
  const LoadedModel layers = model(kModel);
  const auto expected = session(layers);
  const auto actual = session(with_program(layers, printed(layers)));
  for (auto& [name, tensor] : actual->tensors()) tensor = expected->tensors().at(name).clone();
  const Dataset eleven = slice_dataset(data(*expected).train, 0, 11);
  const auto rows = predict(*actual, eleven);
  ASSERT_TRUE(rows) << rows.error().to_string();
  EXPECT_EQ(*rows, *predict(*expected, eleven));
  EXPECT_EQ(evaluated_examples(*actual, eleven), 8);
  EXPECT_EQ(evaluated_examples(*expected, eleven), 11);
  const auto few = evaluate(*actual, slice_dataset(eleven, 0, 5));
  ASSERT_FALSE(few);
  EXPECT_THAT(few.error().message, testing::HasSubstr("has 5 examples, but the program takes 8 at a time"));
}

TEST_F(Programs, NormaliseNumbersAsTheDataSay) {
  constexpr char kLinear[] = R"(
    func @loss(%x: f32[4,2], %target: f32[4,1], %w: f32[2,1] weight) -> (f32[]) {
      %y = dot(%x, %w) : f32[4,1]
      %e = sub(%y, %target) : f32[4,1]
      %square = mul(%e, %e) : f32[4,1]
      %sum = reduce_sum(%square) {dims = [0, 1]} : f32[]
      return %sum
    })";
  LoadedModel layers = model(R"(
    inputs { name: "x" shape: [2] } layers { name: "y" dense { units: 1 } } loss { mean_squared_error {} }
    data { linear_regression { weights: [1, 2] } normalize { scale: 3 mean: 1 } train_examples: 8 validation_examples: 4 })");
  layers.model.mutable_training()->set_batch_size(4);
  layers.model.mutable_training()->set_learning_rate(0.001);
  const LoadedModel program = with_program(layers, kLinear);
  const std::string text = printed(program);
  EXPECT_THAT(text, testing::HasSubstr("mul(%x, %0) : f32[4,2]  loc(\"x\")"));
  const auto made = session(program);
  const TrainingState state = trained(*made);
  EXPECT_EQ(state.history.back().train_accuracy, 0);
  const auto rows = predict(*made, data(*made).validation);
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().to_string(), testing::HasSubstr("the program has no function @infer"));
}

}  // namespace
}  // namespace minnow
