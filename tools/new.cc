#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "frontend/load_experiment.h"
#include "runtime/file.h"
#include "tools/command.h"

namespace minnow {
namespace {

// The shipped models, where they lie beside the source or beside the installed program.
std::vector<std::string> template_names() { return shipped_names(MINNOW_MODELS_DIR); }

Result<ExitCode> new_command(const std::string& name) {
  const std::vector<std::string> names = template_names();
  if (std::ranges::find(names, name) == names.end()) {
    const std::string nearest = nearest_name(name, names);
    return fail_with_hint({}, fmt::format("there is no model \"{}\" to start from", name),
                          nearest.empty() ? fmt::format("one of {}", fmt::join(names, ", "))
                                          : fmt::format("did you mean {}?", nearest));
  }
  MINNOW_ASSIGN(const std::string text, read_file(fmt::format("{}/{}.textproto", MINNOW_MODELS_DIR, name)));
  fmt::print("{}", text);
  return ExitCode::kDone;
}

}  // namespace

Action add_new(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("name", *name, fmt::format("one of {}", fmt::join(template_names(), ", ")))->required();
  return [name] { return new_command(*name); };
}

}  // namespace minnow
