// New rows that a trained network is asked about: tables and arrays, without labels and with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

class PredictRows : public testing::Test {
 protected:
  // A network that tells near from far, with a header in its table.
  void train_classes() {
    bench_.write("t.csv", "x,y,kind\n0,0,near\n9,9,far\n1,0,near\n8,9,far\n");
    train("layers { name: 'fc' dense { units: 2 } } loss { softmax_cross_entropy {} }", "[2]",
          "csv { train: 't.csv' validation: 't.csv' }");
  }
  void train_regression() {
    bench_.write("t.csv", "0,1\n1,3\n2,5\n0.5,2\n");
    train("layers { name: 'fc' dense { units: 1 } } loss { mean_squared_error {} }", "[1]",
          "csv { train: 't.csv' validation: 't.csv' }");
  }
  void train(const std::string& network, const std::string& shape, const std::string& data) {
    bench_.write("m.textproto", "inputs { name: 'x' shape: " + shape + " } " + network + " data { " + data + " }");
    bench_.succeed("train m.textproto --epochs 80 --batch-size 4 --lr 0.05 --out run");
  }
  std::vector<std::string> classes(const std::string& file) const {
    std::vector<std::string> found;
    const json told = json::parse(bench_.succeed("predict run " + file + " --json").out);
    for (const json& example : told["predictions"]) found.push_back(example["classes"][0]["class"]);
    return found;
  }
  const std::vector<std::string> far_and_near_ = {"far", "near"};
  Workbench bench_;
};

TEST_F(PredictRows, OfATableWithoutLabels) {
  train_classes();
  bench_.write("new.csv", "x,y\n9,8\n0,1\n");
  EXPECT_EQ(classes("new.csv"), far_and_near_);
  const Outcome table = bench_.succeed("predict run new.csv");
  EXPECT_THAT(table.out, StartsWith("row        class  probability\nnew.csv 0  far  "));
  EXPECT_THAT(table.err, HasSubstr("new.csv: cells parted by commas, names in line 1; no labels"));
  bench_.write("bare.csv", "9,8\n0,1\n");
  EXPECT_EQ(classes("bare.csv"), far_and_near_) << "no line of names";
  bench_.write("one.csv", "9,8\n");
  EXPECT_THAT(bench_.succeed("predict run one.csv").out, StartsWith("one.csv 0\n"));
}

TEST_F(PredictRows, ColumnsGoByTheNamesOfTheTrainingTable) {
  train_classes();
  bench_.write("turned.csv", "id,y,x\n1,0,9\n2,1,0\n");
  const auto told = json::parse(bench_.succeed("predict run turned.csv --json").out)["predictions"];
  bench_.write("straight.csv", "x,y\n9,0\n0,1\n");
  const auto same = json::parse(bench_.succeed("predict run straight.csv --json").out)["predictions"];
  for (const size_t i : {0, 1}) EXPECT_EQ(told[i]["classes"], same[i]["classes"]);
  bench_.write("other.csv", "x,yy\n9,8\n");
  expect_refused(bench_, "predict run other.csv", "other.csv: error: has no column \"y\", which the network is fed");
}

// Names that stand twice do not say which column is meant.
TEST_F(PredictRows, ColumnsOfTheSameNameGoByTheirOrder) {
  bench_.write("t.csv", "x,x,kind\n0,0,near\n9,9,far\n1,0,near\n8,9,far\n0,9,far\n9,0,near\n");
  train("layers { name: 'fc' dense { units: 2 } } loss { softmax_cross_entropy {} }", "[2]",
        "csv { train: 't.csv' validation: 't.csv' }");
  bench_.write("new.csv", "x,x\n0,9\n9,0\n");
  EXPECT_EQ(classes("new.csv"), far_and_near_);
}

TEST_F(PredictRows, ANameThatStandsTwiceIsRefused) {
  train_classes();
  bench_.write("twice.csv", "x,y,y\n9,8,0\n");
  expect_refused(bench_, "predict run twice.csv", "twice.csv: error: has 2 columns that are called \"y\"");
}

TEST_F(PredictRows, LabelsThatAreThereAreTold) {
  train_classes();
  bench_.write("new.csv", "x,y,kind\n9,8,far\n0,1,far\n");
  EXPECT_EQ(classes("new.csv"), far_and_near_);
  const std::string table = bench_.succeed("predict run new.csv").out;
  EXPECT_THAT(table, StartsWith("row        class  probability  right\nnew.csv 0  far"));
  EXPECT_EQ(count_of(table, "  far\n"), 2) << table;
  bench_.write("empty.csv", "x,y,kind\n9,8,\n0,1,?\n");
  EXPECT_EQ(classes("empty.csv"), far_and_near_) << "labels that all are missing";
  bench_.write("strange.csv", "x,y,kind\n9,8,farther\n");
  expect_refused(bench_, "predict run strange.csv",
                 "strange.csv:2:5: error: label \"farther\" is none of the 2 classes");
}

TEST_F(PredictRows, OfARegression) {
  train_regression();
  bench_.write("new.csv", "1.5\n0\n");
  EXPECT_THAT(bench_.succeed("predict run new.csv").out, StartsWith("row        outputs\nnew.csv 0  "));
  bench_.write("known.csv", "1.5,4\n0,1\n");
  const auto told = json::parse(bench_.succeed("predict run known.csv --json").out)["predictions"];
  EXPECT_EQ(told[0]["target"], json::array({4.0}));
  EXPECT_NEAR(told[0]["outputs"][0].get<double>(), 4, 0.3);
  EXPECT_THAT(bench_.succeed("predict run --index 1").out, StartsWith("t.csv 1 (is 3)\n"));
  EXPECT_EQ(json::parse(bench_.succeed("predict run --index 1 --json").out)["predictions"][0]["target"],
            json::array({3.0}));
}

TEST_F(PredictRows, OfArrays) {
  train_classes();
  bench_.write("new.npy", npy("|u1", "2, 2", {9, 8, 0, 1}));
  EXPECT_EQ(classes("new.npy"), far_and_near_) << "bytes are numbers, as those of the table are";
  bench_.write("wide.npy", npy("|u1", "1, 3", {9, 8, 0}));
  expect_refused(bench_, "predict run wide.npy", "wide.npy: error: the examples are ");
  expect_refused(bench_, "predict run new.npy wide.npy", "wide.npy: error: is one file too many");
}

TEST_F(PredictRows, OfBytesAsTheyWereTrainedOn) {
  bench_.write("x.npy", npy("|u1", "2, 2", {0, 0, '\xff', '\xff'}));
  bench_.write("y.npy", npy("|u1", "2", {0, 1}));
  train("layers { name: 'fc' dense { units: 2 } } loss { softmax_cross_entropy {} }", "[2]",
        "npy { train_inputs: 'x.npy' train_targets: 'y.npy' validation_inputs: 'x.npy' validation_targets: 'y.npy' }");
  const auto of_data = json::parse(bench_.succeed("predict run --index 0:2 --json").out)["predictions"];
  const auto of_file = json::parse(bench_.succeed("predict run x.npy --json").out)["predictions"];
  for (const size_t i : {0, 1}) EXPECT_EQ(of_data[i]["classes"], of_file[i]["classes"]);
}

TEST_F(PredictRows, OfSeveralInputs) {
  bench_.write("a.npy", npy("|u1", "2, 1", {0, 1}));
  bench_.write("y.npy", npy("|u1", "2", {0, 1}));
  bench_.write("m.textproto", R"(inputs { name: "a" shape: 1 } inputs { name: "b" shape: 1 }
      layers { name: "both" inputs: ["a", "b"] concat {} } layers { name: "fc" dense { units: 2 } }
      loss { softmax_cross_entropy {} } training { epochs: 1 }
      data { npy { inputs { name: "a" train: "a.npy" validation: "a.npy" }
                   inputs { name: "b" train: "a.npy" validation: "a.npy" }
                   train_targets: "y.npy" validation_targets: "y.npy" } })");
  bench_.succeed("train m.textproto --out run");
  EXPECT_EQ(classes("b=a.npy a=a.npy").size(), 2U);
  expect_refused(bench_, "predict run a.npy", "a.npy: error: does not say which of the network's 2 inputs it is");
  expect_refused(bench_, "predict run a=a.npy", "a=a.npy: error: the network has 2 inputs");
}

TEST_F(PredictRows, AreWrittenToFiles) {
  train_classes();
  bench_.write("new.csv", "x,y\n9,8\n0,1\n");
  bench_.succeed("predict run new.csv -o out.csv");
  EXPECT_THAT(bench_.read("out.csv"), StartsWith("example,far,near\nnew.csv 0,0.9"));
  bench_.succeed("predict run new.csv -o out.npy");
  EXPECT_THAT(bench_.read("out.npy"), HasSubstr("'shape': (2, 2)"));
  bench_.succeed("predict run --index 0:4 -o all.npy");
  EXPECT_THAT(bench_.read("all.npy"), HasSubstr("'shape': (4, 2)"));
  EXPECT_EQ(bench_.run("predict run new.csv -o out.png").exit_code, 2);
}

TEST_F(PredictRows, WhatIsWrongWithThemIsTold) {
  train_classes();
  bench_.write("wide.csv", "1,2,3,4\n");
  expect_refused(bench_, "predict run wide.csv", "wide.csv: error: has 4 columns, but the network is fed 2");
  bench_.write("gap.csv", "x,y\n1,\n");
  expect_refused(bench_, "predict run gap.csv", "gap.csv:2:3: error: the value is missing");
  expect_refused(bench_, "predict run none.csv", "none.csv: error: cannot open");
  expect_refused(bench_, "predict run cat.png", "cat.png: error: is no table and no array");
  EXPECT_EQ(bench_.run("predict run gap.csv --index 1").exit_code, 2);
}

}  // namespace
}  // namespace minnow
