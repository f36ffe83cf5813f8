// What `minnow help` prints of the commands, all of it made from their declarations.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace minnow {

// How a command is called, a line each, as its help shows at its end.
void add_examples(CLI::App& command, const std::string& lines);

// Every command with its arguments and flags, for programs: what man pages and completions are made from.
std::string commands_json(const CLI::App& app);

}  // namespace minnow
