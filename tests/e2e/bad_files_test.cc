// Data, weights and IR that are at fault: the program names the file and what is wrong with it, exits with 1,
// and writes nothing.
#include <gtest/gtest.h>

#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

using namespace std::string_literals;

struct File {
  std::string name;
  std::string bytes;
};

struct FileCase {
  std::string name;
  std::vector<File> files;
  std::string arguments;
  std::string expected;  // how the message begins
};

void PrintTo(const FileCase& given, std::ostream* out) { *out << given.name; }

class BadFile : public testing::TestWithParam<FileCase> {};

TEST_P(BadFile, IsRefusedByName) {
  const Workbench bench;
  for (const File& file : GetParam().files) bench.write(file.name, file.bytes);
  expect_refused(bench, GetParam().arguments, GetParam().expected);
}

std::string test_case_name(const testing::TestParamInfo<FileCase>& info) { return info.param.name; }

// A network of two features and three classes, with these data.
File model(const std::string& data, const std::string& shape = "[2]") {
  return {"m.textproto", "inputs { name: \"x\" shape: " + shape + " }\nlayers { name: \"fc\" dense { units: 3 } }\n" +
                             "loss { softmax_cross_entropy {} }\ndata { " + data + " }\n"};
}

const std::string kImages = idx({2, 2, 2}, "12345678");
const std::string kLabels = idx({2}, "\0\1"s);

// The images i and labels l of the training data; those of the validation data are sound.
std::vector<File> idx_files(const std::string& images, const std::string& labels) {
  return {
      model("idx { train_images: 'i' train_labels: 'l' validation_images: 'vi' validation_labels: 'vl' }", "[1, 2, 2]"),
      {"i", images},
      {"l", labels},
      {"vi", kImages},
      {"vl", kLabels}};
}

const std::string kTrain = "train m.textproto --data-dir . --out run --epochs 1";

INSTANTIATE_TEST_SUITE_P(
    Idx, BadFile,
    testing::Values(FileCase{"empty", idx_files("", kLabels), kTrain,
                             "./i: error: is empty or ends within its IDX header"},
                    FileCase{"bad_magic", idx_files("GIF89a  ", kLabels), kTrain,
                             "./i: error: is not an IDX file: it begins with 0x47494638, not 0x000008.."},
                    FileCase{"bad_type", idx_files("\0\0\x0d\1\0\0\0\1abcd"s, kLabels), kTrain,
                             "./i: error: holds IDX elements of type 0x0d; only unsigned bytes (0x08) are read"},
                    FileCase{"short_header", idx_files("\0\0\x08\3\0\0"s, kLabels), kTrain,
                             "./i: error: is truncated: it ends within its IDX header"},
                    FileCase{"truncated", idx_files(kImages.substr(0, 22), kLabels), kTrain,
                             "./i: error: is truncated: 6 of the 8 bytes its header [2,2,2] claims"},
                    FileCase{"trailing_bytes", idx_files(kImages + "x", kLabels), kTrain,
                             "./i: error: has trailing bytes after its u8[2,2,2]"},
                    FileCase{"claims_more", idx_files(idx({2, 2000, 2000}, "1234"), kLabels), kTrain,
                             "./i: error: claims [2,2000,2000] = 8000000 bytes, more than the file can hold"},
                    FileCase{"claims_beyond_all", idx_files(idx({~0U, ~0U, ~0U}, "1234"), kLabels), kTrain,
                             "./i: error: claims [4294967295,4294967295,4294967295] bytes; the limit is 2^31"},
                    FileCase{"no_image", idx_files(idx({0, 2, 2}, ""), idx({0}, "")), kTrain,
                             "./i: error: holds no image: u8[0,2,2]"},
                    FileCase{"counts_disagree", idx_files(kImages, idx({3}, "\0\1\2"s)), kTrain,
                             "./i: error: holds 2 images, but ./l holds 3 labels"},
                    FileCase{"label_outside", idx_files(kImages, idx({2}, "\0\3"s)), kTrain,
                             "./l: error: label 3 of example 1 is outside the 3 classes (0 to 2)"},
                    FileCase{"labels_are_images", idx_files(kImages, kImages), kTrain,
                             "./l: error: holds u8[2,2,2], not labels [N]"},
                    FileCase{"other_size", idx_files(idx({2, 3, 2}, "123456789012"), kLabels), kTrain,
                             "i: error: the examples are u8[2,1,3,2], but the network is built for u8[2,1,2,2]"},
                    FileCase{"broken_gzip", idx_files("\x1f\x8b\x08\0\0\0\0\0\0\3garbage"s, kLabels), kTrain,
                             "./i: error: cannot decompress: invalid block type"}),
    test_case_name);

std::vector<File> csv_files(const std::string& train) {
  return {model("csv { train: 't.csv' validation: 'v.csv' }"), {"t.csv", train}, {"v.csv", "1,2,0\n"}};
}

INSTANTIATE_TEST_SUITE_P(
    Csv, BadFile,
    testing::Values(
        FileCase{"empty", csv_files(""), kTrain, "./t.csv: error: is empty"},
        FileCase{"only_header", csv_files("a,b,c\n"), kTrain, "./t.csv: error: has a header but no row"},
        FileCase{"word", csv_files("1,2,0\n1,two,1\n"), kTrain, "./t.csv:2:3: error: \"two\" is not a finite number"},
        FileCase{"nan", csv_files("1,2,0\n1,nan,1\n"), kTrain, "./t.csv:2:3: error: the value is missing: \"nan\""},
        FileCase{"short_line", csv_files("1,2,0\n1,2\n"), kTrain, "./t.csv:2:1: error: 2 cells, but line 1 has 3"},
        FileCase{"open_quote", csv_files("1,2,0\n1,\"2,1\n"), kTrain, "./t.csv:2:3: error: quote is not closed"},
        FileCase{"label_outside", csv_files("1,2,0\n1,2,3\n"), kTrain, "./t.csv:2:5: error: label 3 is outside 0 to 2"},
        FileCase{"negative_label", csv_files("1,2,-1\n"), kTrain, "./t.csv:1:5: error: label -1 is outside 0 to 2"},
        FileCase{"too_many_columns", csv_files("1,2,3,0\n"), kTrain,
                 "t.csv: error: the examples are f32[1,3], but the network is built for f32[1,2]"},
        FileCase{"one_column", csv_files("1\n"), kTrain, "./t.csv: error: has no column left for features"},
        FileCase{"binary", csv_files("\0\1\2\xff\n"s), kTrain, "./t.csv: error: is no text: byte 0 is 0"},
        FileCase{"missing",
                 {model("csv { train: 't.csv' validation: 'v.csv' }")},
                 kTrain,
                 "t.csv: error: there is no such file in ., ./data"}),
    test_case_name);

const std::string kInputs = npy("|u1", "2, 2", "1234");
const std::string kTargets = npy("|u1", "2,", "\0\1"s);

std::vector<File> npy_files(const std::string& inputs, const std::string& targets) {
  return {model("npy { train_inputs: 'x' train_targets: 'y' validation_inputs: 'vx' validation_targets: 'vy' }"),
          {"x", inputs},
          {"y", targets},
          {"vx", kInputs},
          {"vy", kTargets}};
}

INSTANTIATE_TEST_SUITE_P(
    Npy, BadFile,
    testing::Values(
        FileCase{"empty", npy_files("", kTargets), kTrain, "./x: error: is empty, so it holds no array"},
        FileCase{"bad_magic", npy_files("NUMPY", kTargets), kTrain, "./x: error: is not a .npy file"},
        FileCase{"truncated", npy_files(kInputs.substr(0, kInputs.size() - 1), kTargets), kTrain,
                 "./x: error: is truncated: 3 of the 4 bytes its header [2,2] claims"},
        FileCase{"trailing_bytes", npy_files(kInputs + "x", kTargets), kTrain, "./x: error: has 1 trailing bytes"},
        FileCase{"bad_type", npy_files(npy("<c8", "2, 2", "1234"), kTargets), kTrain,
                 "./x: error: holds elements \"<c8\"; read are"},
        FileCase{"claims_more", npy_files(npy("<f4", "2, 1000000000000", "1234"), kTargets), kTrain,
                 "./x: error: claims [2,1000000000000] elements; the limit is 2^31"},
        FileCase{"negative_shape", npy_files(npy("<f4", "2, -1", "1234"), kTargets), kTrain,
                 "./x: error: its .npy header has the bad shape (-1)"},
        FileCase{"counts_disagree", npy_files(kInputs, npy("|u1", "1,", "\0"s)), kTrain,
                 "./x: error: holds 2 examples, but ./y holds u8[1]"},
        FileCase{"label_outside", npy_files(kInputs, npy("|u1", "2,", "\0\3"s)), kTrain,
                 "./y: error: label 3 of example 1 is outside the 3 classes (0 to 2)"},
        FileCase{"fractional_label", npy_files(kInputs, npy("<f4", "2,", "\0\0\0\0\0\0\0\0"s)), kTrain,
                 "./y: error: holds f32[2]; classes are whole numbers [N]"},
        FileCase{"label_beyond_32_bits", npy_files(kInputs, npy("<u8", "2,", "\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"s)),
                 kTrain, "./y: error: element [1] is 4294967296, which i32 does not hold"},
        FileCase{"number_beyond_f32", npy_files(npy("<f8", "2, 1, 2", std::string(31, '\0') + "\x7f"), kTargets),
                 kTrain, "./x: error: element [1,0,1] is 5.486124068793689e+303, which f32 does not hold"},
        FileCase{"archive_cut_short", npy_files("PK\3\4"s + std::string(40, '\0'), kTargets), kTrain,
                 "./x: error: is a truncated archive: the directory at its end is missing"},
        FileCase{"empty_archive", npy_files("PK\5\6"s + std::string(18, '\0'), kTargets), kTrain,
                 "./x: error: is an archive without an array"},
        FileCase{"other_shape", npy_files(npy("|u1", "2, 3", "123456"), kTargets), kTrain,
                 "x: error: the examples are u8[2,3], but the network is built for f32[2,2]"}),
    test_case_name);

// Nine bytes that begin like a picture.
const std::string kBrokenPng = "\x89PNG\r\n\x1a\n\0"s;
const File kPngModel = model("png_folder { train: 't' validation: 'v' }", "[1, 2, 2]");

INSTANTIATE_TEST_SUITE_P(
    Png, BadFile,
    testing::Values(
        FileCase{"field_missing",
                 {model("png_folder { validation: 't' }", "[1, 2, 2]")},
                 kTrain,
                 "m.textproto:4:8: error: train is missing"},
        FileCase{"missing", {kPngModel}, kTrain, "t: error: there is no such file in ., ./data"},
        FileCase{"no_folder", {kPngModel, {"t", "x"}}, kTrain, "./t: error: cannot list the folder: Not a directory"},
        FileCase{"no_class", {kPngModel, {"t/x", "x"}}, kTrain, "./t: error: has no subfolder"},
        FileCase{"no_picture", {kPngModel, {"t/a/x", "x"}}, kTrain, "./t/a: error: holds no .png file"},
        FileCase{"no_png", {kPngModel, {"t/a/x.png", "x"}}, kTrain, "./t/a/x.png: error: is not a readable PNG"},
        FileCase{
            "broken", {kPngModel, {"t/a/x.png", kBrokenPng}}, kTrain, "./t/a/x.png: error: is not a readable PNG"}),
    test_case_name);

const std::string kIr = "func @f(%x: f32[2]) -> (y: f32[2]) {\n  %0 = exp(%x) : f32[2]\n  return %0\n}\n";

INSTANTIATE_TEST_SUITE_P(
    Ir, BadFile,
    testing::Values(
        FileCase{"empty", {{"f.ir", ""}}, "run f.ir", "f.ir: error: is empty, so it holds no IR"},
        FileCase{"missing", {}, "run f.ir", "f.ir: error: cannot open the IR file: No such file or directory"},
        FileCase{"folder", {{"f.ir/x", ""}}, "run f.ir", "f.ir: error: is a folder, not an IR file"},
        FileCase{"no_ir",
                 {{"f.ir",
                   "\x7f"
                   "ELF"}},
                 "opt f.ir",
                 "f.ir:1:1: error: expected 'func', found '\\x7f'"},
        FileCase{"cut_short",
                 {{"f.ir", kIr.substr(0, 50)}},
                 "opt f.ir",
                 "f.ir:2:14: error: expected ')', found the end of the file"},
        FileCase{"unknown_op",
                 {{"f.ir", "func @f(%x: f32[2]) -> (y: f32[2]) {\n  %0 = expp(%x) : f32[2]\n  return %0\n}\n"}},
                 "opt f.ir",
                 "f.ir:2:8: error: unknown op 'expp'"},
        FileCase{"unknown_value",
                 {{"f.ir", "func @f(%x: f32[2]) -> (y: f32[2]) {\n  %0 = exp(%y) : f32[2]\n  return %0\n}\n"}},
                 "opt f.ir",
                 "f.ir:2:12: error: unknown value %y"},
        FileCase{"wrong_type",
                 {{"f.ir", "func @f(%x: f32[2]) -> (y: f32[2]) {\n  %0 = exp(%x) : f32[3]\n  return %0\n}\n"}},
                 "opt f.ir",
                 "f.ir:2:18: error: the type is written as f32[3], but exp gives f32[2]"},
        FileCase{"huge_shape",
                 {{"f.ir", "func @f(%x: f32[65536,65536]) -> (y: f32[65536,65536]) {\n  return %x\n}\n"}},
                 "run f.ir",
                 "f.ir:1:13: error: f32[65536,65536] has more than 2^31 elements"},
        FileCase{"more_than_the_memory",
                 {{"f.ir", "func @f(%x: f32[30000,30000]) -> (y: f32[30000,30000]) {\n  return %x\n}\n"}},
                 "run f.ir --max-memory 1000",
                 "f.ir: error: @f needs 7200000000 bytes, but 1048576000 are allowed"},
        FileCase{
            "more_than_the_memory_in_bodies",
            {{"f.ir",
              "func @f(%x: f32[9]) -> (y: f32[]) {\n  %0 = fused(%a0 = %x) : f32[] {\n    %b0 = broadcast(%a0) {dims = "
              "[1]} : f32[100000000,9]\n    %b1 = reduce_sum(%b0) {dims = [0, 1]} : f32[]\n    return %b1\n  }\n"
              "  return %0\n}\n"}},
            "run f.ir --max-memory 1000 --backend interpreter",
            "f.ir: error: @f needs 3600000044 bytes, but 1048576000 are allowed"},
        FileCase{"unknown_function", {{"f.ir", kIr}}, "run f.ir --function g", "f.ir: error: there is no function @g"},
        FileCase{"unknown_cpu", {{"f.ir", kIr}}, "run f.ir --cpu i286000", "error: LLVM knows no cpu \"i286000\""},
        FileCase{"unknown_parameter",
                 {{"f.ir", kIr}},
                 "run f.ir --input y=1",
                 "--input y=1: error: @f has no parameter \"y\""},
        FileCase{
            "no_number", {{"f.ir", kIr}}, "run f.ir --input x=one", "--input x=one: error: \"one\" is not a number"},
        FileCase{
            "no_value", {{"f.ir", kIr}}, "run f.ir --input x", "--input x: error: is not NAME=VALUE or NAME=@FILE.npy"},
        FileCase{"missing_npy",
                 {{"f.ir", kIr}},
                 "run f.ir --input x=@x.npy",
                 "x.npy: error: cannot open: No such file or directory"},
        FileCase{"npy_of_other_type",
                 {{"f.ir", kIr}, {"x.npy", kInputs}},
                 "run f.ir --input x=@x.npy",
                 "x.npy: error: holds u8[2,2], but parameter \"x\" is f32[2]"},
        FileCase{"unwritable_out",
                 {{"f.ir", kIr}},
                 "run f.ir --out f.ir/out",
                 "f.ir/out: error: cannot make the folder: Not a directory"}),
    test_case_name);

// A body that compiled code does not run ends no command, and is no matter for the interpreter.
TEST(Ir, WithABodyOfAnotherKindIsRefusedByAllThatCompile) {
  const Workbench bench;
  bench.write("f.ir",
              "func @f(%x: f32[2,3]) -> (f32[2,3]) {\n  %0 = fused(%a = %x) {kind = row} : f32[2,3] {\n"
              "    %b = exp(%a) : f32[2,3]\n    return %b\n  }\n  return %0\n}\n");
  for (const char* arguments : {"run f.ir", "opt f.ir", "compile f.ir", "bench f.ir", "profile f.ir", "diff f.ir",
                                "reduce f.ir --while 'true {}'", "explain f.ir %0"}) {
    SCOPED_TRACE(arguments);
    expect_refused(bench, arguments,
                   "f.ir:2:8: error: %0 = fused is of kind row, but it reduces no trailing dimensions");
  }
  EXPECT_EQ(bench.succeed("run f.ir --backend=interpreter").out, "result 0: f32[2,3] = 1 1 1 1 1 1\n");
}

// A result named like an input is a result of its own: it once was written over the input, whatever its size.
TEST(IrResults, NamedLikeAnInputAreResultsOfTheirOwn) {
  const Workbench bench;
  bench.write("swap.ir", "func @f(%x: f32[2], %w: f32[2]) -> (x: f32[2], w: f32[2]) { return %w, %x }\n");
  bench.write("grow.ir",
              "func @f(%x: f32[2]) -> (x: f32[500000]) {\n  %0 = constant {value = 1} : f32[500000]\n  return %0\n}\n");
  for (const char* backend : {"jit", "interpreter"}) {
    const std::string flags = std::string(" --backend ") + backend;
    EXPECT_EQ(bench.succeed("run swap.ir --input x=1 --input w=2" + flags).out, "x: f32[2] = 2 2\nw: f32[2] = 1 1\n");
    EXPECT_EQ(bench.succeed("run grow.ir" + flags).out.substr(0, 22), "x: f32[500000] = 1 1 1");
  }
}

TEST(IrResults, ParametersMayBecomeEachOthersNewValues) {
  const Workbench bench;
  bench.write(
      "swap.ir",
      "func @f(%x: f32[8,8] weight, %w: f32[8,8] weight) -> (x: f32[8,8], w: f32[8,8], y: f32[8,8]) { return %w, %x, %x }\n");
  bench.write(
      "shift.ir",
      "func @f(%x: f32[4], %last: f32[4] state, %older: f32[4] state) -> (last: f32[4], older: f32[4]) { return %x, %last }\n");
  for (const char* backend : {"jit", "interpreter"}) {
    const std::string flags = std::string(" --backend ") + backend;
    const std::string swapped = bench.succeed("run swap.ir --input x=1 --input w=2" + flags).out;
    EXPECT_EQ(count_of(swapped, "x: f32[8,8] = 2 2"), 1) << swapped;
    EXPECT_EQ(count_of(swapped, "w: f32[8,8] = 1 1"), 1) << swapped;
    EXPECT_EQ(count_of(swapped, "y: f32[8,8] = 1 1"), 1) << swapped;
    EXPECT_EQ(bench.succeed("run shift.ir --input x=1 --input last=2 --input older=3" + flags).out,
              "last: f32[4] = 1 1 1 1\nolder: f32[4] = 2 2 2 2\n");
  }
}

TEST(IrResults, WithoutNamesAreNumbered) {
  const Workbench bench;
  bench.write("f.ir", "func @f(%x: f32[2]) -> (f32[2], f32[2]) {\n  %0 = neg(%x) : f32[2]\n  return %x, %0\n}\n");
  EXPECT_EQ(bench.succeed("run f.ir --input x=1").out, "result 0: f32[2] = 1 1\nresult 1: f32[2] = -1 -1\n");
}

TEST(IrResults, OfWholeNumbersHaveAllTheirDigits) {
  const Workbench bench;
  bench.write("f.ir",
              "func @f(%i: i32[2], %u: u8[1], %d: f64[1]) -> (i: i32[2], u: u8[1], p: pred[1], d: f64[1]) {\n"
              "  %0 = eq(%u, %u) : pred[1]\n  return %i, %u, %0, %d\n}\n");
  for (const char* backend : {"jit", "interpreter"})
    EXPECT_EQ(
        bench.succeed("run f.ir --input i=2147483647 --input u=255 --input d=0.1 --backend=" + std::string(backend))
            .out,
        "i: i32[2] = 2147483647 2147483647\nu: u8[1] = 255\np: pred[1] = 1\nd: f64[1] = 0.10000000000000001\n");
}

TEST(IrResults, StayInTheFolderThatIsNamed) {
  const Workbench bench;
  bench.write("f.ir", "func @f(%x: f32[2]) -> (\"../../out\": f32[2], \"\\x1b[31m\": f32[2]) { return %x, %x }\n");
  const Outcome outcome = bench.succeed("run f.ir --out in/out");
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
  for (const std::string& file : bench.files()) EXPECT_TRUE(file == "f.ir" || file.starts_with("in")) << file;
  EXPECT_EQ(bench.files().size(), 5U) << "two folders and two arrays";
}

TEST(Names, OfAModelsInputsAreNotThoseOfResults) {
  const Workbench bench;
  for (const char* name : {"loss", "correct", "prediction", "learning_rate"}) {
    bench.write("m.textproto", std::string("inputs { name: \"") + name +
                                   "\" shape: [4] } layers { name: \"fc\" dense { units: 2 } } "
                                   "loss { softmax_cross_entropy {} }");
    expect_refused(bench, "check m.textproto", "m.textproto:1:");
  }
}

TEST(Json, IsUtf8WhateverTheFileIsCalled) {
  const Workbench bench;
  bench.write("n\xff.ir",
              "func @f(%x: f32[2]) -> (f32[2]) {\n  %0 = neg(%x) : f32[2]  loc(\"\\xff\")\n  return %0\n}\n");
  bench.succeed("bench n\xff.ir --json --repeats 1 --no-interpreter");
  bench.succeed("profile n\xff.ir --json --repeats 1");
}

}  // namespace
}  // namespace minnow
