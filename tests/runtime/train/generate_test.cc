#include "runtime/train/generate.h"

#include <gmock/gmock.h>

#include <cmath>

#include "ir/random.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {
namespace {

constexpr int64_t kLength = 9, kVocabulary = 11;

struct Network {
  std::string name;
  std::string layers;  // from numbers [kLength, 12] to numbers for each position
  bool has_context = false;
};

const Network kNetworks[] = {
    {"Rnn", "layers { name: 'h' rnn { units: 7 activation: RELU } }"},
    {"Gru", "layers { name: 'h' gru { units: 7 layers: 2 dropout: 0.5 } }"},
    {"KerasGru", "layers { name: 'h' gru { units: 17 convention: KERAS } }"},
    {"Lstm", "layers { name: 'h' lstm { units: 16 layers: 2 } }"},
    {"KerasLstm", "layers { name: 'h' lstm { units: 5 layers: 3 convention: KERAS } }"},
    {"SharedLstm",
     "layers { name: 'a' lstm { units: 12 } } layers { name: 'b' share: 'a' lstm { units: 12 } }"
     "layers { name: 'h' inputs: ['a', 'b'] add {} }"},
    {"Sinusoidal",
     "layers { name: 'p' position {} } layers { name: 'a' attention { heads: 3 causal: true } }"
     "layers { name: 'h' inputs: ['p', 'a'] add {} }",
     true},
    {"Learned",
     "layers { name: 'p' position { code: LEARNED weight_init { normal { sigma: 1 } } } }"
     "layers { name: 'n' layer_norm {} } layers { name: 'a' attention { heads: 4 causal: true dropout: 0.1 } }"
     "layers { name: 's' inputs: ['p', 'a'] add {} } layers { name: 'm' rms_norm {} }"
     "layers { name: 'd' dense { units: 24 per_position: true activation: GELU } }"
     "layers { name: 'g' glu { gate: SILU } } layers { name: 'h' inputs: ['s', 'g'] add {} }",
     true},
    {"RotaryGroups",
     "layers { name: 'a' attention { heads: 6 width: 4 key_value_heads: 2 causal: true rotary: true } }"
     "layers { name: 'b' attention { heads: 2 causal: true rotary: true bias: false } }"
     "layers { name: 'h' inputs: ['a', 'b'] concat { axis: 1 } }",
     true},
    {"Features",
     "layers { name: 'a' slice { axis: 1 start: 2 stride: 3 } } layers { name: 'b' softmax {} }"
     "layers { name: 'c' inputs: 'e' reduce { function: MEAN axes: 1 keep: true } }"
     "layers { name: 'd' inputs: ['b', 'c'] mul {} } layers { name: 'f' dropout { rate: 0.5 } }"
     "layers { name: 'h' activation { function: TANH } }"},
};

std::string text_of(const Network& network) {
  return "inputs { name: 'x' shape: 9 type: I32 }\n"
         "layers { name: 'e' embedding { vocabulary: 11 units: 12 weight_init { normal { sigma: 1 } } } }\n" +
         network.layers +
         "\nlayers { name: 'y' dense { units: 11 per_position: true } }\nloss { softmax_cross_entropy {} }\n";
}

std::unique_ptr<Session> open(const std::string& text, Backend backend, ThreadPool& pool) {
  const TemporaryFolder folder;
  auto loaded = read_experiment(folder.write("m.textproto", text));
  EXPECT_TRUE(loaded) << loaded.error().to_string();
  SessionOptions options;
  options.backend = backend;
  options.trains = false;
  auto session = Session::create(*std::move(loaded), options, pool);
  EXPECT_TRUE(session) << session.error().to_string();
  return *std::move(session);
}

std::vector<int32_t> drawn_tokens(int64_t count) {
  std::vector<int32_t> tokens;
  const RandomSequence random{7, 1, 0};
  for (int64_t i = 0; i < count; ++i)
    tokens.push_back(static_cast<int32_t>(random.bits(static_cast<uint64_t>(i)) % kVocabulary));
  return tokens;
}

// log p of every token at every position of a window.
std::vector<double> inferred(Session& session, std::span<const int32_t> tokens) {
  Batch batch;
  Tensor& fed = batch.tensors.emplace("x", Tensor::zeros({DType::kI32, {1, kLength}})).first->second;
  std::ranges::copy(tokens, fed.as<int32_t>().begin());
  const auto prediction = session.infer(batch);
  EXPECT_TRUE(prediction);
  std::vector<double> logs;
  for (const float p : (*prediction)->as<float>()) logs.push_back(std::log(static_cast<double>(p)));
  return logs;
}

// The logits, shifted so that they are log p.
void expect_same(std::span<const float> logits, std::span<const double> logs) {
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
  for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i] - std::log(sum), logs[i], 1e-5);
}

class Generated : public testing::TestWithParam<std::tuple<Network, Backend>> {};

TEST_P(Generated, ScoresAreThoseOfTheWholeWindow) {
  const auto& [network, backend] = GetParam();
  ThreadPool pool(2);
  const auto session = open(text_of(network), backend, pool);
  const auto generator = Generator::create(*session);
  ASSERT_TRUE(generator) << generator.error().to_string();
  EXPECT_EQ((*generator)->context(), network.has_context ? kLength : 0);
  const std::vector<int32_t> tokens = drawn_tokens(kLength + 2);
  const std::vector<double> logs = inferred(*session, std::span(tokens).first(kLength));
  for (size_t t = 0; t < kLength; ++t) {
    const auto logits = (*generator)->feed(tokens[t]);
    ASSERT_TRUE(logits) << logits.error().to_string();
    expect_same(*logits, std::span(logs).subspan(t * kVocabulary, kVocabulary));
  }
  if (!network.has_context) return;
  // From now on the second half of the window is what the network knows.
  const std::span<const int32_t> rest = std::span(tokens).last(kLength / 2 + 2);
  const std::vector<double> later = inferred(*session, rest);
  for (size_t t = kLength / 2; t < rest.size(); ++t)
    expect_same(*(*generator)->feed(rest[t]), std::span(later).subspan(t * kVocabulary, kVocabulary));
}

INSTANTIATE_TEST_SUITE_P(Networks, Generated,
                         testing::Combine(testing::ValuesIn(kNetworks),
                                          testing::Values(Backend::kJit, Backend::kInterpreter)),
                         [](const auto& info) {
                           const bool is_compiled = std::get<1>(info.param) == Backend::kJit;
                           return std::get<0>(info.param).name + (is_compiled ? "Compiled" : "Interpreted");
                         });

TEST(Generator, TextsBeginAnew) {
  ThreadPool pool(1);
  const auto session = open(text_of(kNetworks[3]), Backend::kInterpreter, pool);
  const auto first = *Generator::create(*session);
  const auto scores = *first->feed(3);
  const std::vector<float> kept(scores.begin(), scores.end());
  first->feed(4).value();
  const auto second = *Generator::create(*session);
  EXPECT_THAT(*second->feed(3), testing::ElementsAreArray(kept));
}

TEST(Generator, WindowsOfOneToken) {
  ThreadPool pool(1);
  std::string text = text_of(kNetworks[6]);
  text.replace(text.find("shape: 9"), 8, "shape: 1");
  const auto session = open(text, Backend::kJit, pool);
  const auto generator = *Generator::create(*session);
  const auto first = *generator->feed(3);
  const std::vector<float> kept(first.begin(), first.end());
  EXPECT_THAT(*generator->feed(3), testing::ElementsAreArray(kept));
}

TEST(Generator, ScoresThatAreNotFiniteEndIt) {
  ThreadPool pool(1);
  const auto session = open(text_of(kNetworks[0]), Backend::kInterpreter, pool);
  session->tensors().at("y.bias").as<float>()[2] = NAN;
  const auto generator = *Generator::create(*session);
  const auto scores = generator->feed(1);
  ASSERT_FALSE(scores);
  EXPECT_EQ(scores.error().code, ExitCode::kMismatch);
  EXPECT_THAT(scores.error().message, testing::HasSubstr("not finite: element 2"));
}

const std::vector<float> kLogits = {1, 3, 2, 3};

// How often each token is chosen, of 20,000.
std::vector<int> counts(const SamplingOptions& options) {
  std::vector<int> counts(kLogits.size());
  for (uint64_t i = 0; i < 20000; ++i) ++counts[static_cast<size_t>(choose_token(kLogits, options, i))];
  return counts;
}

TEST(ChooseToken, ByTheProbabilities) {
  double sum = 0;
  for (const float logit : kLogits) sum += std::exp(logit / 2.0);
  const std::vector<int> found = counts({.temperature = 2});
  for (size_t i = 0; i < kLogits.size(); ++i) EXPECT_NEAR(found[i] / 20000.0, std::exp(kLogits[i] / 2.0) / sum, 0.015);
}

TEST(ChooseToken, OnlyOfTheLikeliest) {
  using testing::ElementsAre;
  using testing::Gt;
  EXPECT_THAT(counts({.temperature = 0}), ElementsAre(0, 20000, 0, 0));
  EXPECT_THAT(counts({.temperature = 1e-300}), ElementsAre(0, Gt(9000), 0, Gt(9000)));
  EXPECT_THAT(counts({.temperature = 1, .top_k = 1}), ElementsAre(0, 20000, 0, 0));
  EXPECT_THAT(counts({.temperature = 100, .top_k = 2}), ElementsAre(0, Gt(9000), 0, Gt(9000)));
  EXPECT_THAT(counts({.temperature = 100, .top_k = 3}), ElementsAre(0, Gt(6000), Gt(6000), Gt(6000)));
  EXPECT_THAT(counts({.temperature = 1, .top_p = 0}), ElementsAre(0, 20000, 0, 0));
  EXPECT_THAT(counts({.temperature = 1, .top_p = 0.6}), ElementsAre(0, Gt(9000), 0, Gt(9000)));
  EXPECT_THAT(counts({.temperature = 1, .top_p = 0.9}), ElementsAre(0, Gt(7000), Gt(2000), Gt(7000)));
}

TEST(ChooseToken, OnePlaceAndSeedOneChoice) {
  const auto text = [](uint32_t seed) {
    std::vector<int32_t> tokens;
    for (uint64_t i = 0; i < 100; ++i) tokens.push_back(choose_token(kLogits, {.seed = seed}, i));
    return tokens;
  };
  EXPECT_EQ(text(1), text(1));
  EXPECT_NE(text(1), text(2));
}

}  // namespace
}  // namespace minnow
