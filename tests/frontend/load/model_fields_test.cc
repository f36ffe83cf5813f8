#include "frontend/load/model_fields.h"

#include <gtest/gtest.h>

#include "frontend/load/load_model.h"

namespace minnow {
namespace {

Model model_of(std::string_view text) { return parse_model_text(text, "m.textproto")->model; }

TEST(ModelFields, AreNamedAsTheyAreSet) {
  const Model model = model_of(R"(inputs { name: "x" shape: [1, 28, 28] }
    layers { name: "fc" dense { units: 10 activation: RELU } }
    training { momentum {} learning_rate: 0.5 })");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"inputs.x.name", "\"x\""},       {"inputs.x.shape", "1,28,28"},          {"layers.fc.name", "\"fc\""},
      {"layers.fc.dense.units", "10"},  {"layers.fc.dense.activation", "RELU"}, {"training.momentum", "{}"},
      {"training.learning_rate", "0.5"}};
  EXPECT_EQ(model_fields(model), expected);
}

TEST(ModelFields, DifferWhereOneModelHasAnotherValueOrNone) {
  const Model first = model_of("training { learning_rate: 0.5 epochs: 3 }");
  const Model second = model_of("training { learning_rate: 0.1 epochs: 3 seed: 7 }");
  const auto fields = differing_fields({&first, &second});
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].path, "training.learning_rate");
  EXPECT_EQ(fields[0].values, (std::vector<std::string>{"0.5", "0.1"}));
  EXPECT_EQ(fields[1].path, "training.seed");
  EXPECT_EQ(fields[1].values, (std::vector<std::string>{"–", "7"}));
  EXPECT_TRUE(differing_fields({&first, &first}).empty());
}

}  // namespace
}  // namespace minnow
