// Where the files of data are found: beside the model, and by a run wherever it is asked from.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

namespace fs = std::filesystem;

constexpr char kModel[] = R"(inputs { name: "x" shape: [2] } layers { name: "fc" dense { units: 2 } }
loss { softmax_cross_entropy {} } training { epochs: 1 batch_size: 2 }
data { csv { train: "t.csv" validation: "v.csv" })";
constexpr char kTable[] = "0,0,near\n9,9,far\n";

class DataPlaces : public testing::Test {
 protected:
  void write_tables(const std::string& folder) {
    bench_.write(folder + "t.csv", kTable);
    bench_.write(folder + "v.csv", kTable);
  }
  // From another folder than that in which it was trained.
  Outcome ask(const std::string& arguments) const { return other_.run(arguments); }
  std::string run() const { return bench_.path() + "/run"; }
  Workbench bench_, other_;
};

TEST_F(DataPlaces, BesideTheModelFile) {
  bench_.write("iris/m.textproto", std::string(kModel) + " }");
  write_tables("iris/");
  bench_.succeed("train iris/m.textproto");
  bench_.succeed("sweep iris/m.textproto --grid training.seed=1,2");
  EXPECT_EQ(ask("train " + bench_.path() + "/iris/m.textproto").exit_code, 0);
}

TEST_F(DataPlaces, InFoldersThatTheModelNames) {
  bench_.write("iris/m.textproto", std::string(kModel) + " folders: '../tables' }");
  write_tables("tables/");
  EXPECT_EQ(ask("train " + bench_.path() + "/iris/m.textproto --out " + run()).exit_code, 0);
  EXPECT_EQ(ask("eval " + run()).exit_code, 0);
}

TEST_F(DataPlaces, ARunKnowsThemWhereverItIsAsked) {
  bench_.write("m.textproto", std::string(kModel) + " }");
  struct Case {
    std::string folder, flags;
  };
  for (const auto& [folder, flags] : {Case{"", ""}, Case{"data/", ""}, Case{"far/", "--data-dir far"}}) {
    write_tables(folder);
    bench_.succeed("train m.textproto --out run --overwrite " + flags);
    const Outcome eval = ask("eval " + run());
    EXPECT_EQ(eval.exit_code, 0) << folder << eval.err;
    EXPECT_EQ(ask("predict " + run() + " --index 0").exit_code, 0) << folder;
    EXPECT_EQ(ask("train --resume " + run() + " --epochs 2").exit_code, 0) << folder;
    EXPECT_EQ(ask("eval " + run()).exit_code, 0) << "after the configuration was written again";
    for (const char* table : {"t.csv", "v.csv"}) fs::remove(bench_.path() + "/" + folder + table);
  }
}

// Others of the same name do not take their place.
TEST_F(DataPlaces, ARunTakesItsOwnFiles) {
  bench_.write("m.textproto", std::string(kModel) + " }");
  write_tables("");
  bench_.succeed("train m.textproto --out run");
  other_.write("v.csv", "5,5,far\n");
  EXPECT_NE(ask("predict " + run() + " --index 0").out.find("v.csv 0 (is near)"), std::string::npos);
  EXPECT_NE(ask("predict " + run() + " --index 0 --data-dir .").out.find("v.csv 0 (is far)"), std::string::npos)
      << "--data-dir goes first, and for what it lacks comes the run's own";
}

TEST_F(DataPlaces, ASweepGoesOnFromElsewhere) {
  bench_.write("m.textproto", std::string(kModel) + " }");
  write_tables("");
  const std::string model = bench_.path() + "/m.textproto", out = " --out " + bench_.path() + "/sweep";
  bench_.succeed("sweep m.textproto --grid training.seed=1,2 --out sweep");
  const auto written = fs::last_write_time(bench_.path() + "/sweep/training.seed=1/weights.safetensors");
  EXPECT_EQ(ask("sweep " + model + " --grid training.seed=1,2 --resume" + out).exit_code, 0);
  EXPECT_EQ(fs::last_write_time(bench_.path() + "/sweep/training.seed=1/weights.safetensors"), written);
  EXPECT_EQ(ask("eval " + bench_.path() + "/sweep/training.seed=1").exit_code, 0);
}

}  // namespace
}  // namespace minnow
