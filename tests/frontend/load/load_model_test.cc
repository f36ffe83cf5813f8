#include "frontend/load/load_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/frontend/model_text.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;

class LoadModel : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / (std::string("minnow_load_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& bytes) {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  fs::path folder_;
};

TEST_F(LoadModel, ReadsTextAndRemembersPlaces) {
  const auto loaded =
      parse_model_text("name: \"a\"\nlayers {\n  name: \"fc\"\n  dense { units: 3 }\n}\n", "m.textproto");
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(loaded->where("layers.0.dense.units"), "m.textproto:4:11");
  EXPECT_EQ(loaded->where("layers.0.dense.bias"), "m.textproto:4:3");
  EXPECT_EQ(loaded->where("training.epochs"), "m.textproto");
}

TEST_F(LoadModel, BinaryAndTextMeanTheSame) {
  const auto text = checked(model_with("layers { name: \"fc\" dense { units: 10 } }"));
  ASSERT_TRUE(text) << error_of(text);
  const auto binary = load_model(write("m.binpb", text->model.SerializeAsString()));
  ASSERT_TRUE(binary) << error_of(binary);
  EXPECT_EQ(model_to_text(binary->model), model_to_text(text->model));
}

TEST_F(LoadModel, PrintedTextReadsBack) {
  const auto first = checked(model_with("layers { name: \"c\" conv2d { filters: 2 kernel: 3 } }"));
  ASSERT_TRUE(first) << error_of(first);
  const auto second = parse_model_text(model_to_text(first->model), "again.textproto");
  ASSERT_TRUE(second) << error_of(second);
  EXPECT_EQ(model_to_text(second->model), model_to_text(first->model));
}

TEST_F(LoadModel, BinaryErrorsNameTheFieldByLayer) {
  Model model;
  model.add_layers()->set_name("conv");
  model.mutable_layers(0)->mutable_conv2d()->add_stride(0);
  const std::string path = write("m.binpb", model.SerializeAsString());
  const auto loaded = load_model(path);
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(loaded->where("layers.0.conv2d.stride"), path + ": layers.conv.conv2d.stride");
}

TEST_F(LoadModel, RefusesFilesThatHoldNoModel) {
  EXPECT_EQ(error_of(load_model(folder_ / "none.textproto")),
            (folder_ / "none.textproto: cannot open the model file: No such file or directory").string());
  EXPECT_EQ(error_of(load_model(folder_)), folder_.string() + ": is a folder, not a model file");
  const std::string empty = write("empty.textproto", "");
  EXPECT_EQ(error_of(load_model(empty)), empty + ": is empty, so it holds no model");
  const std::string huge = write("huge.textproto", "");
  fs::resize_file(huge, kMaxModelBytes + 1);
  EXPECT_EQ(error_of(load_model(huge)), huge + ": is larger than the 64 MiB that a model file may have");
}

TEST_F(LoadModel, RefusesBytesThatAreNoModel) {
  const std::string garbage = write("m.bin", std::string("\x0a\xff\x01\x02\0\x03", 6));
  EXPECT_NE(error_of(load_model(garbage)).find("neither a text nor a binary"), std::string::npos);
  const std::string unknown = write("unknown.bin", std::string("\xf8\x07\x01", 3));  // field 127
  EXPECT_EQ(error_of(load_model(unknown)), unknown + ": model: unknown field number 127 in Model");
}

TEST_F(LoadModel, RefusesGroupsNestedTooDeeply) {
  const std::string path = write("deep.bin", std::string(200, '\x13') + std::string(200, '\x14'));
  EXPECT_NE(error_of(load_model(path)).find("nested too deeply"), std::string::npos);
}

TEST(ParseModelText, SaysWhereTheSyntaxIsWrong) {
  EXPECT_EQ(error_of(parse_model_text("inputs {\n  name \"x\"\n}", "m.textproto")),
            "m.textproto:2:8: expected \":\" and a value, found \"x\" | a value is written NAME: VALUE");
}

// None of the parser's own words comes through: they speak of tokens and oneofs.
TEST(ParseModelText, SaysInItsOwnWordsWhatIsWrong) {
  const auto refusal = [](const std::string& text) { return error_of(parse_model_text(text, "m")); };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"(",
       "m:1:1: expected the name of a field, found \"(\" | a field is written NAME: VALUE or NAME { FIELD: VALUE }"},
      {"layers { dense { units = 3 } }",
       "m:1:24: expected \":\" and a value, found \"=\" | a value is written NAME: VALUE"},
      {"layers { dense { units { 3 } } }",
       "m:1:24: expected a value, found \"{\" | this field has a value: NAME: VALUE"},
      {"layers { dense { units: \"3\" } }",
       "m:1:25: expected a whole number, found \"3\" | numbers stand without quotes"},
      {"layers { dense { units: 1e3 } }", "m:1:25: expected a whole number, found \"1e3\""},
      {"layers { dense { units: } }", "m:1:25: expected a whole number, found \"}\""},
      {"training { learning_rate: fast }", "m:1:27: expected a number, found \"fast\""},
      {"name: lenet", "m:1:7: expected a text in quotes, found \"lenet\" | write \"lenet\""},
      {"name:", "m:1:6: expected a text in quotes, found the end of the text"},
      {"layers { dense { activation: \"RELU\" } }",
       "m:1:30: expected a name without quotes, found \"RELU\" | write RELU"},
      {"layers { dense { bias: yes } }", "m:1:24: \"yes\" is not a value of field \"bias\" | true or false"},
      {"inputs { shape: [1 2] }",
       "m:1:20: expected \",\" or the end of the list, found \"2\" | a list is written NAME: [1, 2]"},
      {"training: 3", "m:1:11: expected \"{\", found \"3\" | this field has fields of its own: NAME { FIELD: VALUE }"},
      {"name: \"a\" name: \"b\"", "m:1:11: field \"name\" is given twice"},
      {"name: \"a\nlayers {}", "m:1:7: the closing quote is missing: a text ends in the line in which it begins"},
      {"name: \"a\\q\"", "m:1:10: unknown escape in a text | known are \\n, \\t, \\\", \\\\ and \\x41"},
      {"training { seed: 08 }", "m:1:19: a number begins with 0 | write it without the leading 0"},
      {"training { seed: 3x }", "m:1:19: letters follow a number without a blank"},
      {"n\xc3\xa4me: 3", "m:1:2: a letter that is not ASCII stands outside of quotes | quotes are straight, \"...\""},
      {"training { epochs: 99999999999999999999 }", "m:1:20: \"99999999999999999999\" is too large a number here"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(refusal(text), expected) << text;
}

TEST(ParseModelText, SaysWhichBracketIsNotClosed) {
  const auto refusal = [](const std::string& text) { return error_of(parse_model_text(text, "m")); };
  EXPECT_EQ(refusal("layers {\n  name: \"a\"\n  dense { units: 3\n}\nloss { l1 {} }\n"),
            "m:1:8: this \"{\" is never closed: there is no \"}\" for it");
  EXPECT_EQ(refusal("name: \"{\"  # {\ninputs { shape: [1, 2 }"),
            "m:2:23: this \"}\" stands where a \"]\" should close the \"[\" of m:2:17");
  EXPECT_EQ(refusal("layers { flatten {} } }"), "m:1:23: this \"}\" closes nothing");
  EXPECT_EQ(refusal("layers <flatten {}> layers <"), "m:1:28: this \"<\" is never closed: there is no \">\" for it");
}

TEST(ParseModelText, SuggestsTheNearestField) {
  EXPECT_EQ(error_of(parse_model_text("layers {\n  dense { unit: 3 }\n}", "m.textproto")),
            "m.textproto:2:11: unknown field \"unit\" in Dense | did you mean \"units\"?");
}

TEST(ParseModelText, SuggestsTheNearestEnumValue) {
  const auto refusal = [](const std::string& word) {
    return error_of(parse_model_text("layers { dense { units: 3 activation: " + word + " } }", "m.textproto"));
  };
  EXPECT_EQ(refusal("RELUU"),
            "m.textproto:1:39: \"RELUU\" is not a value of field \"activation\" | did you mean \"RELU\"?");
  for (const char* word : {"relu", "Relu", "RELUU", "ReLU"})
    EXPECT_THAT(refusal(word), EndsWith("did you mean \"RELU\"?"));
  EXPECT_THAT(refusal("swish"), EndsWith("did you mean \"SILU\"?"));
  EXPECT_THAT(refusal("sinus"), EndsWith("known: NONE, RELU, LEAKY_RELU, SIGMOID, TANH, GELU, SILU, SOFTPLUS, ELU"));
}

TEST(ParseModelText, KnowsWhatOtherFrameworksCallAField) {
  const auto refusal = [](const std::string& text) { return error_of(parse_model_text(text, "m.textproto")); };
  const std::vector<std::pair<std::string, std::string>> meant = {
      {"training { lr: 1 }", "learning_rate"},
      {"loss { cross_entropy {} }", "softmax_cross_entropy"},
      {"layers { linear {} }", "dense"},
      {"layers { conv2d { kernel_size: 5 } }", "kernel"},
      {"layers { dropout { p: 0.5 } }", "rate"},
      {"layers { conv2d { out_channels: 6 } }", "filters"},
      {"layers { dense { Units: 1 } }", "units"},
      {"training { schedule { step { gamma: 1 } } }", "factor"},
      {"layers { Conv2D { filters: 6 } }", "conv2d"},
      {"training { schedule { exponential { gamma: 1 } } }", "decay"}};
  for (const auto& [text, name] : meant) EXPECT_THAT(refusal(text), EndsWith("did you mean \"" + name + "\"?")) << text;
}

TEST(ParseModelText, SaysHowAFieldWithFieldsIsWritten) {
  EXPECT_THAT(error_of(parse_model_text("training { momentum: 0.9 }", "m.textproto")),
              EndsWith("| this field has fields of its own: NAME { FIELD: VALUE }"));
}

TEST(ParseModelText, LimitsNesting) {
  std::string text;
  for (int i = 0; i < 101; ++i) text += "layers {\n";
  EXPECT_EQ(error_of(parse_model_text(text, "m.textproto")),
            "m.textproto:101:8: messages are nested more than 100 deep");
  EXPECT_TRUE(parse_model_text("name: \"" + std::string(200, '{') + "\"  # {{{", "m.textproto"));
}

TEST(ParseModelText, RefusesASecondKind) {
  const auto loaded = parse_model_text("layers { name: \"a\" flatten {} add {} }", "m.textproto");
  EXPECT_NE(error_of(loaded).find("m.textproto:1:"), std::string::npos);
}

}  // namespace
}  // namespace minnow
