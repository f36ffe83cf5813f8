#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "frontend/load/load_experiment.h"
#include "runtime/file.h"
#include "tools/command.h"
#include "tools/flags/models_folder.h"

namespace minnow {
namespace {

// The shipped models, where they lie beside the source or beside the installed program.
std::vector<std::string> template_names() { return shipped_names(models_folder()); }

std::string model_file(const std::string& name) { return shipped_path(models_folder(), name); }

// What the comment of a model file says, up to the first comma, colon or full stop.
std::string summary_of(std::string_view text) {
  std::string comment;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with("# ") && !line.starts_with("# proto-")) comment += std::string(line.substr(2)) + " ";
    else if (!comment.empty()) break;
  }
  for (size_t i = 0; i + 1 < comment.size(); ++i)
    if (std::string_view(",:.").find(comment[i]) != std::string_view::npos && comment[i + 1] == ' ')
      return comment.substr(0, i);
  return comment;
}

Result<ExitCode> list_models(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    MINNOW_ASSIGN(const std::string text, read_file(model_file(name)));
    fmt::print("{:20} {}\n", name, summary_of(text));
  }
  return ExitCode::kDone;
}

Result<ExitCode> new_command(const std::string& name) {
  const std::vector<std::string> names = template_names();
  if (name.empty()) return list_models(names);
  if (std::ranges::find(names, name) == names.end()) {
    const std::string nearest = nearest_name(name, names);
    return fail_with_hint(
        {}, fmt::format("there is no model \"{}\" to start from", name),
        nearest.empty() ? fmt::format("one of {}", fmt::join(names, ", ")) : fmt::format("did you mean {}?", nearest));
  }
  MINNOW_ASSIGN(const std::string text, read_file(model_file(name)));
  fmt::print("{}", text);
  return ExitCode::kDone;
}

}  // namespace

Action add_new(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("name", *name, "one of those that are listed without a name");
  return [name] { return new_command(*name); };
}

}  // namespace minnow
