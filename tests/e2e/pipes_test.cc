// "-" and pipes in place of files, as in a shell.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/e2e/data_files.h"
#include "tests/e2e/program.h"

namespace minnow {
namespace {

constexpr char kModel[] =
    "inputs { name: \"x\" shape: [2] }\nlayers { name: \"fc\" dense { units: 1 } }\nloss { mean_squared_error {} }\n"
    "training { epochs: 2 batch_size: 4 }\ndata { linear_regression { weights: [1, 2] } train_examples: 8 }\n";
constexpr char kIr[] =
    "func @f(%x: f32[2], %n: i32[2]) -> (y: f32[2]) {\n  %0 = add(%x, %x) : f32[2]\n  return %0\n}\n";

class Pipes : public testing::Test {
 protected:
  void SetUp() override {
    bench_.write("m.textproto", kModel);
    ir_ = bench_.succeed("compile m.textproto --passes '' --function=infer").out;
    bench_.write("f.ir", ir_);
  }
  // A command line of bash, in which minnow is the program; what it prints.
  std::string shell(const std::string& line) {
    bench_.write("script",
                 fmt::format("cd '{}'\nminnow() {{ '{}' \"$@\"; }}\n{}\n", bench_.path(), MINNOW_PROGRAM, line));
    const int status = std::system(
        fmt::format("bash '{0}/script' > '{0}/printed' 2> '{0}/complaint' < /dev/null", bench_.path()).c_str());
    return fmt::format("{}{}{}", status == 0 ? "" : fmt::format("[{}] ", status >> 8), bench_.read("printed"),
                       bench_.read("complaint"));
  }
  Outcome fed(const std::string& arguments, const std::string& file) {
    RunOptions options;
    options.in = bench_.path() + "/" + file;
    return bench_.run(arguments, options);
  }

  Workbench bench_;
  std::string ir_;
};

TEST_F(Pipes, CommandsFollowEachOther) {
  const std::string found = shell(
      "minnow compile m.textproto --passes '' --function=infer | minnow opt - --passes cse | minnow run - --input x=1");
  EXPECT_TRUE(found.starts_with("prediction: f32[4,1] = ")) << found;
  EXPECT_EQ(found, shell("minnow run f.ir --passes cse --input x=1"));
  EXPECT_EQ(shell("minnow run <(cat f.ir) --input x=1"), shell("minnow run f.ir --input x=1"));
}

TEST_F(Pipes, AModelComesFromStdinOrAPipe) {
  EXPECT_EQ(fed("check -", "m.textproto").out.substr(0, 15), "<stdin>: stdin\n");
  EXPECT_EQ(fed("train - --out run", "m.textproto").exit_code, 0);
  EXPECT_NE(bench_.read("run/config.textproto").find("name: \"stdin\""), std::string::npos);
  EXPECT_EQ(shell("minnow compile <(cat m.textproto) --passes '' --function=infer"), ir_);
  EXPECT_EQ(fed("check -", "f.ir").err.substr(0, 22), "<stdin>: error: the pr");
  EXPECT_EQ(fed("compile - --passes ''", "f.ir").out, ir_);
  EXPECT_EQ(shell("cat f.ir | minnow compile - --passes ''"), ir_);
  EXPECT_EQ(fed("check - --set training.epochs=3", "m.textproto").exit_code, 0);
  // Stdin is asked for twice, for the function and for the whole model.
  EXPECT_EQ(shell("minnow compile m.textproto --passes '' --function=loss > loss.ir; cat loss.ir | minnow check -")
                .find("error"),
            std::string::npos);
}

TEST_F(Pipes, MistakesInStdinHaveTheirPlace) {
  bench_.write("bad.textproto", "inputs {\n  name: \"x\"\n  shap: [2]\n}\n");
  EXPECT_EQ(fed("check -", "bad.textproto").err,
            "<stdin>:3:3: error: unknown field \"shap\" in Input\n  3 |   shap: [2]\n    |   ^\n  hint: did you mean "
            "\"shape\"?\n");
  bench_.write("empty", "");
  EXPECT_EQ(fed("check -", "empty").err, "<stdin>: error: is empty, so it holds no model\n");
  EXPECT_EQ(fed("run -", "empty").err, "<stdin>: error: is empty, so it holds no IR\n");
  EXPECT_EQ(shell("minnow check - <&-"), "[1] <stdin>: error: cannot open the model file: Bad file descriptor\n");
  EXPECT_EQ(shell("head -c 70000000 /dev/zero | minnow check -"),
            "[1] <stdin>: error: is larger than the 64 MiB that a model file may have\n");
}

TEST_F(Pipes, AnArrayComesFromStdinOrAPipe) {
  bench_.write("g.ir", kIr);
  bench_.write("x.npy", npy("<f8", "2,", std::string("\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\0\xc0", 16)));
  const std::string wanted = "y: f32[2] = 3 -4\n";
  EXPECT_EQ(fed("run g.ir --input x=-", "x.npy").out, wanted);
  EXPECT_EQ(shell("cat x.npy | minnow run g.ir --input x=-"), wanted);
  EXPECT_EQ(shell("cat x.npy | minnow run g.ir --input x=@-"), wanted);
  EXPECT_EQ(shell("minnow run g.ir --input x=@<(cat x.npy)"), wanted);
  EXPECT_EQ(shell("cat x.npy | minnow run g.ir --input n=-"),
            "[1] <stdin>: error: element [0] is 1.5, which i32 does not hold\n");
  EXPECT_EQ(shell("minnow run g.ir --input x=- < /dev/null"), "[1] <stdin>: error: is empty, so it holds no array\n");
}

TEST_F(Pipes, DataComeThroughPipes) {
  bench_.write("t.csv", "0,0\n1,2\n2,4\n");
  const std::string found = shell("minnow data stats t.csv");
  EXPECT_NE(found.find("3 examples"), std::string::npos) << found;
  bench_.write("c.textproto",
               "inputs { name: \"x\" shape: [1] }\nlayers { name: \"fc\" dense { units: 1 } }\n"
               "loss { mean_squared_error {} }\ntraining { epochs: 1 batch_size: 3 }\n"
               "data { csv { train: \"t.csv\" validation: \"t.csv\" } }\n");
  const std::string trained =
      shell("minnow train c.textproto --set data.csv.train=<(cat t.csv) --set data.csv.validation=- < t.csv");
  EXPECT_EQ(trained.find("error"), std::string::npos) << trained;
}

TEST_F(Pipes, ResultsGoToStdout) {
  const std::string all = bench_.succeed("opt f.ir --passes cse").out;
  EXPECT_EQ(bench_.succeed("opt f.ir --passes cse -o -").out, all);
  EXPECT_EQ(bench_.succeed("opt f.ir --passes cse -o out.ir").out, "");
  EXPECT_EQ(bench_.read("out.ir"), all);
  EXPECT_EQ(bench_.succeed("compile m.textproto --passes '' --function=infer -o -").out, ir_);
  EXPECT_EQ(bench_.succeed("plot --op tanh -o -").out.substr(0, 4), "<svg");
  EXPECT_EQ(shell("minnow opt f.ir -o - | head -c 0"), "");
}

}  // namespace
}  // namespace minnow
