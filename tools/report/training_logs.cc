#include "tools/report/training_logs.h"

namespace minnow {
namespace {

Result<TensorBoardLog> open_tensorboard(const LoggedRun& run, const SessionOptions& options, ThreadPool& pool) {
  MINNOW_ASSIGN(GradientProbe probe,
                GradientProbe::create(run.session, run.data, options.backend, pool, options.code, true));
  const auto epochs_done = static_cast<int64_t>(run.state.history.size());
  return TensorBoardLog::create(run.folder.path(), epochs_done, run.session, std::move(probe));
}

}  // namespace

void LogFlags::add(CLI::App& app) {
  app.add_flag("--log-gradients", gradients,
               "write each layer's gradient norm by epoch: gradients.csv and gradients.svg in the run folder");
  app.add_option("--log", format, "write the run for another program: tensorboard, event files in the run folder")
      ->check(CLI::IsMember({"tensorboard"}))
      ->type_name("FORMAT");
}

std::string LogFlags::first() const {
  if (gradients) return "--log-gradients";
  return format.empty() ? "" : "--log " + format;
}

Result<TrainingLogs> TrainingLogs::open(const LogFlags& flags, const LoggedRun& run, const SessionOptions& options,
                                        ThreadPool& pool) {
  TrainingLogs logs(run);
  if (flags.gradients) {
    MINNOW_ASSIGN(logs.gradients_,
                  GradientLog::open(run.session, run.data, options, pool, run.folder.path(), run.state));
  }
  if (!flags.format.empty()) {
    MINNOW_ASSIGN(logs.tensorboard_, open_tensorboard(run, options, pool));
  }
  return logs;
}

void TrainingLogs::record(const EpochMetrics& row) {
  if (!status_) return;
  status_ = write(row);
  if (!status_ && status_.error().hint.empty())
    status_.error().hint = fmt::format("the run itself is whole; its log ends before epoch {}", row.epoch);
}

Status TrainingLogs::write(const EpochMetrics& row) {
  if (gradients_) MINNOW_TRY(gradients_->add(row.epoch, title_));
  if (tensorboard_) MINNOW_TRY(tensorboard_->record(row, examples_));
  return {};
}

}  // namespace minnow
