// Completion scripts, made of what the commands declare: their names, flags, the words and files that those take.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "frontend/load/load_experiment.h"
#include "runtime/data/fetch.h"
#include "runtime/plot/op_curve.h"
#include "tools/command.h"
#include "tools/flags/models_folder.h"

namespace minnow {
namespace {

// "TEXT:{jit,interpreter}=jit" → jit, interpreter
std::vector<std::string> words_of(const std::string& type) {
  std::vector<std::string> words;
  const size_t begin = type.find('{'), end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return words;
  std::string_view rest = std::string_view(type).substr(begin + 1, end - begin - 1);
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    words.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return words;
}

// That a flag can be followed by.
std::vector<std::string> words_for(const CLI::Option& option) {
  if (option.check_lname("op")) return op_curve_names();
  return words_of(option.get_type_name());
}

enum class Takes { kNothing, kWords, kFolder, kFile, kText };

Takes takes(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return Takes::kNothing;
  const std::string type = option.get_type_name();
  if (!words_for(option).empty()) return Takes::kWords;
  const std::string first = type.substr(0, type.find(':'));
  if (first == "DIR" || first == "FOLDER") return Takes::kFolder;
  for (const char* file : {"FILE", "MODEL", "RUN"})
    if (first.find(file) != std::string::npos) return Takes::kFile;
  return Takes::kText;
}

// "--output", "-o"
std::vector<std::string> flags_of(const CLI::Option& option) {
  std::vector<std::string> flags;
  for (const std::string& name : option.get_lnames()) flags.push_back("--" + name);
  for (const std::string& name : option.get_snames()) flags.push_back("-" + name);
  return flags;
}

std::vector<const CLI::App*> commands_of(const CLI::App& root) {
  return root.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

// Those of the command and of the ones within it, each flag once.
std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  std::vector<const CLI::Option*> options = command.get_options();
  for (const CLI::App* inner : commands_of(command))
    for (const CLI::Option* option : inner->get_options())
      if (std::ranges::find(options, flags_of(*option), [](const auto* known) { return flags_of(*known); }) ==
          options.end())
        options.push_back(option);
  return options;
}

// What an argument or a flag may be by name: of `data`, behind its inner command.
struct Names {
  std::vector<std::string> words;
  bool or_file = false;
};

Names names_for(const CLI::App& command) {
  const std::string name = command.get_name();
  if (name == "new") return {shipped_names(models_folder())};
  if (name == "experiment") {
    std::vector<std::string> words = shipped_names(models_folder() + "/experiments");
    words.emplace_back("all");
    return {std::move(words), true};
  }
  if (name != "data") return {};
  std::vector<std::string> words = {"glyphs"};
  for (const RemoteDataset& dataset : remote_datasets()) words.push_back(dataset.name);
  return {std::move(words), true};
}

// ---- bash ----

std::string bash_words_after_flags(const CLI::App& command) {
  std::string cases;
  for (const CLI::Option* option : options_of(command)) {
    const Takes kind = takes(*option);
    const auto flags = flags_of(*option);
    if (flags.empty() || kind == Takes::kNothing) continue;
    const std::string reply = kind == Takes::kWords
                                  ? fmt::format("_minnow_words '{}'", fmt::join(words_for(*option), " "))
                              : kind == Takes::kFolder ? "_minnow_files -d"
                              : kind == Takes::kFile   ? "_minnow_files -f"
                                                       : ":";
    cases += fmt::format("        {}) {}; return ;;\n", fmt::join(flags, "|"), reply);
  }
  return cases;
}

std::string bash_command(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : options_of(command)) std::ranges::copy(flags_of(*option), std::back_inserter(flags));
  const auto inner = names_of(commands_of(command));
  const std::string second =
      inner.empty() ? ""
                    : fmt::format("      [ \"$COMP_CWORD\" -eq 2 ] && {{ _minnow_words '{} --help'; return; }}\n",
                                  fmt::join(inner, " "));
  const Names names = names_for(command);
  const std::string arguments =
      names.words.empty()
          ? ""
          : fmt::format("\n      names='{}' files={}", fmt::join(names.words, " "), names.or_file ? "-f" : "");
  return fmt::format("    {})\n{}      case $previous in\n{}      esac\n      flags='{}'{} ;;\n", command.get_name(),
                     second, bash_words_after_flags(command), fmt::join(flags, " "), arguments);
}

std::string bash_script(const CLI::App& root) {
  const auto commands = commands_of(root);
  std::string cases;
  for (const CLI::App* command : commands) cases += bash_command(*command);
  return fmt::format(R"(# bash completion of minnow, from: minnow completion bash

_minnow_words() {{ COMPREPLY+=($(compgen -P "$prefix" -W "$1" -- "$word")); }}
_minnow_files() {{
  compopt -o filenames 2>/dev/null
  local IFS=$'\n'
  COMPREPLY+=($(compgen -P "$prefix" "$@" -- "$word"))
}}

_minnow() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} prefix= flags= names= files=-f
  COMPREPLY=()
  # --flag=value is three words, unless COMP_WORDBREAKS has lost its "=".
  if [ "$previous" = = ]; then
    previous=${{COMP_WORDS[COMP_CWORD-2]}}
  elif [ "$word" = = ]; then
    word=
  elif [[ $word == --*=* ]]; then
    previous=${{word%%=*}} prefix=${{word%%=*}}= word=${{word#*=}}
  fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    _minnow_words '{0} help --help --version'
    return
  fi
  case ${{COMP_WORDS[1]}} in
    help) names='{0}' files= ;;
{1}  esac
  case $word in
    -*) _minnow_words "$flags" ;;
    *)
      _minnow_words "$names"
      [ -n "$files" ] && _minnow_files $files ;;
  esac
  return 0
}}
complete -F _minnow minnow
)",
                     fmt::join(names_of(commands), " "), cases);
}

// ---- zsh ----

// Within single quotes, in a specification of _arguments.
std::string zsh_text(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'') quoted += "'\\''";
    else if (c == '[' || c == ']' || c == ':' || c == '\\') quoted += std::string("\\") + c;
    else quoted += c;
  }
  return quoted;
}

std::string zsh_argument(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  switch (takes(option)) {
    case Takes::kNothing: return "";
    case Takes::kWords:
      return fmt::format(":word:({})", zsh_text(fmt::format("{}", fmt::join(words_for(option), " "))));
    case Takes::kFolder: return ":folder:_files -/";
    case Takes::kFile: return ":file:_files";
    case Takes::kText: return fmt::format(":{}: ", zsh_text(type.substr(0, type.find_first_of(":="))));
  }
  return "";
}

std::string zsh_option(const CLI::Option& option) {
  const std::string text = zsh_text(option.get_description());
  const auto flags = flags_of(option);
  std::string lines;
  for (const std::string& flag : flags) {
    const bool takes_value = takes(option) != Takes::kNothing && flag.starts_with("--");
    lines += fmt::format("        '*{}{}[{}]{}' \\\n", flag, takes_value ? "=" : "", text, zsh_argument(option));
  }
  return lines;
}

std::string zsh_command(const CLI::App& command) {
  std::string lines = fmt::format("    {})\n      _arguments \\\n", command.get_name());
  for (const CLI::Option* option : options_of(command)) lines += zsh_option(*option);
  if (const auto inner = names_of(commands_of(command)); !inner.empty())
    lines += fmt::format("        '1:command:({})' \\\n", fmt::join(inner, " "));
  const Names names = names_for(command);
  if (names.words.empty()) return lines + "        '*:file:_files' ;;\n";
  const std::string words = fmt::format("{}", fmt::join(names.words, " "));
  if (!names.or_file) return lines + fmt::format("        '1:name:({})' ;;\n", words);
  return lines + fmt::format("        '*:name:_alternative \"names:name:({})\" \"files:file:_files\"' ;;\n", words);
}

std::string zsh_script(const CLI::App& root) {
  std::string names, cases;
  for (const CLI::App* command : commands_of(root)) {
    names += fmt::format("    '{}:{}'\n", command->get_name(), zsh_text(command->get_description()));
    cases += zsh_command(*command);
  }
  return fmt::format(R"(#compdef minnow
# zsh completion of minnow, from: minnow completion zsh

local -a commands
commands=(
{})
if (( CURRENT == 2 )); then
  _describe command commands
  return
fi
local command=$words[2]
shift words
(( CURRENT-- ))
case $command in
    help)
      _arguments '1:command:({})' ;;
{}esac
)",
                     names, fmt::join(names_of(commands_of(root)), " "), cases);
}

}  // namespace

Action add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  app.add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  app.footer("For bash: source <(minnow completion bash). For zsh, a file _minnow in a folder of $fpath.");
  const CLI::App* root = app.get_parent();
  return [shell, root]() -> Result<ExitCode> {
    fmt::print("{}", *shell == "bash" ? bash_script(*root) : zsh_script(*root));
    return ExitCode::kDone;
  };
}

}  // namespace minnow
