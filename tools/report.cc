#include <fmt/format.h>

#include <filesystem>

#include "ir/printable.h"
#include "runtime/file.h"
#include "tools/command.h"
#include "tools/report/report_page.h"

namespace minnow {
namespace {

struct ReportFlags {
  std::vector<std::string> runs;
  std::string out = "report.html";
  ReportOptions options;
};

Result<ExitCode> report_command(const ReportFlags& flags) {
  std::vector<RunRecord> runs;
  for (const std::string& path : flags.runs) {
    MINNOW_ASSIGN(RunRecord run, read_run_record(path));
    runs.push_back(std::move(run));
  }
  std::error_code error;
  const bool replaces = std::filesystem::exists(flags.out, error);
  const std::string html = report_page(runs, flags.options);
  MINNOW_TRY(write_file_atomically(flags.out, html));
  fmt::print("{}: {} run{}, {:.0f} KiB{}\n", printable(flags.out), runs.size(), runs.size() == 1 ? "" : "s",
             static_cast<double>(html.size()) / 1024, replaces ? ", in place of the page that was there" : "");
  return ExitCode::kDone;
}

}  // namespace

Action add_report(CLI::App& app) {
  auto flags = std::make_shared<ReportFlags>();
  app.add_option("runs", flags->runs, "run folders")->required()->type_name("RUN");
  app.add_option("-o,--output", flags->out, "the page to write, in place of one that is there")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--worst", flags->options.worst, "so many of the validation examples it is most wrong about")
      ->check(CLI::Range(int64_t{1}, int64_t{400}))
      ->capture_default_str();
  app.add_option("--repeats", flags->options.repeats, "training steps to time; 0 times none")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  flags->options.backend.add(app);
  flags->options.data.add(app);
  app.footer("The page is one file that fetches nothing. What a run does not have is said in its place.");
  return [flags] { return report_command(*flags); };
}

}  // namespace minnow
