// Model files that are at fault: the program names the place and what is wrong, exits with 1, and writes
// nothing.
#include <gtest/gtest.h>

#include "frontend/load/load_model.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

struct ModelCase {
  std::string name;
  std::string layers;    // lines 2 and on of the file
  std::string expected;  // how the message begins
};

void PrintTo(const ModelCase& given, std::ostream* out) { *out << given.name; }

class BadModel : public testing::TestWithParam<ModelCase> {
 protected:
  static std::string text() {
    return "inputs { name: \"image\" shape: [1, 28, 28] }\n" + GetParam().layers +
           "\nloss { softmax_cross_entropy {} }\ndata { builtin: GLYPHS }\n";
  }
};

TEST_P(BadModel, IsRefusedWithItsPlace) {
  const Workbench bench;
  bench.write("m.textproto", text());
  expect_refused(bench, "train m.textproto --out run", GetParam().expected);
}

const std::string kFc = "layers { name: \"fc\" dense { units: 10 } }";

std::string conv(const std::string& fields) {
  return "layers { name: \"c\" conv2d { filters: 4 kernel: 3 " + fields + " } }\n" + kFc;
}
std::string training(const std::string& fields) { return kFc + "\ntraining { " + fields + " }"; }

const ModelCase kCases[] = {
    {"syntax", "layers { name: \"fc\" dense { units: } }",
     "m.textproto:2:36: error: expected a whole number, found \"}\""},
    {"unclosed", "layers { name: \"fc\"", "m.textproto:2:8: error: this \"{\" is never closed"},
    {"not_text", "\x01\x02\x03", "m.textproto:2:1: error: a control character stands here"},
    {"unknown_field", "layers { name: \"fc\" dense { unit: 10 } }",
     "m.textproto:2:29: error: unknown field \"unit\" in Dense"},
    {"unknown_kind", "layers { name: \"fc\" densse { units: 10 } }",
     "m.textproto:2:21: error: unknown field \"densse\" in Layer"},
    {"unknown_enum", "layers { name: \"fc\" dense { units: 10 activation: RELLU } }",
     "m.textproto:2:51: error: \"RELLU\" is not a value of field \"activation\""},
    {"field_twice", "layers { name: \"fc\" name: \"fd\" dense { units: 10 } }",
     "m.textproto:2:21: error: field \"name\" is given twice"},
    {"two_kinds", "layers { name: \"fc\" dense { units: 10 } flatten {} }",
     "m.textproto:2:41: error: field \"flatten\" is given beside field \"dense\", but only one of them can be"},
    {"no_kind", "layers { name: \"fc\" }", "m.textproto:2:1: error: layer \"fc\": says nothing of what it computes"},
    {"no_name", "layers { dense { units: 10 } }", "m.textproto:2:1: error: a layer has no name"},
    {"name_with_blank", "layers { name: \"f c\" dense { units: 10 } }",
     "m.textproto:2:10: error: the name \"f c\" has characters that are not allowed"},
    {"name_of_input", "layers { name: \"image\" dense { units: 10 } }",
     "m.textproto:2:10: error: the name \"image\" is taken"},
    {"name_twice", kFc + "\n" + kFc, "m.textproto:3:10: error: the name \"fc\" is taken"},
    {"unknown_input", "layers { name: \"fc\" inputs: \"imagee\" dense { units: 10 } }",
     "m.textproto:2:21: error: layer \"fc\": there is no layer or input \"imagee\""},
    {"self_cycle", "layers { name: \"fc\" inputs: \"fc\" dense { units: 10 } }",
     "m.textproto:2:1: error: layer \"fc\": the layers feed each other in a cycle: fc ← fc"},
    {"cycle", "layers { name: \"a\" inputs: \"b\" flatten {} }\nlayers { name: \"b\" inputs: \"a\" flatten {} }",
     "m.textproto:2:1: error: layer \"a\": the layers feed each other in a cycle: a ← b ← a"},
    {"unused_layer", kFc + "\nlayers { name: \"other\" inputs: \"image\" dense { units: 10 } }\noutput: \"fc\"",
     "m.textproto:3:1: error: layer \"other\": its result is not used: nothing leads from it to the output "
     "\"fc\""},
    {"unknown_output", kFc + "\noutput: \"fd\"", "m.textproto:3:1: error: the output \"fd\" is not a layer"},
    {"units_zero", "layers { name: \"fc\" dense { units: 0 } }",
     "m.textproto:2:29: error: layer \"fc\": units is 0, but must lie in [1, 1048576]"},
    {"units_missing", "layers { name: \"fc\" dense {} }",
     "m.textproto:2:21: error: layer \"fc\": units is missing: the number of outputs, at least 1"},
    {"units_negative", "layers { name: \"fc\" dense { units: -1 } }",
     "m.textproto:2:29: error: layer \"fc\": units is -1, but must lie in [1, 1048576]"},
    {"units_beyond_64_bits", "layers { name: \"fc\" dense { units: 99999999999999999999 } }",
     "m.textproto:2:36: error: \"99999999999999999999\" is too large a number here"},
    {"units_fraction", "layers { name: \"fc\" dense { units: 1.5 } }",
     "m.textproto:2:36: error: expected a whole number, found \"1.5\""},
    {"stride_zero", conv("stride: 0"), "m.textproto:2:50: error: layer \"c\": stride is 0, but must lie in [1, 1024]"},
    {"stride_negative", conv("stride: [1, -1]"),
     "m.textproto:2:50: error: layer \"c\": stride is -1, but must lie in [1, 1024]"},
    {"stride_huge", conv("stride: 9223372036854775807"),
     "m.textproto:2:50: error: layer \"c\": stride is 9223372036854775807, but must lie in [1, 1024]"},
    {"three_strides", conv("stride: [1, 1, 1]"),
     "m.textproto:2:50: error: layer \"c\": stride has 3 values, but takes one or two"},
    {"dilation_zero", conv("dilation: 0"),
     "m.textproto:2:50: error: layer \"c\": dilation is 0, but must lie in [1, 1024]"},
    {"dilation_negative", conv("dilation: -3"),
     "m.textproto:2:50: error: layer \"c\": dilation is -3, but must lie in [1, 1024]"},
    {"dilation_huge", conv("dilation: 1000000"),
     "m.textproto:2:50: error: layer \"c\": dilation is 1000000, but must lie in [1, 1024]"},
    {"dilation_too_wide", conv("dilation: 14"),
     "m.textproto:2:40: error: layer \"c\": kernel 3x3 with dilation 14x14 (spanning 29x29) does not fit its "
     "28x28 input (from input \"image\")"},
    {"groups_zero", conv("groups: 0"), "m.textproto:2:50: error: layer \"c\": groups is 0, but must lie in [1, 65536]"},
    {"groups_negative", conv("groups: -1"),
     "m.textproto:2:50: error: layer \"c\": groups is -1, but must lie in [1, 65536]"},
    {"groups_huge", conv("groups: 100000"),
     "m.textproto:2:50: error: layer \"c\": groups is 100000, but must lie in [1, 65536]"},
    {"groups_that_do_not_divide", conv("groups: 2"),
     "m.textproto:2:50: error: layer \"c\": 1 input channels (from input \"image\") cannot be split into 2 "
     "groups"},
    {"pad_negative", conv("pad: -1"), "m.textproto:2:50: error: layer \"c\": pad is -1, but must lie in [0, 1024]"},
    {"pad_and_same", conv("pad: 1 padding: SAME"),
     "m.textproto:2:50: error: layer \"c\": pad and padding: SAME exclude each other"},
    {"kernel_zero", "layers { name: \"c\" conv2d { filters: 4 kernel: 0 } }\n" + kFc,
     "m.textproto:2:40: error: layer \"c\": kernel is 0, but must lie in [1, 1024]"},
    {"kernel_negative", "layers { name: \"c\" conv2d { filters: 4 kernel: [3, -3] } }\n" + kFc,
     "m.textproto:2:40: error: layer \"c\": kernel is -3, but must lie in [1, 1024]"},
    {"kernel_missing", "layers { name: \"c\" conv2d { filters: 4 } }\n" + kFc,
     "m.textproto:2:20: error: layer \"c\": kernel is missing: the size of the window"},
    {"kernel_too_large", "layers { name: \"c\" conv2d { filters: 4 kernel: 31 pad: 1 } }\n" + kFc,
     "m.textproto:2:40: error: layer \"c\": kernel 31x31 does not fit its 28x28 input, padded to 30x30 (from "
     "input \"image\")"},
    {"pool_too_large", "layers { name: \"p\" max_pool { kernel: 29 } }\n" + kFc,
     "m.textproto:2:31: error: layer \"p\": kernel 29x29 does not fit its 28x28 input (from input "
     "\"image\")"},
    {"pool_pad_too_large", "layers { name: \"p\" avg_pool { kernel: 2 pad: 2 } }\n" + kFc,
     "m.textproto:2:41: error: layer \"p\": pad 2 must be less than the kernel, 2"},
    {"dimension_zero", "inputs { name: \"x\" shape: [0] }\n" + kFc,
     "m.textproto:2:20: error: shape is 0, but must lie in [1, 1048576]"},
    {"dimension_negative", "inputs { name: \"x\" shape: [3, -1] }\n" + kFc,
     "m.textproto:2:20: error: shape is -1, but must lie in [1, 1048576]"},
    {"dimension_huge", "inputs { name: \"x\" shape: [1000000000000] }\n" + kFc,
     "m.textproto:2:20: error: shape is 1000000000000, but must lie in [1, 1048576]"},
    {"too_many_dimensions", "inputs { name: \"x\" shape: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1] }\n" + kFc,
     "m.textproto:2:20: error: input \"x\" has 10 dimensions, but at most 7 are allowed"},
    {"too_many_elements",
     "layers { name: \"big\" dense { units: 1048576 } }\nlayers { name: \"bigger\" dense { units: 1048576 } "
     "}\n" +
         kFc,
     "m.textproto:3:25: error: layer \"bigger\": its weight [1048576,1048576] has more than 2147483648 "
     "elements"},
    {"reshape", "layers { name: \"r\" reshape { shape: [5, -1] } }\n" + kFc,
     "m.textproto:2:30: error: layer \"r\": its input [1,28,28] (from input \"image\") has 784 elements and "
     "cannot take the shape [5,-1]"},
    {"rank_mismatch", kFc + "\nlayers { name: \"c\" conv2d { filters: 1 kernel: 1 } }",
     "m.textproto:3:20: error: layer \"c\": needs an image [channels,height,width], but its input is [10] "
     "(from layer \"fc\")"},
    {"shapes_of_add",
     "layers { name: \"a\" dense { units: 5 } }\nlayers { name: \"b\" inputs: \"image\" dense { units: 7 } "
     "}\nlayers { name: \"sum\" inputs: [\"a\", \"b\"] add {} }",
     "m.textproto:4:41: error: layer \"sum\": its inputs have different shapes: [5] (from layer \"a\") and "
     "[7] (from layer \"b\")"},
    {"ranks_of_concat",
     "layers { name: \"a\" dense { units: 5 } }\nlayers { name: \"cat\" inputs: [\"a\", \"image\"] concat {} "
     "}",
     "m.textproto:3:45: error: layer \"cat\": its inputs differ outside axis 0: [5] (from layer \"a\") and "
     "[1,28,28] (from input \"image\")"},
    {"one_input_of_add", "layers { name: \"sum\" add {} }",
     "m.textproto:2:1: error: layer \"sum\": takes two or more inputs but has 1"},
    {"dropout_one", "layers { name: \"d\" dropout { rate: 1 } }\n" + kFc,
     "m.textproto:2:30: error: layer \"d\": rate is 1, but must lie in [0, 1)"},
    {"dropout_negative", "layers { name: \"d\" dropout { rate: -0.5 } }\n" + kFc,
     "m.textproto:2:30: error: layer \"d\": rate is -0.5, but must lie in [0, 1)"},
    {"dropout_nan", "layers { name: \"d\" dropout { rate: nan } }\n" + kFc,
     "m.textproto:2:30: error: layer \"d\": rate is nan, but must be finite"},
    {"output_is_an_image", "layers { name: \"c\" conv2d { filters: 4 kernel: 3 } }",
     "m.textproto:3:1: error: softmax_cross_entropy takes logits [classes], but the output \"c\" is "
     "[4,26,26]"},
    {"too_few_classes", "layers { name: \"fc\" dense { units: 5 } }",
     "glyphs: error: label 5 of example 5 is outside the 5 classes (0 to 4)"},
    {"batch_zero", training("batch_size: 0"), "m.textproto:3:12: error: batch_size is 0, but must lie in [1, 65536]"},
    {"batch_negative", training("batch_size: -1"),
     "m.textproto:3:12: error: batch_size is -1, but must lie in [1, 65536]"},
    {"batch_huge", training("batch_size: 1000000000"),
     "m.textproto:3:12: error: batch_size is 1000000000, but must lie in [1, 65536]"},
    {"epochs_zero", training("epochs: 0"), "m.textproto:3:12: error: epochs is 0, but must lie in [1, 1000000]"},
    {"rate_zero", training("learning_rate: 0"),
     "m.textproto:3:12: error: learning_rate is 0, but must lie in (0, 1000]"},
    {"rate_negative", training("learning_rate: -0.1"),
     "m.textproto:3:12: error: learning_rate is -0.1, but must lie in (0, 1000]"},
    {"rate_nan", training("learning_rate: nan"), "m.textproto:3:12: error: learning_rate is nan, but must be finite"},
    {"rate_infinite", training("learning_rate: inf"),
     "m.textproto:3:12: error: learning_rate is inf, but must be finite"},
    {"decay_negative", training("weight_decay: -0.1"),
     "m.textproto:3:12: error: weight_decay is -0.1, but must lie in [0, 1]"},
    {"decay_nan", training("weight_decay: nan"), "m.textproto:3:12: error: weight_decay is nan, but must be finite"},
    {"decay_large", training("weight_decay: 2"), "m.textproto:3:12: error: weight_decay is 2, but must lie in [0, 1]"},
    {"momentum_one", training("momentum { momentum: 1 }"),
     "m.textproto:3:23: error: momentum is 1, but must lie in [0, 1)"},
    {"beta_one", training("adam { beta1: 1 }"), "m.textproto:3:19: error: beta1 is 1, but must lie in [0, 1)"},
    {"epsilon_zero", training("adam { epsilon: 0 }"), "m.textproto:3:19: error: epsilon is 0, but must lie in (0, 1]"},
    {"clip_negative", training("clip { global_norm: -1 }"),
     "m.textproto:3:19: error: global_norm is -1, but must lie in (0, 1000000]"},
    {"two_optimizers", training("sgd {} adam {}"),
     "m.textproto:3:19: error: field \"adam\" is given beside field \"sgd\", but only one of them can be"},
    {"schedule_factor", training("schedule { step { factor: 0 } }"),
     "m.textproto:3:30: error: factor is 0, but must lie in (0, 1]"},
    {"warmup_infinite", training("schedule { warmup_epochs: inf }"),
     "m.textproto:3:23: error: warmup_epochs is inf, but must be finite"},
    {"seed_negative", training("seed: -1"), "m.textproto:3:12: error: seed is -1, but must lie in [0, 4294967295]"},
    {"uniform_upside_down", "layers { name: \"fc\" dense { units: 10 weight_init { uniform { low: 1 high: -1 } } } }",
     "m.textproto:2:53: error: layer \"fc\": low 1 is above high -1"},
    {"sigma_negative", "layers { name: \"fc\" dense { units: 10 weight_init { normal { sigma: -1 } } } }",
     "m.textproto:2:62: error: layer \"fc\": sigma is -1, but must lie in [0, 1000000]"},
};

TEST(BadModelFile, EveryBadFileOfTheFrontendsTestsIsRefused) {
  const Workbench bench;
  for (const auto& entry : std::filesystem::directory_iterator(MINNOW_SOURCE_DIR "/tests/frontend/data"))
    expect_refused(bench, "train " + entry.path().string() + " --out run", entry.path().string() + ":");
}

TEST(BadModelFile, IsNoFileOrTooLarge) {
  const Workbench bench;
  bench.write("folder/x", "");
  expect_refused(bench, "train folder --out run", "folder: error: is a folder, not a model file");
  expect_refused(bench, "train none --out run", "none: error: cannot open the model file: No such file or directory");
  for (const char* name : {"lenet", "lenet.textproto"})
    expect_refused(bench, std::string("train ") + name,
                   std::string(name) + ": error: there is no such file\n  hint: minnow new lenet > ");
  expect_refused(bench, "train /dev/zero --out run", "/dev/zero: error: is larger than the 64 MiB");
  bench.write("large.textproto", std::string((size_t{64} << 20) + 1, '#'));
  expect_refused(bench, "train large.textproto --out run", "large.textproto: error: is larger than the 64 MiB");
}

// In a binary file the path of a field says where it is.
TEST(BadModelFile, IsBinary) {
  const Workbench bench;
  Model model = parse_model_text(kFc + "inputs { name: \"x\" shape: 3 } loss { softmax_cross_entropy {} }", "")->model;
  bench.write("good", model.SerializeAsString());
  EXPECT_EQ(bench.run("check good").exit_code, 0);
  model.mutable_layers(0)->mutable_dense()->set_units(-1);
  bench.write("bad", model.SerializeAsString());
  expect_refused(bench, "train bad --out run",
                 "bad: layers.fc.dense.units: error: layer \"fc\": units is -1, but must");
  bench.write("cut", model.SerializeAsString().substr(0, 20));
  expect_refused(bench, "train cut --out run", "cut: error: is neither a text nor a binary minnow.Model");
  model.GetReflection()->MutableUnknownFields(&model)->AddVarint(99, 1);
  bench.write("unknown", model.SerializeAsString());
  expect_refused(bench, "train unknown --out run", "unknown: model: error: unknown field number 99 in Model");
}

INSTANTIATE_TEST_SUITE_P(All, BadModel, testing::ValuesIn(kCases), [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace minnow
