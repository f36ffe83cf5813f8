#include "frontend/load/override_model.h"

#include <gtest/gtest.h>

#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

class SetField : public testing::Test {
 protected:
  void SetUp() override {
    auto parsed = parse_model_text(model_with("layers { name: \"conv1\" conv2d { filters: 6 kernel: 5 } }\n"
                                              "layers { name: \"a.b\" dense { units: 10 } }",
                                              "training { learning_rate: 0.1 sgd {} }\n"),
                                   "m.textproto");
    ASSERT_TRUE(parsed) << error_of(parsed);
    loaded_ = *parsed;
  }

  std::string set(const std::string& assignment) { return error_of(set_field(loaded_, assignment)); }

  LoadedModel loaded_;
};

TEST_F(SetField, ScalarsOfEveryKind) {
  EXPECT_EQ(set("training.learning_rate=5e-2"), "");
  EXPECT_EQ(set("training.batch_size=64"), "");
  EXPECT_EQ(set("training.shuffle=false"), "");
  EXPECT_EQ(set("name=my model"), "");
  EXPECT_EQ(set("layers.conv1.conv2d.activation=RELU"), "");
  EXPECT_EQ(loaded_.model.training().learning_rate(), 0.05);
  EXPECT_EQ(loaded_.model.training().batch_size(), 64);
  EXPECT_TRUE(loaded_.model.training().has_shuffle());
  EXPECT_FALSE(loaded_.model.training().shuffle());
  EXPECT_EQ(loaded_.model.name(), "my model");
  EXPECT_EQ(loaded_.model.layers(0).conv2d().activation(), spec::Activation::RELU);
}

TEST_F(SetField, OneOfSeveralMessagesByItsName) {
  EXPECT_EQ(set("training.optimizer=adam"), "");
  EXPECT_TRUE(loaded_.model.training().has_adam());
  EXPECT_EQ(loaded_.places.at("training.adam"), "--set training.optimizer");
  EXPECT_EQ(set("training.optimizer=adm"),
            "--set training.optimizer: \"adm\" is no optimizer | did you mean \"adam\"?");
  EXPECT_EQ(set("training.optimizer=seed"),
            "--set training.optimizer: \"seed\" is no optimizer | known: sgd, momentum, adam, adamw, rmsprop");
}

TEST_F(SetField, AFieldOfWhatIsInsideIsNamedInFull) {
  EXPECT_EQ(set("layers.a.b.units=3"),
            "--set layers.a.b.units: Layer has no field \"units\" | did you mean layers.a.b.dense.units?");
}

TEST_F(SetField, LayersByNameWithDotsAndByIndex) {
  EXPECT_EQ(set("layers.conv1.conv2d.filters=8"), "");
  EXPECT_EQ(set("layers.a.b.dense.units=4"), "");
  EXPECT_EQ(loaded_.model.layers(0).conv2d().filters(), 8);
  EXPECT_EQ(loaded_.model.layers(1).dense().units(), 4);
  EXPECT_EQ(set("layers.1.dense.units=5"), "");
  EXPECT_EQ(loaded_.model.layers(1).dense().units(), 5);
}

TEST_F(SetField, RepeatedFieldsAreReplaced) {
  EXPECT_EQ(set("layers.conv1.conv2d.kernel=3, 7"), "");
  ASSERT_EQ(loaded_.model.layers(0).conv2d().kernel_size(), 2);
  EXPECT_EQ(loaded_.model.layers(0).conv2d().kernel(1), 7);
  EXPECT_EQ(set("layers.conv1.conv2d.kernel=[2, 4]"), "");
  ASSERT_EQ(loaded_.model.layers(0).conv2d().kernel_size(), 2);
  EXPECT_EQ(loaded_.model.layers(0).conv2d().kernel(0), 2);
  EXPECT_EQ(loaded_.model.layers(0).conv2d().kernel(1), 4);
  EXPECT_EQ(set("layers.a.b.inputs=[conv1]"), "");
  EXPECT_EQ(loaded_.model.layers(1).inputs(0), "conv1");
  EXPECT_NE(set("layers.conv1.conv2d.kernel=[2"), "");
  EXPECT_EQ(set("layers.conv1.conv2d.kernel=[]"), "");
  EXPECT_EQ(loaded_.model.layers(0).conv2d().kernel_size(), 0);
  EXPECT_EQ(set("layers.conv1.conv2d.kernel=3"), "");
  EXPECT_EQ(set("layers.conv1.conv2d.kernel="), "");
  EXPECT_EQ(loaded_.model.layers(0).conv2d().kernel_size(), 0);
}

TEST_F(SetField, OneElementOfAList) {
  EXPECT_EQ(set("layers.conv1.conv2d.kernel=[2, 4]"), "");
  EXPECT_EQ(set("layers.conv1.conv2d.kernel.1=7"), "");
  EXPECT_EQ(set("inputs.image.shape.2=32"), "");
  EXPECT_EQ(set("inputs.0.shape.1=32"), "");
  const auto& kernel = loaded_.model.layers(0).conv2d().kernel();
  EXPECT_EQ(std::vector<int64_t>(kernel.begin(), kernel.end()), (std::vector<int64_t>{2, 7}));
  const auto& shape = loaded_.model.inputs(0).shape();
  EXPECT_EQ(std::vector<int64_t>(shape.begin(), shape.end()), (std::vector<int64_t>{1, 32, 32}));
  EXPECT_EQ(loaded_.where("layers.0.conv2d.kernel.1"), "--set layers.conv1.conv2d.kernel.1");
  EXPECT_EQ(set("inputs.image.shape.3=1"),
            "--set inputs.image.shape.3: \"3\" is none of the 3 values of inputs.0.shape");
  EXPECT_EQ(set("inputs.image.shape.-1=1"),
            "--set inputs.image.shape.-1: \"-1\" is none of the 3 values of inputs.0.shape");
  EXPECT_EQ(set("inputs.image.shape.1=x"), "--set inputs.image.shape.1: \"x\" is not a whole number (of 64 bits)");
}

TEST_F(SetField, TextsInQuotesAsInTheFile) {
  EXPECT_EQ(set("name=\"a, b\""), "");
  EXPECT_EQ(loaded_.model.name(), "a, b");
  EXPECT_EQ(set("layers.a.b.inputs=[\"conv1\", \"image\"]"), "");
  ASSERT_EQ(loaded_.model.layers(1).inputs_size(), 2);
  EXPECT_EQ(loaded_.model.layers(1).inputs(0), "conv1");
  EXPECT_EQ(loaded_.model.layers(1).inputs(1), "image");
  EXPECT_EQ(set("layers.a.b.inputs.1=\"conv1\""), "");
  EXPECT_EQ(loaded_.model.layers(1).inputs(1), "conv1");
}

TEST_F(SetField, AllElementsOfARepeatedMessage) {
  EXPECT_EQ(set("data.npy.inputs=[{name: \"x\" train: \"a.npy\"}, {name: \"n\" train: \"b.npy\"}]"), "");
  ASSERT_EQ(loaded_.model.data().npy().inputs_size(), 2);
  EXPECT_EQ(loaded_.model.data().npy().inputs(1).train(), "b.npy");
  EXPECT_EQ(set("data.npy.inputs.n.train=c.npy"), "");
  EXPECT_EQ(loaded_.model.data().npy().inputs(1).train(), "c.npy");
  EXPECT_EQ(set("data.npy.inputs={name: \"y\"}"), "");
  EXPECT_EQ(loaded_.model.data().npy().inputs_size(), 1);
  EXPECT_EQ(set("data.npy.inputs=[]"), "");
  EXPECT_EQ(loaded_.model.data().npy().inputs_size(), 0);
  EXPECT_EQ(set("data.npy.inputs=[{nam: \"x\"}]"),
            "--set data.npy.inputs:1:11: unknown field \"nam\" in Array | did you mean \"name\"?");
  EXPECT_EQ(set("data.npy.inputs=x"),
            "--set data.npy.inputs: stands for several elements; name one of them, as in data.npy.inputs.0 | or write "
            "all: data.npy.inputs=[{...}, {...}]");
}

TEST_F(SetField, MessagesChooseAnAlternative) {
  EXPECT_EQ(set("training.adam={beta1: 0.8}"), "");
  EXPECT_TRUE(loaded_.model.training().has_adam());
  EXPECT_EQ(loaded_.model.training().adam().beta1(), 0.8);
  EXPECT_EQ(set("training.momentum.nesterov=true"), "");
  EXPECT_TRUE(loaded_.model.training().momentum().nesterov());
  EXPECT_FALSE(loaded_.model.training().has_adam());
}

TEST_F(SetField, PlacesSayWhoSetTheField) {
  EXPECT_EQ(set("layers.conv1.conv2d.kernel=3"), "");
  EXPECT_EQ(loaded_.where("layers.0.conv2d.kernel.0"), "--set layers.conv1.conv2d.kernel");
  EXPECT_EQ(loaded_.where("layers.0.conv2d.filters"), "m.textproto:2:33");
}

TEST_F(SetField, ErrorsNameTheFieldAndLeaveTheModelAlone) {
  const std::string before = model_to_text(loaded_.model);
  EXPECT_EQ(set("training.learning_rat=1"),
            "--set training.learning_rat: Training has no field \"learning_rat\" | did you mean "
            "\"learning_rate\"?");
  EXPECT_EQ(set("layers.conv2.conv2d.filters=1"),
            "--set layers.conv2.conv2d.filters: \"conv2\" is none of the 2 layers of the model | did you "
            "mean \"conv1\"?");
  EXPECT_EQ(set("training.batch_size=abc"), "--set training.batch_size: \"abc\" is not a whole number (of 64 bits)");
  EXPECT_EQ(set("training.batch_size=1.5"), "--set training.batch_size: \"1.5\" is not a whole number (of 64 bits)");
  EXPECT_EQ(set("training.shuffle=maybe"), "--set training.shuffle: \"maybe\" is neither true nor false");
  EXPECT_EQ(set("layers.conv1.conv2d.padding=SAM"),
            "--set layers.conv1.conv2d.padding: \"SAM\" is not a Rule | did you mean \"SAME\"?");
  EXPECT_EQ(set("training.learning_rate.x=1"),
            "--set training.learning_rate.x: training.learning_rate has no fields inside");
  EXPECT_EQ(set("training=1").substr(0, 15), "--set training:");
  EXPECT_EQ(set("layers=1").substr(0, 13), "--set layers:");
  EXPECT_EQ(set("training.rmsprop.decay=x").substr(0, 6), "--set ");
  EXPECT_NE(set("nonsense"), "");
  EXPECT_NE(set("=1"), "");
  EXPECT_NE(set("a..b=1"), "");
  EXPECT_EQ(model_to_text(loaded_.model), before);
}

}  // namespace
}  // namespace minnow
