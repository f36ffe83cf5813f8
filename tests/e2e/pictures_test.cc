// Folders of pictures in colour, and what is predicted of pictures.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/data/png.h"
#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"
#include "tests/runtime/data/png_bytes.h"

namespace minnow {
namespace {

// Two classes that have the same grey, so that only colour tells them apart.
class Pictures : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* split : {"t", "v"})
      for (uint16_t i = 0; i < 4; ++i) {
        const auto name = [&](const char* kind) { return fmt::format("{}/{}/{}.png", split, kind, i); };
        bench_.write(name("red"), colour(static_cast<uint16_t>(200 + i), 0, 0));
        bench_.write(name("green"), colour(0, static_cast<uint16_t>(102 + i), 0));
      }
  }
  static std::string colour(uint16_t red, uint16_t green, uint16_t blue, uint32_t side = 2) {
    PngPicture picture{side, side, 8, PngColour::kRgb, {}};
    for (uint32_t i = 0; i < side * side; ++i) picture.samples.insert(picture.samples.end(), {red, green, blue});
    return png_bytes(picture);
  }
  void train(const std::string& shape, const std::string& fields = "") {
    bench_.write("m.textproto",
                 fmt::format("inputs {{ name: 'x' shape: {} }}\nlayers {{ name: 'fc' dense {{ units: 2 }} }}\n"
                             "loss {{ softmax_cross_entropy {{}} }}\ntraining {{ epochs: 60 batch_size: 4 }}\n"
                             "data {{ png_folder {{ train: 't' validation: 'v' {} }} }}\n",
                             shape, fields));
    const Outcome trained = bench_.run("train m.textproto --data-dir . --out run --overwrite");
    EXPECT_EQ(trained.exit_code, 0) << trained.err;
  }
  Workbench bench_;
};

TEST_F(Pictures, TrainInColour) {
  train("[3, 2, 2]");
  const auto found = nlohmann::json::parse(bench_.succeed("eval run --data-dir . --json").out);
  EXPECT_EQ(found["accuracy"], 1.0);
  EXPECT_EQ(found["classes"][0]["class"], "green");
  const std::string text = bench_.succeed("eval run --data-dir .").out;
  EXPECT_EQ(count_of(text, "green"), 3) << text;
  EXPECT_EQ(bench_.succeed("predict run --image t/red/0.png --top 1").out.substr(0, 14), "t/red/0.png\n  ");
  const Outcome grey = bench_.run("train m.textproto --data-dir . --set inputs.x.shape=[4,2,2]");
  EXPECT_EQ(
      grey.err,
      "t: error: holds pictures, but input \"x\" has 4 channels\n  hint: 1 channel takes them as grey, 3 in colour\n");
}

// What bytes of arrays are to a network, those of a picture are.
TEST_F(Pictures, AreAskedOfANetworkThatWasTrainedOnArrays) {
  const std::string white(12, '\xff'), red = std::string(4, '\xff') + std::string(8, 0);
  bench_.write("x.npy", npy("|u1", "2, 3, 2, 2", white + red));
  bench_.write("y.npy", npy("|u1", "2", {0, 1}));
  bench_.write("m.textproto", R"(inputs { name: "x" shape: [3, 2, 2] } layers { name: "fc" dense { units: 2 } }
      loss { softmax_cross_entropy {} } training { epochs: 9 }
      data { npy { train_inputs: "x.npy" train_targets: "y.npy" validation_inputs: "x.npy" validation_targets: "y.npy" } })");
  bench_.succeed("train m.textproto --out run");
  bench_.write("red.png", colour(255, 0, 0));
  const Outcome picture = bench_.succeed("predict run --image red.png --json");
  EXPECT_EQ(picture.err, "pictures are divided by 255, as bytes of .npy files are\n");
  const auto of_array = nlohmann::json::parse(bench_.succeed("predict run --index 1 --json").out);
  EXPECT_EQ(nlohmann::json::parse(picture.out)["predictions"][0]["classes"], of_array["predictions"][0]["classes"]);
}

TEST_F(Pictures, OfOtherSizesAreRefusedOrResized) {
  bench_.write("t/red/9.png", colour(200, 0, 0, 3));
  train("[3, 2, 2]", "resize: true");
  EXPECT_EQ(nlohmann::json::parse(bench_.succeed("eval run --data-dir . --json").out)["accuracy"], 1.0);
  expect_refused(bench_, "train m.textproto --data-dir . --set data.png_folder.resize=false",
                 "./t/red/9.png: error: is 3x3, but ./t/green/0.png is 2x2: all pictures must have one size\n  hint: "
                 "png_folder { resize: true }");
}

TEST_F(Pictures, SeveralMakeATable) {
  train("[3, 2, 2]");
  const Outcome some = bench_.run("predict run --image v/red/0.png v/green/1.png");
  EXPECT_EQ(some.exit_code, 0) << some.err;
  EXPECT_TRUE(some.out.starts_with("picture        class  probability\nv/red/0.png    red ")) << some.out;
  EXPECT_EQ(count_of(some.out, "\nv/green/1.png  green"), 1) << some.out;
  EXPECT_EQ(count_of(some.out, " %\n"), 2);
  EXPECT_EQ(some.err, "");
  EXPECT_EQ(count_of(bench_.succeed("predict run --image v").out, " %\n"), 8);
  EXPECT_EQ(count_of(bench_.succeed("predict run --image v/red t/green/0.png").out, " %\n"), 5);
  EXPECT_EQ(count_of(bench_.succeed("predict --image v/red v/green run").out, " %\n"), 8);
  const auto json = nlohmann::json::parse(bench_.succeed("predict run --image v --json").out);
  ASSERT_EQ(json["predictions"].size(), 8U);
  EXPECT_EQ(json["predictions"][0]["example"], "v/green/0.png");
  EXPECT_EQ(json["predictions"][7]["classes"][0]["class"], "red");
  bench_.write("v/red/bad.png", "no picture");
  expect_refused(bench_, "predict run --image v", "v/red/bad.png: error: is not a readable PNG");
  expect_refused(bench_, "predict run --image none.png v", "none.png: error: cannot open: No such file");
}

// Names of classes come from the model file where the data have none.
TEST_F(Pictures, ClassNamesOfTheModelAreKeptWithTheRun) {
  bench_.write("x.npy", npy("|u1", "4, 2", std::string("\0\0\4\4\1\0\5\4", 8)));
  bench_.write("y.npy", npy("|u1", "4,", std::string("\0\1\0\1", 4)));
  bench_.write("n.textproto",
               "inputs { name: 'x' shape: [2] }\nlayers { name: 'fc' dense { units: 2 } }\n"
               "loss { softmax_cross_entropy {} }\ntraining { epochs: 2 batch_size: 4 }\n"
               "data { npy { train_inputs: 'x.npy' train_targets: 'y.npy' validation_inputs: 'x.npy' "
               "validation_targets: 'y.npy' } class_names: ['near', 'far'] }\n");
  bench_.succeed("train n.textproto --data-dir . --out run");
  EXPECT_EQ(count_of(bench_.succeed("predict run --data-dir . --index 1 --top 2").out, "far"), 2);
  EXPECT_EQ(count_of(bench_.succeed("eval run --data-dir .").out, "near"), 3);
  bench_.succeed("report run --data-dir . -o r.html");
  EXPECT_GT(count_of(bench_.read("r.html"), "near"), 1);
  // The weights know them, whatever the model says now.
  const Outcome plain = bench_.run("eval run --data-dir . --set data.class_names=[]");
  EXPECT_EQ(count_of(plain.out, "near"), 3) << plain.out << plain.err;
  EXPECT_EQ(plain.err, "");
  expect_refused(bench_, "train n.textproto --data-dir . --set data.class_names=[a,b,c]",
                 "data.class_names: error: there are 3 names, but the classes of x.npy are 2");
  expect_refused(bench_, "train n.textproto --data-dir . --set data.class_names=[a,a]",
                 "--set data.class_names: error: two classes have the name \"a\"");
}

}  // namespace
}  // namespace minnow
