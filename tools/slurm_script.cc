#include "tools/slurm_script.h"

#include <fmt/format.h>

#include <filesystem>

#include "tools/flags/shell_command.h"

namespace minnow {
namespace {

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  return error ? path : whole.lexically_normal().string();
}

std::string words(const char* flag, const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text += fmt::format(" {} {}", flag, shell_word(value));
  return text;
}

std::string this_program() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "minnow" : path.string();
}

// What a task sets for its run, besides what all have.
std::string case_of(const Sweep& sweep, size_t i) {
  const SweepRun& run = sweep.runs[i];
  std::vector<std::string> settings;
  for (size_t axis = 0; axis < sweep.axes.size(); ++axis)
    settings.push_back(sweep.axes[axis].field + "=" + run.values[axis]);
  return fmt::format("  {}) folder={}; set --{} ;;\n", i, shell_word(run.folder), words("--set", settings));
}

}  // namespace

std::string slurm_script(const SlurmJob& job, const Sweep& sweep) {
  const std::string minnow = shell_word(this_program()), out = absolute(job.out);
  const int threads = job.threads == 0 ? 1 : job.threads;
  std::string common = fmt::format(" --threads {}", threads);
  if (!job.data_dir.empty()) common += " --data-dir " + shell_word(absolute(job.data_dir));
  if (!job.cpu.empty()) common += " --cpu " + shell_word(job.cpu);
  const std::string model = shell_word(absolute(job.model));
  const std::string table = fmt::format("{} sweep {}{}{} --out {} --resume", minnow, model,
                                        words("--set", job.assignments), words("--grid", job.grid), shell_word(out));
  std::string cases;
  for (size_t i = 0; i < sweep.runs.size(); ++i) cases += case_of(sweep, i);
  return fmt::format(R"(#!/bin/bash
# {} run{}, a task each. To begin, and to go on after an interruption: sbatch this file. Then the table of all:
#   {}
#SBATCH --job-name=minnow-sweep
#SBATCH --array=0-{}
#SBATCH --cpus-per-task={}
#SBATCH --output={}/slurm-%a.log
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:TERM@60
# A minute before its time is over, a run saves and ends.

cd {} || exit 1
case $SLURM_ARRAY_TASK_ID in
{}  *) echo "there is no run $SLURM_ARRAY_TASK_ID" >&2; exit 2 ;;
esac
run={}/$folder
if [ -e "$run/diverged.txt" ]; then exit 0; fi
if [ -e "$run/config.textproto" ]; then exec {} train --resume "$run"{}; fi
exec {} train {}{} "$@" --out "$run"{}
)",
                     sweep.runs.size(), sweep.runs.size() == 1 ? "" : "s", table, sweep.runs.size() - 1, threads, out,
                     shell_word(absolute(".")), cases, shell_word(out), minnow, common, minnow, model,
                     words("--set", job.assignments), common);
}

}  // namespace minnow
