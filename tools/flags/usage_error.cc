#include "tools/flags/usage_error.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <regex>
#include <sstream>

#include "frontend/schema/training.pb.h"

namespace minnow {
namespace {

// "data fetch" of `minnow data fetch ...`.
const CLI::App* innermost(const CLI::App* app, std::string& name) {
  for (auto inner = app->get_subcommands(); !inner.empty(); inner = app->get_subcommands()) {
    app = inner.front();
    name += " " + app->get_name();
  }
  return app;
}

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  return flags;
}

// How to write what a flag that is none was to mean, after the command's flags and the fields of `training`.
std::string suggestion(const CLI::App& command, std::string flag) {
  flag = flag.substr(0, flag.find('='));
  const std::vector<std::string> flags = flags_of(command);
  std::string field = flag.starts_with("--") ? flag.substr(2) : "";
  std::ranges::replace(field, '-', '_');
  const bool takes_fields = std::ranges::find(flags, "--set") != flags.end();
  if (takes_fields && spec::Training::descriptor()->FindFieldByName(field) != nullptr)
    return fmt::format("a field of the model is changed by --set training.{}=VALUE", field);
  const std::string nearest = nearest_name(flag, flags);
  return nearest.empty() ? "" : fmt::format("did you mean {}?", nearest);
}

std::vector<std::string> split_at_commas(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream from(list);
  for (std::string name; std::getline(from, name, ',');) names.push_back(name);
  return names;
}

// A value that is none of a flag's, with the one that was meant; a bound that is the largest double has 309 digits.
void reword_value(Error& usage) {
  static const std::regex kNoMember(R"re((\S+): (.*) not in \{(.*)\})re");
  static const std::regex kNotPositive(R"re((\S+): Value (-?)(.*) not in range \S+ to \d{100,}\S*)re");
  std::smatch match;
  const std::string message = usage.message.substr(0, 2000);
  if (std::regex_match(message, match, kNoMember)) {
    const std::vector<std::string> known = split_at_commas(match[3]);
    usage.message =
        fmt::format("{}: there is no \"{}\", only {}", match[1].str(), match[2].str(), fmt::join(known, ", "));
    std::string small = match[2];
    std::ranges::transform(small, small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (const std::string nearest = nearest_name(small, known); !nearest.empty())
      usage.hint = fmt::format("did you mean {}?", nearest);
  } else if (std::regex_match(message, match, kNotPositive)) {
    const bool is_negative = match[2].length() > 0;
    usage.message = fmt::format("{}: {}{} is {}", match[1].str(), match[2].str(), match[3].str(),
                                is_negative ? "negative" : "not more than 0");
  }
}

}  // namespace

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  std::string name = app.get_name();
  const CLI::App& command = *innermost(&app, name);
  Error usage{{}, error.what(), fmt::format("{} --help lists what it takes", name), ExitCode::kUsage};
  std::ranges::replace(usage.message, '\n', ' ');
  reword_value(usage);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return usage;
  // CLI11 hands them over as they stood.
  const std::vector<std::string> extras = command.remaining();
  if (extras.empty()) return usage;
  const auto flag = std::ranges::find_if(extras, [](const std::string& word) { return word.starts_with("-"); });
  if (flag == extras.end()) {
    usage.message = fmt::format("{} takes no further argument \"{}\"", name, extras.front());
    return usage;
  }
  usage.message = fmt::format("{} has no flag {}", name, *flag);
  if (const std::string hint = suggestion(command, *flag); !hint.empty()) usage.hint = hint;
  return usage;
}

}  // namespace minnow
