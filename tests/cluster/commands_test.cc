// What else ranks do together: evaluate, and measure.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cluster/mpirun.h"

namespace minnow::testing {
namespace {

using Json = nlohmann::json;

class CommandsOnRanks : public RanksTest {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_RANKS();
    bench_.write("m.textproto",
                 glyphs_model(R"(layers { name: "conv" conv2d { filters: 8 kernel: 5 activation: RELU } })",
                              "learning_rate: 0.02 batch_size: 64 epochs: 1", 300, 100));
  }
  Outcome run(int ranks, const std::string& arguments) const {
    const Outcome outcome = RanksTest::run(ranks, arguments);
    EXPECT_EQ(outcome.exit_code, 0) << arguments << "\n" << outcome.err;
    return outcome;
  }
};

TEST_F(CommandsOnRanks, EvaluateAsOneProcessDoes) {
  run(1, "train m.textproto --out run");
  const std::string alone = run(1, "eval run -o alone.svg").out;
  EXPECT_EQ(run(3, "eval run -o together.svg").out, alone);
  EXPECT_EQ(bench_.read("together.svg"), bench_.read("alone.svg"));
  const Outcome missing = bench_.run("eval m.textproto --weights nowhere.safetensors", on_ranks(2));
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(count_of(words_of_minnow(missing.err), "error: "), 1) << missing.err;
}

TEST_F(CommandsOnRanks, ProfileSaysWhatEachComputesAndWaitsFor) {
  const auto profile = Json::parse(run(2, "profile m.textproto --threads 1 --repeats 5 --json --trace t.json").out);
  ASSERT_EQ(profile["ranks"].size(), 2);
  const auto planned = Json::parse(run(1, "profile m.textproto --repeats 2 --ranks 2 --json").out)["division"];
  int64_t most = 0;
  for (const auto& rank : profile["ranks"]) most = std::max(most, rank["bytes_received"].get<int64_t>());
  EXPECT_EQ(planned["received_bytes"], most);
  for (const auto& rank : profile["ranks"]) {
    EXPECT_GT(rank["computing_seconds"], 0);
    EXPECT_GE(rank["waiting_seconds"], 0);
    EXPECT_GT(rank["bytes_sent"], 0);
  }
  EXPECT_NE(bench_.read("t.json").find("traceEvents"), std::string::npos);
  EXPECT_EQ(count_of(run(2, "profile m.textproto --threads 1 --repeats 2").out, "KiB received"), 1);
}

TEST_F(CommandsOnRanks, BenchTimesAStepOfAll) {
  const auto json = Json::parse(run(2, "bench m.textproto --threads 1 --repeats 2 --json").out);
  ASSERT_EQ(json["results"].size(), 2);  // without and with fusion
  for (const auto& row : json["results"]) {
    EXPECT_EQ(row["ranks"], 2);
    EXPECT_EQ(row["backend"], "jit");
  }
  // Told before anything else is looked at.
  const Outcome refused = RanksTest::run(2, "bench missing.textproto --on-request");
  EXPECT_EQ(count_of(words_of_minnow(refused.err), "--on-request: error: is of one process"), 1) << refused.err;
}

}  // namespace
}  // namespace minnow::testing
