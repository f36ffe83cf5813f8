// minnow data, as a user types it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runtime/data/png.h"
#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

using nlohmann::json;

TEST(DataCommand, ShowDrawsExamplesInTheTerminalAndAsPictures) {
  const Workbench bench;
  const Outcome shown = bench.run("data show glyphs --count 2");
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("█"), std::string::npos);
  EXPECT_EQ(shown.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(bench.run("data show glyphs --count 20 --split validation -o a.png").exit_code, 0);
  EXPECT_TRUE(read_png_gray(bench.path() + "/a.png"));
  EXPECT_EQ(bench.run("data show glyphs --no-labels -o a.svg").exit_code, 0);
  EXPECT_EQ(count_of(bench.read("a.svg"), "<image"), 10);
}

TEST(DataCommand, ShowTellsTheRowsOfATable) {
  const Workbench bench;
  bench.write("t.csv", "a,b,c,d,class\n1,2,3,4,x\n5,6,7,8.5,y\n");
  EXPECT_EQ(bench.succeed("data show t.csv").out,
            "          a b c d\n       0  1 2 3 4  → x\n       1  5 6 7 8.5  → y\n")
      << "four numbers are no picture of 2 by 2";
  EXPECT_EQ(bench.succeed("data show t.csv --first 1 --no-labels").out, "          a b c d\n       1  5 6 7 8.5\n");
}

// Labels of which there are none are not told.
TEST(DataCommand, ShowLeavesOutLabelsThatAreNotThere) {
  const Workbench bench;
  bench.write("x.npy", npy("|u1", "3, 2", std::string("123456")));
  bench.write("y.npy", npy("|u1", "3", {0, 1, 2}));
  bench.write("p.npy", npy("|u1", "2, 4, 4", std::string(32, 'a')));
  EXPECT_EQ(bench.succeed("data show x.npy").out, "       0  49 50\n       1  51 52\n       2  53 54\n");
  EXPECT_EQ(bench.succeed("data show x.npy --targets y.npy --count 1").out, "       0  49 50  → 0\n");
  bench.succeed("data show p.npy -o p.svg");
  EXPECT_EQ(count_of(bench.read("p.svg"), "<text"), 1) << "the title alone";
}

TEST(DataCommand, StatsCountsClasses) {
  const Workbench bench;
  bench.write("t.csv", "a,b,class\n1,2,x\n3,4,evil\x1b[31m\n5,6,x\n");
  const Outcome text = bench.run("data stats t.csv");
  EXPECT_NE(text.out.find("evil\\x1b[31m"), std::string::npos) << text.out << text.err;
  EXPECT_EQ(text.out.find('\x1b'), std::string::npos);
  const json found = json::parse(bench.run("data stats t.csv --json").out, nullptr, false);
  EXPECT_EQ(found["classes"][1]["examples"], 2);
  EXPECT_EQ(found["features"][1]["mean"], 4.0);
}

TEST(DataCommand, RefusesWhatItCannotShow) {
  const Workbench bench;
  bench.write("t.csv", "1,2,x\n3,4,y\n");
  expect_refused(bench, "data show t.csv -o t.png", "t.csv: error: holds f32[2,2], which are no pictures");
  expect_refused(bench, "data show glyphz", "error: there are no data \"glyphz\"");
  expect_refused(bench, "data show glyphs --first 12000", "--first 12000: error: there are 12000 examples");
  EXPECT_EQ(bench.run("data show glyphs -o a.jpg").exit_code, 2);
  EXPECT_EQ(bench.run("data").exit_code, 2);
}

}  // namespace
}  // namespace minnow
