#include "tools/generate_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "frontend/load/text_data.h"
#include "ir/printable.h"
#include "runtime/data/text.h"
#include "runtime/train/progress.h"

namespace minnow {
namespace {

using Text = spec::Data::Text;

// The text that the network learnt: how it was read, and its tokens.
struct Language {
  Text spec;
  Vocabulary vocabulary;

  // What the token adds to a text.
  std::string written(int32_t token, bool is_first) const {
    if (spec.level() == Text::BYTE) return {static_cast<char>(token)};
    const std::string& name = vocabulary.tokens[static_cast<size_t>(token)];
    return spec.level() == Text::WORD && !is_first ? " " + name : name;
  }
};

// The names of the tokens are kept with the weights; weights from elsewhere have none, but the text has.
Result<Language> language_of(const TrainedModel& trained, const DataFlags& flags, ThreadPool& pool) {
  const spec::Data& data = trained.session->model().model.data();
  if (!is_text(data))
    return fail_with_hint("--prompt", "is for networks that are trained on a text, and this one is not",
                          "`data { text { file: 'FILE' } }` in the model names one");
  std::vector<std::string> names(trained.class_names.begin(), trained.class_names.begin() + trained.named_classes);
  if (names.empty()) {
    MINNOW_ASSIGN(const DataSplits splits, flags.load(*trained.session, pool));
    names = splits.train.class_names;
  }
  Language language{text_of(data), {std::move(names), false}};
  language.vocabulary.has_unknown = language.spec.unknown() && language.vocabulary.tokens.front() == "<unk>";
  return language;
}

// Without a prompt: behind a line break or, where there is none, a blank.
Result<std::vector<int32_t>> default_beginning(const Language& language) {
  if (language.spec.level() == Text::BYTE) return std::vector<int32_t>{'\n'};
  const std::vector<std::string>& tokens = language.vocabulary.tokens;
  for (const char* name : {"\n", " "})
    if (const auto found = std::ranges::find(tokens, name); found != tokens.end())
      return std::vector<int32_t>{static_cast<int32_t>(found - tokens.begin())};
  return fail_with_hint("--prompt", "is empty, and the text has neither line breaks nor blanks to begin behind",
                        "--prompt with a word of the text");
}

// The tokens of the prompt that the network does not know: an error, or a note where they become <unk>.
Status check_known(const Language& language, std::span<const std::string_view> tokens, bool quiet) {
  if (language.spec.level() == Text::BYTE) return {};
  const std::vector<std::string>& names = language.vocabulary.tokens;
  const std::unordered_set<std::string_view> known(names.begin(), names.end());
  const auto missing = std::ranges::find_if(tokens, [&](std::string_view token) { return !known.contains(token); });
  if (missing == tokens.end()) return {};
  const bool has_words = language.spec.level() == Text::WORD;
  const std::string what = fmt::format("\"{}\", {} {}, is not in the vocabulary of the network", printable(*missing),
                                       has_words ? "word" : "character", missing - tokens.begin() + 1);
  if (language.vocabulary.has_unknown) {
    if (!quiet) print_notes({fmt::format("--prompt: {}, which reads <unk>", what)});
    return {};
  }
  return fail_with_hint("--prompt", what,
                        has_words ? fmt::format("it knows {} words", names.size())
                                  : fmt::format("it knows {}", printable(fmt::format("{}", fmt::join(names, "")))));
}

struct Prompt {
  std::vector<int32_t> tokens;
  bool is_written = true;
};

Result<Prompt> read_prompt(const std::string& given, const Language& language, bool quiet) {
  std::string text;
  if (!given.empty()) {
    MINNOW_ASSIGN(text, prepare_text(given, language.spec, "--prompt"));
  }
  const std::vector<std::string_view> tokens = split_tokens(text, language.spec.level());
  if (tokens.empty()) {
    MINNOW_ASSIGN(std::vector<int32_t> beginning, default_beginning(language));
    return Prompt{std::move(beginning), false};
  }
  MINNOW_TRY(check_known(language, tokens, quiet));
  MINNOW_ASSIGN(const Tensor encoded, encode_text(text, language.spec, language.vocabulary, "--prompt"));
  const auto numbers = encoded.as<int32_t>();
  return Prompt{{numbers.begin(), numbers.end()}};
}

// A token at a time on stdout. A terminal is spared what moves its cursor.
class Writer {
 public:
  Writer(const Language& language, bool is_silent)
      : language_(language), is_silent_(is_silent), is_terminal_(ProgressStyle::detect(stdout).is_terminal) {}

  void write(int32_t token) {
    std::string text = language_.written(token, is_first_);
    is_first_ = false;
    all_ += text;
    if (is_silent_) return;
    const bool is_part = language_.spec.level() == Text::BYTE && static_cast<unsigned char>(text[0]) >= 0x80;
    if (is_terminal_ && !is_part) text = printable(text, true);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }
  void end() const {
    std::fputs("\n", stdout);
    std::fflush(stdout);  // before what goes to stderr
  }
  const std::string& all() const { return all_; }

 private:
  const Language& language_;
  const bool is_silent_, is_terminal_;
  bool is_first_ = true;
  std::string all_;
};

Status check_flags(const GenerateFlags& flags, size_t tokens) {
  const auto refuse = [](std::string where, std::string what) {
    return tl::unexpected(Error{std::move(where), std::move(what), {}, ExitCode::kUsage});
  };
  if (std::isnan(flags.sampling.temperature)) return refuse("--temperature", "is not a number");
  if (std::isnan(flags.sampling.top_p)) return refuse("--top-p", "is not a number");
  if (flags.sampling.top_k > static_cast<int64_t>(tokens))
    return refuse(fmt::format("--top-k {}", flags.sampling.top_k),
                  fmt::format("there are only {} tokens to choose from", tokens));
  return {};
}

// Writes and returns the tokens behind the prompt.
Result<std::vector<int32_t>> write_on(Generator& generator, const Prompt& prompt, int64_t length,
                                      const SamplingOptions& sampling, size_t tokens, Writer& writer) {
  std::span<const float> logits;
  for (const int32_t token : prompt.tokens) {
    if (prompt.is_written) writer.write(token);
    MINNOW_ASSIGN(logits, generator.feed(token));
  }
  std::vector<int32_t> generated;
  for (int64_t i = 0; i < length; ++i) {
    if (i > 0) {
      MINNOW_ASSIGN(logits, generator.feed(generated.back()));
    }
    generated.push_back(
        choose_token(logits.first(std::min(tokens, logits.size())), sampling, static_cast<uint64_t>(i)));
    writer.write(generated.back());
  }
  return generated;
}

std::vector<std::string> names_of(const std::vector<int32_t>& tokens, const Language& language) {
  std::vector<std::string> names;
  for (const int32_t token : tokens) names.push_back(language.vocabulary.tokens[static_cast<size_t>(token)]);
  return names;
}

}  // namespace

void GenerateFlags::add(CLI::App& app) {
  auto* given = app.add_option("--prompt", prompt,
                               "generate text that goes on with this one; behind a line break or blank if it is empty")
                    ->type_name("TEXT");
  for (const char* other : {"--image", "--index", "--worst", "--filters"}) given->excludes(app.get_option(other));
  app.add_option("--length", length, "tokens to generate")
      ->check(CLI::Range(1, 1000000))
      ->needs(given)
      ->capture_default_str();
  app.add_option("--temperature", sampling.temperature,
                 "0 takes the likeliest token, 1 draws as the network believes, more is more surprising")
      ->check(CLI::Range(0.0, 100.0))
      ->needs(given)
      ->capture_default_str();
  app.add_option("--top-k", sampling.top_k, "draw from the K likeliest tokens only")
      ->check(CLI::Range(1, 1 << 20))
      ->needs(given)
      ->type_name("K");
  app.add_option("--top-p", sampling.top_p, "draw from the likeliest tokens that have this probability together")
      ->check(CLI::Range(0.0, 1.0))
      ->needs(given)
      ->type_name("P");
  app.add_option("--seed", seed, "of the draws: another one, another text; that of the training by default")
      ->needs(given);
  app.add_flag("--quiet", quiet, "do not tell the speed")->needs(given);
}

Result<PromptedQuestion> question_from_prompt(const GenerateFlags& flags, const DataFlags& data,
                                              const TrainedModel& trained, ThreadPool& pool) {
  MINNOW_ASSIGN(const Language language, language_of(trained, data, pool));
  MINNOW_ASSIGN(const Prompt prompt, read_prompt(*flags.prompt, language, flags.quiet));
  const LoweredModel& network = trained.session->lowered();
  const TensorType& fed = trained.session->input_type();
  if (network.inputs.size() != 1 || fed.rank() != 2)
    return fail("--prompt", "is one sequence of tokens, but the network is fed otherwise");
  const auto count = static_cast<size_t>(fed.dim(1));
  std::vector<int32_t> tokens = prompt.tokens;
  if (tokens.size() > count) tokens.erase(tokens.begin(), tokens.end() - fed.dim(1));
  const int64_t given = std::ssize(tokens);
  tokens.resize(count);
  Tensor example = Tensor::from<int32_t>({DType::kI32, {1, fed.dim(1)}}, std::span<const int32_t>(tokens));
  Question question{{"--prompt", std::move(example), {}, {}}, {"--prompt"}, {}, trained.class_names, {}};
  return PromptedQuestion{std::move(question), given};
}

Result<ExitCode> generate_text(const GenerateFlags& flags, const DataFlags& data, const TrainedModel& trained,
                               ThreadPool& pool, bool json) {
  MINNOW_ASSIGN(const Language language, language_of(trained, data, pool));
  const size_t tokens = language.vocabulary.tokens.size();
  MINNOW_TRY(check_flags(flags, tokens));
  MINNOW_ASSIGN(const Prompt prompt, read_prompt(*flags.prompt, language, flags.quiet));
  MINNOW_ASSIGN(const auto generator, Generator::create(*trained.session));
  SamplingOptions sampling = flags.sampling;
  sampling.seed = flags.seed.value_or(static_cast<uint32_t>(trained.session->model().model.training().seed()));

  Writer writer(language, json);
  const auto start = std::chrono::steady_clock::now();
  const auto generated = write_on(*generator, prompt, flags.length, sampling, tokens, writer);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (!json && !writer.all().empty()) writer.end();
  if (!generated) return tl::unexpected(generated.error());
  if (json)
    print_json({{"prompt", prompt.is_written ? names_of(prompt.tokens, language) : std::vector<std::string>()},
                {"generated", names_of(*generated, language)},
                {"text", writer.all()}});
  const auto steps = static_cast<double>(prompt.tokens.size() + generated->size() - 1);
  if (!flags.quiet)
    print_notes({fmt::format("{} tokens generated, {:.0f} a second", generated->size(), steps / seconds.count())});
  return ExitCode::kDone;
}

}  // namespace minnow
