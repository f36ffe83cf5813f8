// The report of a run, as a user asks for it.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/e2e/program.h"

namespace minnow {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kModel[] = R"(inputs { name: "image" shape: [1, 28, 28] }
layers { name: "conv" conv2d { filters: 2 kernel: 5 } }
layers { name: "pool" max_pool { kernel: 4 } }
layers { name: "fc" dense { units: 10 } }
loss { softmax_cross_entropy {} }
training { batch_size: 20 epochs: 2 }
data { builtin: GLYPHS train_examples: 100 validation_examples: 50 }
)";

class ReportCommand : public testing::Test {
 protected:
  void SetUp() override { bench_.write("m.textproto", kModel); }
  // The page about those runs.
  std::string report(const std::string& runs, const std::string& flags = "--repeats 2") {
    bench_.succeed("report " + runs + " " + flags + " -o r.html");
    return bench_.read("r.html");
  }
  Workbench bench_;
};

constexpr const char* kSections[] = {"model", "curves", "validation", "kernels", "memory", "configuration"};

TEST_F(ReportCommand, ShowsARunOnOnePage) {
  bench_.succeed("train m.textproto --out run --log-gradients");
  const std::string page = report("run");
  for (const char* section : kSections) EXPECT_THAT(page, HasSubstr("<section id=\"" + std::string(section) + "\">"));
  EXPECT_THAT(page, HasSubstr("<section id=\"gradients\">"));
  EXPECT_THAT(page, HasSubstr("finished: 2 epochs"));
  EXPECT_EQ(count_of(page, "<image"), 16);
  EXPECT_THAT(page, HasSubstr("Confusion matrix"));
  EXPECT_THAT(page, HasSubstr("max_pool"));
  EXPECT_THAT(page, HasSubstr("window_max"));
  EXPECT_THAT(page, HasSubstr("The arena in a training step"));
  EXPECT_THAT(page, HasSubstr("train_examples: 100"));
  EXPECT_THAT(page, Not(HasSubstr("class=\"missing\"")));
}

TEST_F(ReportCommand, FetchesNothing) {
  bench_.succeed("train m.textproto --out run");
  std::string page = report("run");
  for (size_t at; (at = page.find("http://www.w3.org/2000/svg")) != std::string::npos;) page.erase(at, 26);
  EXPECT_THAT(page, Not(HasSubstr("http")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<link")));
  EXPECT_LT(page.size(), size_t{2} << 20);
}

TEST_F(ReportCommand, ComparesRuns) {
  bench_.succeed("train m.textproto --out a");
  bench_.succeed("train m.textproto --out b --lr 0.5 --set layers.conv.conv2d.filters=3");
  const std::string page = report("a b", "--repeats 0");
  EXPECT_THAT(page, HasSubstr("<td class=\"text\">training.learning_rate</td>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"text\">layers.conv.conv2d.filters</td><td>2</td><td>3</td>"));
  EXPECT_THAT(page, Not(HasSubstr("training.batch_size</td>")));
  EXPECT_THAT(page, HasSubstr("a validation"));
  EXPECT_THAT(page, HasSubstr("b validation"));
  EXPECT_EQ(count_of(page, "<details class=\"run\">"), 2);
  EXPECT_THAT(page, HasSubstr("<section id=\"run2-memory\">"));
  EXPECT_EQ(count_of(page, "not measured"), 2);
}

TEST_F(ReportCommand, TellsRunsOfTheSameNameApart) {
  bench_.succeed("train m.textproto --out x/run");
  bench_.succeed("train m.textproto --out y/run");
  const std::string page = report("x/run y/run/", "--repeats 0");
  EXPECT_THAT(page, HasSubstr("x/run: finished"));
  EXPECT_THAT(page, HasSubstr("y/run/: finished"));
  EXPECT_THAT(page, HasSubstr("Their configurations are the same."));
}

TEST_F(ReportCommand, TellsHowARunEnded) {
  bench_.succeed("train m.textproto --out unfinished --steps 7");
  EXPECT_THAT(report("unfinished"),
              HasSubstr("unfinished: 1 of 2 epochs; go on with: minnow train --resume unfinished"));
  bench_.succeed("train m.textproto --out barely --steps 1");
  EXPECT_THAT(report("barely"), HasSubstr("no epoch is done yet"));
  bench_.succeed("train m.textproto --out early --epochs 30 --lr 1e-12 --set training.early_stopping.patience=2");
  EXPECT_THAT(report("early"), HasSubstr("stopped early: 3 of 30 epochs"));
  const std::string diverging = "train m.textproto --lr 1000 --set loss.softmax_cross_entropy.form=NAIVE";
  EXPECT_EQ(bench_.run(diverging + " --out diverged").exit_code, 3);
  EXPECT_THAT(report("diverged"), HasSubstr("diverged: "));
  EXPECT_THAT(report("unfinished barely early diverged", "--repeats 0"),
              HasSubstr("<td class=\"text\">stopped early</td>"));
}

TEST_F(ReportCommand, WritesThePageWhateverIsDamaged) {
  bench_.succeed("train m.textproto --out run");
  const std::string weights = bench_.read("run/best.safetensors");
  bench_.write("run/best.safetensors", weights.substr(0, weights.size() / 2));
  EXPECT_THAT(report("run"), HasSubstr("damaged: run/best.safetensors: error:"));
  bench_.write("run/best.safetensors", weights);
  bench_.write("run/metrics.csv", "epoch,<script>\n1,2\n");
  const std::string page = report("run");
  EXPECT_THAT(page, HasSubstr("damaged: run/metrics.csv: error:"));
  EXPECT_THAT(page, HasSubstr("Confusion matrix"));
  bench_.write("run/config.textproto", "layers { name: \"</pre><script>alert(1)</script>`\x1b[31m\" }");
  const std::string broken = report("run");
  EXPECT_THAT(broken, HasSubstr("damaged: run/config.textproto:"));
  EXPECT_THAT(broken, HasSubstr("&lt;/pre&gt;&lt;script&gt;"));
  EXPECT_THAT(broken, Not(HasSubstr("<script")));
  EXPECT_THAT(broken, Not(HasSubstr("\x1b")));
}

TEST_F(ReportCommand, SaysWhichDataItLacks) {
  bench_.write("d/train.csv", "1,2,a\n3,4,b\n5,6,a\n7,8,b\n");
  bench_.write("d/test.csv", "1,2,a\n3,4,b\n");
  bench_.write("c.textproto", R"(inputs { name: "x" shape: [2] }
layers { name: "fc" dense { units: 2 } }
loss { softmax_cross_entropy {} }
training { batch_size: 2 epochs: 1 }
data { csv { train: "train.csv" validation: "test.csv" } }
)");
  bench_.succeed("train c.textproto --data-dir d --out run");
  std::filesystem::rename(bench_.path() + "/d", bench_.path() + "/e");
  const std::string page = report("run");
  EXPECT_THAT(page, HasSubstr("<p class=\"missing\">"));
  EXPECT_THAT(page, HasSubstr("train.csv"));
  EXPECT_THAT(page, HasSubstr("The arena in a training step"));
  const std::string whole = report("run", "--data-dir e --repeats 2");
  EXPECT_THAT(whole, HasSubstr("Confusion matrix"));
  EXPECT_THAT(whole, AnyOf(HasSubstr("taken for"), HasSubstr("No example is taken for another class.")));
}

TEST_F(ReportCommand, ShowsHostileNamesAsText) {
  std::string pixels;
  for (int i = 0; i < 49; ++i) pixels += std::to_string(i) + ",";
  bench_.write("d/train.csv", pixels + "<b>`'\x1b\n" + pixels + "b\n" + pixels + "<b>`'\x1b\n" + pixels + "b\n");
  bench_.write("c.textproto", R"(name: "<script>`\"'"
inputs { name: "x" shape: [49] }
layers { name: "fc" dense { units: 2 } }
loss { softmax_cross_entropy {} }
training { batch_size: 2 epochs: 1 }
data { csv { train: "train.csv" validation: "train.csv" } }
)");
  bench_.succeed("train c.textproto --data-dir d --out 'runs/" + std::string("<script>\x1b`\"") + "'");
  const std::string page = report("'runs/" + std::string("<script>\x1b`\"") + "'", "--data-dir d --repeats 2");
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<b>`")));
  EXPECT_THAT(page, Not(HasSubstr("\x1b")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;\\x1b`&quot;"));
  EXPECT_THAT(page, HasSubstr("&lt;b&gt;`'\\x1b"));
  EXPECT_THAT(page, HasSubstr("<image"));
}

TEST_F(ReportCommand, RefusesWhatIsNoRun) {
  bench_.succeed("train m.textproto --out runs/first");
  EXPECT_EQ(bench_.run("report").exit_code, 2);
  expect_refused(bench_, "report runs/frist",
                 "runs/frist: error: there is no such run folder\n  hint: did you mean runs/first?");
  expect_refused(bench_, "report runs/first runs/nowhere", "runs/nowhere: error: there is no such run folder");
  expect_refused(bench_, "report runs", "runs: error: is no run folder, but holds some\n  hint: minnow report runs/*/");
  expect_refused(bench_, "report runs/first/metrics.csv", "runs/first/metrics.csv: error: is a file");
  expect_refused(bench_, "report runs/first --repeats 0 -o none/r.html", "none/r.html: error:");
}

}  // namespace
}  // namespace minnow
