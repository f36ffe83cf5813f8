// Data of one file, of which some examples are set apart to validate.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"
#include "tests/runtime/data/png_bytes.h"

namespace minnow {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class SetApart : public testing::Test {
 protected:
  void write_model(const std::string& data, const std::string& shape = "[1]") {
    bench_.write("m.textproto", "inputs { name: 'x' shape: " + shape +
                                    " } layers { name: 'fc' dense { units: 2 } } loss { softmax_cross_entropy {} } "
                                    "training { epochs: 2 } data { " +
                                    data + " }");
  }
  int64_t examples(const std::string& split) const {
    return json::parse(bench_.succeed("eval run --json --split " + split).out)["examples"];
  }
  Workbench bench_;
};

// Sorted by class as tables often are: either part has both.
TEST_F(SetApart, OfATable) {
  std::string table;
  for (int i = 0; i < 100; ++i) table += fmt::format("{},{}\n", i, i < 50 ? "low" : "high");
  bench_.write("t.csv", table);
  write_model("csv { train: 't.csv' } validation_share: 0.2");
  const Outcome train = bench_.succeed("train m.textproto --out run");
  EXPECT_THAT(train.err, HasSubstr("20 of the 100 examples, drawn at random, validate"));
  EXPECT_EQ(examples("train"), 80);
  EXPECT_EQ(examples("validation"), 20);
  const json evaluation = json::parse(bench_.succeed("eval run --json").out);
  for (const json& found : evaluation["classes"]) EXPECT_GT(found["examples"], 0);
  const std::string told = bench_.succeed("predict run --index 0:20 --json").out;
  EXPECT_EQ(bench_.succeed("predict run --index 0:20 --json --set training.seed=9").out, told)
      << "the same, whatever the seed";
}

TEST_F(SetApart, ATenthByDefaultOrAsManyAsAreWanted) {
  std::string table;
  for (int i = 0; i < 50; ++i) table += fmt::format("{},{}\n", i, i % 2);
  bench_.write("t.csv", table);
  write_model("csv { train: 't.csv' }");
  bench_.succeed("train m.textproto --out run");
  EXPECT_EQ(examples("validation"), 5);
  write_model("csv { train: 't.csv' } train_examples: 30 validation_examples: 7");
  bench_.succeed("train m.textproto --out run --overwrite");
  EXPECT_EQ(examples("train"), 30);
  EXPECT_EQ(examples("validation"), 7);
  expect_refused(bench_, "train m.textproto --set data.validation_examples=50",
                 "data.validation_examples: error: would have 50 of the 50 examples of t.csv validate");
}

TEST_F(SetApart, OfArraysAndFoldersOfPictures) {
  bench_.write("x.npy", npy("|u1", "10, 1", std::string("0123456789")));
  bench_.write("y.npy", npy("|u1", "10", std::string(5, 0) + std::string(5, 1)));
  write_model("npy { train_inputs: 'x.npy' train_targets: 'y.npy' } validation_share: 0.3");
  bench_.succeed("train m.textproto --out run");
  EXPECT_EQ(examples("validation"), 3);
  for (const char* kind : {"black", "white"})
    for (int i = 0; i < 6; ++i)
      bench_.write(fmt::format("p/{}/{}.png", kind, i),
                   png_bytes({2, 2, 8, PngColour::kGray, std::vector<uint16_t>(4, kind[0] == 'w' ? 255 : 0)}));
  write_model("png_folder { train: 'p' } validation_share: 0.5", "[1, 2, 2]");
  bench_.succeed("train m.textproto --out run --overwrite");
  EXPECT_EQ(examples("train"), 6);
  EXPECT_EQ(examples("validation"), 6);
}

TEST_F(SetApart, TheEndOfAText) {
  bench_.write("t.txt", std::string(100, 'a') + std::string(100, 'b'));
  bench_.write("m.textproto", R"(inputs { name: "x" type: I32 shape: [4] }
      layers { name: "e" embedding { vocabulary: 2 units: 2 } } layers { name: "fc" dense { units: 2 per_position: true } }
      loss { softmax_cross_entropy {} } training { epochs: 1 }
      data { text { file: "t.txt" } validation_share: 0.4 })");
  const Outcome train = bench_.run("train m.textproto --out run");
  ASSERT_EQ(train.exit_code, 0) << train.err;
  EXPECT_EQ(examples("validation"), 19);
}

}  // namespace
}  // namespace minnow
