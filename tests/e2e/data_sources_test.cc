// Every source of data: trained on, evaluated, predicted from.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/data/png.h"
#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"
#include "tests/runtime/data/npz_bytes.h"
#include "tests/runtime/data/png_bytes.h"

namespace minnow {
namespace {

using namespace std::string_literals;

class DataSource : public testing::Test {
 protected:
  // Trains on the data, from files in the folder, and answers what predict says of the first validation
  // example.
  std::string train_and_predict(const std::string& data, const std::string& shape, const std::string& end) {
    bench_.write("m.textproto", "inputs { name: \"x\" shape: " + shape + " }\n" + end + "\ndata { " + data + " }\n");
    const std::string where = " m.textproto --data-dir . ";
    const Outcome train = bench_.run("train" + where + "--epochs 60 --batch-size 4 --out run");
    EXPECT_EQ(train.exit_code, 0) << train.err;
    const std::string weights = "--weights run/weights.safetensors ";
    EXPECT_EQ(bench_.run("eval" + where + weights).exit_code, 0);
    const Outcome predict = bench_.run("predict" + where + weights + "--index 0 --top 1");
    EXPECT_EQ(predict.exit_code, 0) << predict.err;
    return predict.out;
  }
  std::string classify(const std::string& data, const std::string& shape) {
    return train_and_predict(data, shape,
                             "layers { name: \"fc\" dense { units: 2 } }\nloss { softmax_cross_entropy {} }");
  }
  std::string regress(const std::string& data, const std::string& shape) {
    return train_and_predict(data, shape, "layers { name: \"fc\" dense { units: 1 } }\nloss { mean_squared_error {} }");
  }

  Workbench bench_;
};

// Two classes that a line can part; the first validation example is of the second class.
TEST_F(DataSource, CsvOfWords) {
  bench_.write("t.csv", "x0,x1,kind\n0,0,near\n4,4,far\n1,0,near\n5,4,far\n");
  bench_.write("v.csv", "x0,x1,kind\n5,5,far\n");
  const std::string found = classify("csv { train: 't.csv' validation: 'v.csv' header: true }", "[2]");
  EXPECT_TRUE(found.starts_with("v.csv 0 (is far)\n")) << found;
}

TEST_F(DataSource, CsvWithTheLabelInFront) {
  bench_.write("t.csv", "0,0,0\n1,4,4\n0,1,0\n1,5,4\n");
  bench_.write("v.csv", "1,5,5\n");
  const std::string found = classify("csv { train: 't.csv' validation: 'v.csv' label_column: 0 }", "[2]");
  EXPECT_NE(found.find(" %  1\n"), std::string::npos) << found;
}

TEST_F(DataSource, CsvWhoseLabelIsNamed) {
  bench_.write("t.csv", "kind,x0,x1\nnear,0,0\nfar,4,4\nnear,1,0\nfar,5,4\n");
  const std::string found = classify("csv { train: 't.csv' validation: 't.csv' label: 'kind' }", "[2]");
  EXPECT_TRUE(found.starts_with("t.csv 0 (is near)\n")) << found;
  expect_refused(bench_, "train m.textproto --set data.csv.label=kin",
                 "./t.csv: error: has no column \"kin\"\n  hint: did you mean \"kind\"?");
  expect_refused(bench_, "train m.textproto --set data.csv.label_column=0",
                 "m.textproto:4:49: error: label_column says already which column has the label");
}

TEST_F(DataSource, CsvOfARegression) {
  bench_.write("t.csv", "0,1\n1,3\n2,5\n0.5,2\n");
  bench_.write("v.csv", "1.5,4\n");
  const std::string found = regress("csv { train: 't.csv' validation: 'v.csv' }", "[1]");
  double value = 0;
  ASSERT_EQ(std::sscanf(found.c_str(), "v.csv 0 (is 4)\n %lf", &value), 1) << found;
  EXPECT_NEAR(value, 4, 0.1);
}

TEST_F(DataSource, Npy) {
  const std::string inputs = npy("|u1", "4, 2", std::string("\0\0\4\4\1\0\5\4", 8));
  const std::string targets = npy("|u1", "4,", std::string("\0\1\0\1", 4));
  for (const char* name : {"x", "vx"}) bench_.write(name, inputs);
  for (const char* name : {"y", "vy"}) bench_.write(name, targets);
  const std::string found =
      classify("npy { train_inputs: 'x' train_targets: 'y' validation_inputs: 'vx' validation_targets: 'vy' }", "[2]");
  EXPECT_TRUE(found.starts_with("vx 0 (is 0)\n")) << found;
}

// Big-endian and in Fortran order, packed and not, with labels of 64 bits.
TEST_F(DataSource, MembersOfAnNpz) {
  const std::string inputs =
      npy_bytes({">f2", "(4, 2)", std::string("\0\0\x44\0\x3c\0\x45\0\0\0\x44\0\0\0\x44\0", 16), true});
  const std::string targets =
      npy_bytes({"<i8", "(4,)", "\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"s + "\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0"s});
  bench_.write("d.npz", zip_bytes({{"x.npy", inputs, true}, {"y.npy", targets}}));
  const std::string found = classify(
      "npy { train_inputs: 'd.npz:x' train_targets: 'd.npz:y' validation_inputs: 'd.npz:x' validation_targets: 'd.npz:y' }",
      "[2]");
  EXPECT_TRUE(found.starts_with("d.npz:x 0 (is 0)\n")) << found;
  const auto stats = nlohmann::json::parse(bench_.succeed("data stats d.npz:x --targets d.npz:y --json").out);
  EXPECT_EQ(stats["examples"], 4);
  EXPECT_EQ(stats["classes"].size(), 2U);
  expect_refused(bench_, "data stats d.npz", "d.npz: error: holds 2 arrays: x, y");
  expect_refused(bench_, "train m.textproto --data-dir . --set data.npy.train_inputs=d.npz:z",
                 "./d.npz: error: holds no array \"z\"");
}

// What `data stats` says of bytes is what data.normalize wants: by it inputs have mean 0 and deviation 1, so that their
// squared distance from 0 is 1.
TEST_F(DataSource, StatisticsOfBytesNormalizeThem) {
  bench_.write("x.npy", npy("|u1", "4, 1", std::string("\0\x33\x66\xff", 4)));
  bench_.write("y.npy", npy("|u1", "4,", std::string("\0\0\0\0", 4)));
  const auto found = nlohmann::json::parse(bench_.succeed("data stats x.npy --json").out);
  bench_.write("m.textproto", fmt::format(R"(inputs {{ name: "x" shape: 1 }}
      layers {{ name: "fc" dense {{ units: 1 weight_init {{ constant {{ value: 1 }} }} }} }}
      loss {{ mean_squared_error {{}} }} training {{ epochs: 1 learning_rate: 1e-9 }}
      data {{ npy {{ train_inputs: "x.npy" train_targets: "y.npy" validation_inputs: "x.npy" validation_targets: "y.npy" }}
             normalize {{ mean: {} deviation: {} }} }})",
                                          found["all"]["mean"].get<double>(), found["all"]["deviation"].get<double>()));
  const Outcome train = bench_.succeed("train m.textproto --data-dir .");
  EXPECT_NE(train.out.find("train       loss 1.0000"), std::string::npos) << train.out;
  EXPECT_NE(train.err.find("x.npy: bytes, divided by 255"), std::string::npos) << train.err;
}

TEST_F(DataSource, CsvSaysHowItWasRead) {
  bench_.write("t.csv", "x0;x1;kind\r\n0;0;\"near\"\r\n4;4;far\r\n");
  classify("csv { train: 't.csv' validation: 't.csv' }", "[2]");
  const std::string line = "cells parted by semicolons, names in line 1; classes in \"kind\": far, near\n";
  EXPECT_TRUE(bench_.run("train m.textproto --data-dir . --epochs 1").err.starts_with("t.csv: " + line));
  EXPECT_TRUE(bench_.succeed("data stats t.csv").out.starts_with("t: " + line + "t: 2 examples"));
}

TEST_F(DataSource, NetworksThatCannotLearnAreRefused) {
  bench_.write("m.textproto",
               "inputs { name: 'x' shape: 2 } layers { name: 'fc' dense { units: 1 } }\n"
               "loss { softmax_cross_entropy {} }\ndata { csv { train: 't.csv' validation: 't.csv' } }\n");
  for (const char* command : {"check m.textproto", "train m.textproto --data-dir . --out run"})
    expect_refused(bench_, command, "m.textproto:2:1: error: softmax_cross_entropy of a single class is always 0");
}

TEST_F(DataSource, Idx) {
  bench_.write("i", idx({4, 1, 2}, std::string("\0\0\xff\xff\0\x10\xff\xf0", 8)));
  bench_.write("l", idx({4}, std::string("\0\1\0\1", 4)));
  const std::string found = classify(
      "idx { train_images: 'i' train_labels: 'l' validation_images: 'i' validation_labels: 'l' }", "[1, 1, 2]");
  EXPECT_NE(found.find(" %  0\n"), std::string::npos) << found;
}

TEST_F(DataSource, FoldersOfPng) {
  for (const char* split : {"t", "v"}) {
    for (const auto& [kind, grey] : {std::pair("black", 10), std::pair("white", 250)}) {
      const std::string folder = bench_.path() + "/" + split + "/" + kind;
      std::filesystem::create_directories(folder);
      for (int i = 0; i < 3; ++i) {
        Tensor image = Tensor::zeros({DType::kU8, {2, 3}});
        for (uint8_t& pixel : image.as<uint8_t>()) pixel = static_cast<uint8_t>(grey - i);
        ASSERT_TRUE(write_png(folder + "/" + std::to_string(i) + ".png", image));
      }
    }
  }
  const std::string data = "png_folder { train: 't' validation: 'v' }";
  const std::string found = classify(data, "[1, 2, 3]");
  EXPECT_TRUE(found.starts_with("v 0 (is black)\n")) << found;
  EXPECT_NE(found.find(" %  black\n"), std::string::npos) << found;
  // The run knows the names, whatever has become of the data.
  const std::string weights = "m.textproto --weights run/weights.safetensors ";
  EXPECT_EQ(bench_.run("predict " + weights + "--image v/white/0.png --top 1").out.substr(0, 15), "v/white/0.png\n ");
  EXPECT_EQ(count_of(bench_.run("predict " + weights + "--image v/white/0.png --top 1").out, " %  white\n"), 1);
  EXPECT_EQ(count_of(bench_.run("predict run --image t/black/0.png --top 1").out, " %  black\n"), 1);
  // So many examples are of all classes.
  const std::string few =
      bench_.run("eval " + weights + "--data-dir . --split train --json " + "--set data.train_examples=2").out;
  EXPECT_EQ(count_of(few, "\"examples\": 1,"), 2) << few;
  EXPECT_EQ(bench_.run("data show t --count 2 -o two.svg").exit_code, 0);
  for (const char* kind : {"black", "white"}) EXPECT_EQ(count_of(bench_.read("two.svg"), kind), 1) << kind;
  std::filesystem::rename(bench_.path() + "/v/white", bench_.path() + "/v/grey");
  expect_refused(bench_, "train m.textproto --data-dir . --out other",
                 "v: error: has the classes black, grey, but t has black, white");
  std::filesystem::rename(bench_.path() + "/t/white", bench_.path() + "/t/grey");
  const Outcome renamed = bench_.run("eval " + weights + "--data-dir .");
  EXPECT_EQ(renamed.exit_code, 0);
  EXPECT_EQ(renamed.err, "v: class 1 is grey, but the weights know it as white\n");
}

TEST_F(DataSource, FoldersOfPngOfSixteenBits) {
  for (const char* split : {"t", "v"}) {
    for (uint16_t i = 0; i < 3; ++i) {
      const std::string name = "/" + std::to_string(i) + ".png";
      bench_.write(std::string(split) + "/dim" + name, png_bytes({1, 1, 16, PngColour::kGray, {1000}}));
      bench_.write(std::string(split) + "/light" + name, png_bytes({1, 1, 16, PngColour::kGray, {0x8080}}));
    }
  }
  bench_.write("t/light/.DS_Store", "x");
  const std::string found = classify("png_folder { train: 't' validation: 'v' }", "[1, 1, 1]");
  EXPECT_EQ(count_of(found, "(is dim)"), 1) << found;
  const Outcome stats = bench_.run("data stats t");
  EXPECT_EQ(count_of(stats.out, "    0.015259    0.501961"), 1) << stats.out;
  EXPECT_EQ(stats.err, "t: left out what is no picture of a class: light/.DS_Store\n");
  EXPECT_EQ(bench_.run("train m.textproto --data-dir . --epochs 1").err.find("./t: left out"), 0U);
  EXPECT_EQ(count_of(bench_.run("predict run --image t/light/1.png --top 1").out, " %  light\n"), 1);
}

TEST_F(DataSource, Line) {
  const std::string found =
      regress("linear_regression { weights: [1, -2] bias: 3 } train_examples: 50 validation_examples: 5", "[2]");
  EXPECT_TRUE(found.starts_with("linear 0 (is ")) << found;
}

}  // namespace
}  // namespace minnow
