#include "tools/help.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace minnow {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const CLI::Option& option) {
  Json names = Json::array();
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  Json object = option.get_positional() ? Json{{"argument", option.get_name(true)}} : Json{{"flags", std::move(names)}};
  object["help"] = option.get_description();
  object["group"] = option.get_group();
  if (option.get_type_size() > 0) object["value"] = option.get_type_name();
  if (!option.get_default_str().empty()) object["default"] = option.get_default_str();
  object["required"] = option.get_required();
  object["repeats"] = option.get_expected_max() > 1;
  return object;
}

Json to_json(const CLI::App& command) {
  Json object = {{"name", command.get_name()}, {"summary", command.get_description()}};
  for (const CLI::Option* option : command.get_options())
    if (!option->get_group().empty())
      object[option->get_positional() ? "arguments" : "flags"].push_back(to_json(*option));
  for (const CLI::App* inner : command.get_subcommands({})) object["commands"].push_back(to_json(*inner));
  return object;
}

}  // namespace

void add_examples(CLI::App& command, const std::string& lines) {
  if (lines.empty()) return;
  std::string footer = command.get_footer();
  footer += footer.empty() ? "examples:" : "\n\nexamples:";
  std::istringstream from(lines);
  for (std::string line; std::getline(from, line);) footer += "\n  " + line;
  command.footer(footer);
}

std::string commands_json(const CLI::App& app) { return to_json(app).dump(2); }

}  // namespace minnow
