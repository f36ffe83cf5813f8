#include "tools/flags/usage_error.h"

#include <algorithm>

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

}  // namespace

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  std::string name = app.get_name();
  const CLI::App& command = *innermost(&app, name);
  Error usage{{}, error.what(), fmt::format("{} --help lists what it takes", name), ExitCode::kUsage};
  std::ranges::replace(usage.message, '\n', ' ');
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
