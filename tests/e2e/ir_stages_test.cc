// The program between its passes: printed, compared, cut short, written to files, and run from any of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

constexpr char kModel[] = R"(inputs { name: "image" shape: [1, 8, 8] }
layers { name: "conv" conv2d { filters: 2 kernel: 3 activation: SIGMOID } }
layers { name: "pool" max_pool { kernel: 2 } }
layers { name: "fc" dense { units: 3 } }
loss { softmax_cross_entropy {} }
training { momentum {} batch_size: 16 epochs: 1 }
)";

class IrStages : public testing::Test {
 protected:
  void SetUp() override { bench_.write("m.textproto", kModel); }

  std::string out(const std::string& arguments) { return bench_.succeed(arguments).out; }
  void expect_usage_error(const std::string& arguments, const std::string& expected) {
    const Outcome outcome = bench_.run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_TRUE(outcome.err.starts_with(expected)) << outcome.err;
  }
  // Writes the stages of a function; answers the files in order.
  std::vector<std::string> tree(const std::string& function) {
    bench_.succeed("compile m.textproto --print-ir-tree-dir tree -o last.ir --function " + function);
    std::vector<std::string> stages;
    for (const std::string& file : bench_.files())
      if (file.starts_with("tree/" + function + "/") && file.ends_with(".ir")) stages.push_back(file);
    return stages;
  }

  Workbench bench_;
};

TEST_F(IrStages, PrintedAfterAllBeforeAndAfterOne) {
  const Outcome all = bench_.succeed("compile m.textproto --print-ir-after-all --time-passes");
  EXPECT_EQ(count_of(all.err, "// ---- after "), 22);
  EXPECT_NE(all.err.find("// ---- after fuse ----\nfunc @train_step("), std::string::npos);
  EXPECT_NE(all.err.find(" ms  changed"), std::string::npos);
  EXPECT_EQ(all.out, out("compile m.textproto"));
  const Outcome some = bench_.succeed("compile m.textproto --print-ir-before cse --print-ir-after fuse");
  EXPECT_EQ(count_of(some.err, "// ---- before cse ----"), 2);
  EXPECT_EQ(count_of(some.err, "// ---- "), 3);
  EXPECT_LT(count_of(bench_.succeed("compile m.textproto --print-ir-changes").err, "// ---- "), 12);
}

TEST_F(IrStages, DiffShowsOnlyWhatChanged) {
  const std::string diff = bench_.succeed("compile m.textproto --passes cse,fuse,fuse --print-ir-diff").err;
  EXPECT_NE(diff.find("// ---- 2 @train_step by fuse: "), std::string::npos);
  EXPECT_EQ(diff.find("// ---- 3"), std::string::npos) << "the second changes nothing";
  EXPECT_NE(diff.find("\n+     %b0 = dot("), std::string::npos);
  EXPECT_NE(diff.find("\n- "), std::string::npos);
  EXPECT_EQ(diff.find('\x1b'), std::string::npos) << "no terminal, no colour";
}

TEST_F(IrStages, CutShort) {
  EXPECT_EQ(out("compile m.textproto --stop-after cse"),
            out("compile m.textproto --passes flatten-space,canonicalize,fold-constants,cse"));
  EXPECT_EQ(out("compile m.textproto --stop-after stage-blocks"), out("compile m.textproto"));
  const Outcome limited = bench_.succeed("compile m.textproto --opt-bisect-limit 2");
  EXPECT_EQ(limited.out, out("compile m.textproto --passes flatten-space,canonicalize"));
  EXPECT_NE(limited.err.find("pass 2 on @train_step runs: canonicalize\n"), std::string::npos);
  EXPECT_NE(limited.err.find("pass 20 on @train_step is left out: fuse\n"), std::string::npos);
  bench_.write("f.ir", out("compile m.textproto --passes ' ' --function infer"));
  EXPECT_EQ(out("opt f.ir --passes default --opt-bisect-limit 0"), bench_.read("f.ir"));
}

TEST_F(IrStages, UnknownNamesAreToldWithTheNearest) {
  for (const char* flag : {"--passes", "--print-ir-before", "--print-ir-after", "--stop-after"})
    expect_usage_error(std::string("compile m.textproto ") + flag + " fuze",
                       "error: unknown pass \"fuze\"\n  hint: did you mean \"fuse\"?\n");
  expect_usage_error("compile m.textproto --function trainstep",
                     "--function: error: there is no function \"trainstep\"\n  hint: did you mean train_step?\n");
  for (const char* wrong : {"cse,0", "cse,x", "cse,"})
    expect_usage_error(std::string("compile m.textproto --stop-after ") + wrong, "--stop-after cse,");
  expect_usage_error("compile m.textproto --stop-after cse,3", "--stop-after cse,3: error: cse runs only 2 times");
  expect_usage_error("compile m.textproto --passes dce --stop-after cse",
                     "--stop-after cse: error: cse is none of the passes to run");
  bench_.write("f.ir", "func @double(%x: f32[2]) -> (y: f32[2]) {\n  %0 = add(%x, %x) : f32[2]\n  return %0\n}\n");
  expect_refused(bench_, "compile f.ir --function duble",
                 "f.ir: error: there is no function @duble\n  hint: did you mean double?\n");
}

TEST_F(IrStages, EveryStageReadsBackAndComputesTheSame) {
  const std::vector<std::string> stages = tree("infer");
  ASSERT_EQ(stages.size(), 23U);
  EXPECT_EQ(stages[0], "tree/infer/00-lowered.ir");
  EXPECT_EQ(stages[4], "tree/infer/04-cse.ir");
  EXPECT_EQ(bench_.read(stages.back()), bench_.read("last.ir"));
  const std::string inputs = " --input image=200 --input conv.weight=0.2 --input fc.weight=0.1 --input fc.bias=1";
  const std::string expected = out("run " + stages[0] + inputs + " --backend interpreter");
  for (const std::string& stage : stages) {
    EXPECT_EQ(out("opt " + stage), bench_.read(stage)) << stage;
    EXPECT_EQ(out("run " + stage + inputs).substr(0, 40), expected.substr(0, 40)) << stage;
  }
}

TEST_F(IrStages, CodeIsTheLastStageOfTheTree) {
  tree("infer");
  EXPECT_EQ(bench_.read("tree/infer/23-kernels.ll"), out("compile m.textproto --function infer --emit llvm"));
  EXPECT_EQ(bench_.read("tree/infer/23-kernels.s"), out("compile m.textproto --function infer --emit asm"));
}

TEST_F(IrStages, EveryStageGoesTheRestOfTheWay) {
  for (const std::string& stage : tree("train_step")) {
    EXPECT_NE(out("compile " + stage + " --emit llvm").find("define void @train_step."), std::string::npos) << stage;
    EXPECT_EQ(out("opt " + stage), bench_.read(stage)) << stage;
  }
}

TEST_F(IrStages, IrIsMeasuredLikeAModel) {
  const std::string stage = tree("train_step").at(3);
  EXPECT_NE(out("bench --repeats 1 --threads 1 " + stage).find("@train_step: 0."), std::string::npos);
  EXPECT_NE(out("bench --repeats 1 --json " + stage).find("\"speedup\""), std::string::npos);
  EXPECT_NE(out("profile --repeats 2 " + stage).find("conv "), std::string::npos);
  expect_usage_error("profile m.textproto --function loss", "--function: error: \"loss\" cannot be measured");
}

TEST_F(IrStages, LlvmsPassesAreTimedToo) {
  const std::string times = bench_.succeed("compile m.textproto --emit asm --time-passes").err;
  for (const char* part : {"fuse ", "all passes", "InstCombinePass", "Greedy Register Allocator"})
    EXPECT_NE(times.find(part), std::string::npos) << part;
}

// Every kernel has a line above it that names its ops and layer.
TEST_F(IrStages, LlvmAndAssemblySayWhatAKernelIs) {
  const std::string llvm = out("compile m.textproto --emit llvm");
  EXPECT_EQ(count_of(llvm, "\n; %") + count_of(llvm, "\n; copy"), count_of(llvm, "\ndefine void @"));
  EXPECT_TRUE(std::regex_search(
      llvm, std::regex("; %\\d+/%b\\d+ = conv[+a-z_]*, layer \"conv\", forward: [^\n]*\n[^\n]*\ndefine void "
                       "@train_step.conv.forward.conv\\(")));
  const std::string assembly = out("compile m.textproto --emit asm --target x86_64-linux-gnu --cpu x86-64-v3");
  EXPECT_TRUE(std::regex_search(
      assembly,
      std::regex("\n# %\\d+/%b\\d+ = conv[+a-z_]*, layer \"conv\", forward: [^\n]*\ntrain_step.conv.forward.conv:")));
  const std::string arm = out("compile m.textproto --emit asm --target aarch64-linux-gnu --cpu generic");
  EXPECT_NE(arm.find("\n// %"), std::string::npos);
}

TEST_F(IrStages, ThePictureHasABoxForEveryOp) {
  const std::string svg = out("compile m.textproto --emit svg --passes ' '");
  const std::string ir = out("compile m.textproto --passes ' '");
  for (const char* op : {"window_max", "conv_filter", "reduce_max"})
    EXPECT_EQ(count_of(svg, std::string(" ") + op + "</text>"), count_of(ir, std::string("= ") + op + "(")) << op;
  EXPECT_EQ(count_of(svg, "<g"), count_of(svg, "</g>"));
  EXPECT_EQ(count_of(svg, "<text"), count_of(svg, "</text>"));
}

}  // namespace
}  // namespace minnow
