#include "frontend/load/load_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/frontend/model_text.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;
using testing::EndsWith;

class LoadModel : public testing::Test {
 protected:
  TemporaryFolder folder_;
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
  const auto binary = load_model(folder_.write("m.binpb", text->model.SerializeAsString()));
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
  const std::string path = folder_.write("m.binpb", model.SerializeAsString());
  const auto loaded = load_model(path);
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(loaded->where("layers.0.conv2d.stride"), path + ": layers.conv.conv2d.stride");
}

TEST_F(LoadModel, RefusesFilesThatHoldNoModel) {
  EXPECT_EQ(error_of(load_model(folder_.file("none.textproto"))),
            folder_.file("none.textproto: cannot open the model file: No such file or directory"));
  EXPECT_EQ(error_of(load_model(folder_.path())), folder_.path() + ": is a folder, not a model file");
  const std::string empty = folder_.write("empty.textproto", "");
  EXPECT_EQ(error_of(load_model(empty)), empty + ": is empty, so it holds no model");
  const std::string huge = folder_.write("huge.textproto", "");
  fs::resize_file(huge, kMaxModelBytes + 1);
  EXPECT_EQ(error_of(load_model(huge)), huge + ": is larger than the 64 MiB that a model file may have");
}

TEST_F(LoadModel, RefusesBytesThatAreNoModel) {
  const std::string garbage = folder_.write("m.bin", std::string("\x0a\xff\x01\x02\0\x03", 6));
  EXPECT_NE(error_of(load_model(garbage)).find("neither a text nor a binary"), std::string::npos);
  const std::string unknown = folder_.write("unknown.bin", std::string("\xf8\x07\x01", 3));  // field 127
  EXPECT_EQ(error_of(load_model(unknown)), unknown + ": model: unknown field number 127 in Model");
}

TEST_F(LoadModel, RefusesNumbersThatStandForNoName) {
  Model model;
  model.add_layers()->mutable_dense()->set_activation(static_cast<spec::Activation::Function>(77));
  const std::string path = folder_.write("m.bin", model.SerializeAsString());
  EXPECT_EQ(error_of(load_model(path)), path + ": layers.0.dense.activation: activation is 77, which is no Function");
}

TEST_F(LoadModel, RefusesGroupsNestedTooDeeply) {
  const std::string path = folder_.write("deep.bin", std::string(200, '\x13') + std::string(200, '\x14'));
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

TEST(ParseModelText, RefusesNumbersForNames) {
  const auto refusal = [](const std::string& text) { return error_of(parse_model_text(text, "m")); };
  const std::string function =
      "known: NONE, RELU, LEAKY_RELU, SIGMOID, TANH, GELU, SILU, SOFTPLUS, ELU, RELU6, HARD_SIGMOID, HARD_SWISH, MISH, GELU_TANH";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"layers { dense { activation: 3 } }",
       "m:1:30: \"3\" is not a value of field \"activation\": its values are names | " + function},
      {"layers { activation { function: 0 } }",
       "m:1:33: \"0\" is not a value of field \"function\": its values are names | " + function},
      {"layers { conv2d {\n\tpadding: 1 } }",
       "m:2:11: \"1\" is not a value of field \"padding\": its values are names | known: VALID, SAME; a number of "
       "zeros on each side is pad: 1"},
      {"layers { max_pool: <padding: -7> }",
       "m:1:31: \"-7\" is not a value of field \"padding\": its values are names | known: VALID, SAME; a number of "
       "zeros on each side is pad: -7"},
      {"loss { softmax_cross_entropy { form: 1 } }",
       "m:1:38: \"1\" is not a value of field \"form\": its values are names | known: MAX_SHIFTED, NAIVE"},
      {"training { early_stopping { metric: 0x1 } }",
       "m:1:37: \"0x1\" is not a value of field \"metric\": its values are names | known: VALIDATION_LOSS, "
       "VALIDATION_ACCURACY"},
      {"layers: [{ name: \"a\" }, { dense { units: 1 bias: 1 activation: 1.5 } }]",
       "m:1:64: expected one of the field's names, found \"1.5\" | " + function},
      {"data { builtin: 0 }",
       "m:1:17: \"0\" is not a value of field \"builtin\": its values are names | known: GLYPHS, REVERSE"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(refusal(text), expected) << text;
}

TEST(ParseModelText, SaysHowANameIsSpelledThatStandsInQuotes) {
  const auto refusal = [](const std::string& text) { return error_of(parse_model_text(text, "m")); };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"layers { conv2d { padding: \"same\" } }",
       "m:1:28: expected a name without quotes, found \"same\" | write SAME"},
      {"layers { dense { activation: 'Relu' } }", "m:1:30: expected a name without quotes, found 'Relu' | write RELU"},
      {"layers { dense { activation: \"swish\" } }",
       "m:1:30: expected a name without quotes, found \"swish\" | did you mean \"SILU\"?"},
      {"layers { dense { bias: \"false\" } }",
       "m:1:24: \"false\" is not a value of field \"bias\" | write false without quotes"},
      {"training { shuffle: \"True\" }",
       "m:1:21: \"True\" is not a value of field \"shuffle\" | write true without quotes"},
      {"training { shuffle: 2 }", "m:1:21: \"2\" is not a value of field \"shuffle\" | true or false"},
      {"layers { dense { bias: -1 } }", "m:1:24: \"-\" is not a value of field \"bias\" | true or false"},
      {"layers { dense { bias: \"no\" } }", "m:1:24: \"no\" is not a value of field \"bias\" | true or false"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(refusal(text), expected) << text;
}

TEST(ParseModelText, SaysWhatACommaMayHaveMeant) {
  const auto refusal = [](const std::string& text) { return error_of(parse_model_text(text, "m")); };
  EXPECT_EQ(refusal("inputs { shape: 1, 28, 28 }"),
            "m:1:20: the field ends before \",\" | a list stands in brackets: shape: [1, 28, 28]");
  EXPECT_EQ(refusal("training { learning_rate: 0,1 }"),
            "m:1:28: a number ends before \",\" | decimals are written with a point: learning_rate: 0.1");
  EXPECT_EQ(refusal("training { epochs: 1,000 }"), "m:1:21: a number ends before \",\" | epochs takes one number");
  EXPECT_THAT(refusal("layers { dense { units: 1, 2x: 3 } }"), testing::HasSubstr("letters follow a number"));
  EXPECT_TRUE(parse_model_text("inputs { name: \"a\", shape: [1, 2], }, training { epochs: 1, seed: 2; }", "m"));
}

TEST(ParseModelText, KnowsNoExtensions) {
  const auto refusal = [](const std::string& text) { return error_of(parse_model_text(text, "m")); };
  EXPECT_EQ(refusal("[foo.bar] { }"), "m:1:11: \"foo.bar\" is no field; there are no extensions");
  EXPECT_EQ(refusal("[type.googleapis.com/minnow.Model] { }"),
            "m:1:21: \"type.googleapis.com/minnow.Model\" is no field; there are no extensions");
}

TEST(ParseModelText, FindsTheBraceThatIsMissing) {
  const auto refusal = [](const std::string& text) { return error_of(parse_model_text(text, "m")); };
  EXPECT_EQ(refusal("layers { name: \"a\" dense units: 3 } }"),
            "m:1:20: \"dense\" lacks the \"{\" behind it | this field has fields of its own: dense { FIELD: VALUE }");
  EXPECT_EQ(refusal("loss l1 {} }"),
            "m:1:1: \"loss\" lacks the \"{\" behind it | this field has fields of its own: loss { FIELD: VALUE }");
  EXPECT_EQ(refusal("layers: { flatten: {} } }"), "m:1:25: this \"}\" closes nothing");
}

TEST(ParseModelText, CutsWhatItQuotes) {
  const std::string digits(5'000'000, '9');
  for (const std::string& text :
       {"training { epochs: " + digits + " }", "name: " + digits, "layers { dense { activation: " + digits + " } }",
        "layers { dense { activation: A" + digits + " } }", "layers { dense { activation: \"" + digits + "\" } }",
        "layers { dense { bias: " + digits + " } }", "a" + digits + ": 1", "[" + digits + "] {}",
        "inputs { shape: 1, " + digits + " }", "training { learning_rate: 0," + digits + " }"})
    EXPECT_LT(error_of(parse_model_text(text, "m")).size(), 600) << text.substr(0, 40);
}

TEST(ParseModelText, TakesAByteOrderMark) {
  const auto loaded = parse_model_text("\xEF\xBB\xBFname: \"m\"", "m");
  ASSERT_TRUE(loaded) << error_of(loaded);
  EXPECT_EQ(loaded->model.name(), "m");
  EXPECT_EQ(loaded->where("name"), "m:1:1");
  EXPECT_EQ(error_of(parse_model_text(std::string("\xFF\xFEn\0", 4), "m")), "m: is UTF-16 text | save it as UTF-8");
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

TEST(ParseModelText, TellsHowOneOfSeveralMessagesIsWritten) {
  EXPECT_EQ(error_of(parse_model_text("training { optimizer: \"adam\" }", "m.textproto")),
            "m.textproto:1:12: unknown field \"optimizer\" in Training | write one of sgd {}, momentum {}, adam {}, "
            "adamw {}, rmsprop {}");
}

// Names of other frameworks, however they spell them.
TEST(ParseModelText, KnowsTheLayersOfOtherFrameworks) {
  const auto hint = [](const std::string& kind) {
    const std::string error = error_of(parse_model_text("layers { " + kind + " {} }", "m"));
    return error.substr(error.find('|') + 2);
  };
  EXPECT_EQ(hint("linear"), "did you mean \"dense\"?");
  for (const char* name : {"MaxPool2d", "max_pool2d", "MaxPooling1D"})
    EXPECT_EQ(hint(name), "did you mean \"max_pool\"?") << name;
  EXPECT_EQ(hint("BatchNormalization"), "did you mean \"batch_norm\"?");
  EXPECT_EQ(hint("LayerNorm"), "did you mean \"layer_norm\"?");
  for (const char* name : {"InstanceNorm1d", "instance_norm3d"})
    EXPECT_EQ(hint(name), "did you mean \"instance_norm\"?") << name;
  EXPECT_EQ(hint("transpose"), "did you mean \"permute\"?");
  EXPECT_EQ(hint("split"), "did you mean \"slice\", one for each part?");
  EXPECT_EQ(hint("time_distributed"), "did you mean \"dense\", with per_position: true?");
  EXPECT_EQ(hint("relu"), "did you mean \"activation\", with function: RELU?");
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
  EXPECT_THAT(
      refusal("sinus"),
      EndsWith(
          "known: NONE, RELU, LEAKY_RELU, SIGMOID, TANH, GELU, SILU, SOFTPLUS, ELU, RELU6, HARD_SIGMOID, HARD_SWISH, MISH, GELU_TANH"));
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
