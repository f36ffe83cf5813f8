#include "runtime/train/trainer.h"

#include <chrono>
#include <cmath>
#include <limits>

#include "runtime/cluster/agreement.h"
#include "runtime/data/batch.h"
#include "runtime/kernel_seconds.h"
#include "runtime/train/diagnose.h"
#include "runtime/train/early_stopping.h"
#include "runtime/train/metrics_csv.h"
#include "runtime/train/schedule.h"

namespace minnow {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kWayOut = "lower training.learning_rate, or clip gradients with training.clip.global_norm";

// How many batches examples make; a smaller one at the end is left out where all have one size.
int64_t batches_in(int64_t examples, int64_t batch_size, bool has_fixed_batch) {
  return has_fixed_batch ? examples / batch_size : ceil_div(examples, batch_size);
}

spec::Training with_epochs(spec::Training training, std::optional<int64_t> epochs) {
  if (epochs) training.set_epochs(*epochs);
  return training;
}

class Trainer {
 public:
  Trainer(Session& session, const DataSplits& data, const TrainerOptions& options, TrainingState state)
      : session_(session), training_(with_epochs(session.model().model.training(), options.epochs)), data_(data),
        options_(options), state_(std::move(state)), first_step_(state_.step),
        batch_size_(std::min(training_.batch_size(), data.train.size())),
        steps_per_epoch_(batches_in(data.train.size(), batch_size_, session.lowered().has_fixed_batch)) {}

  Result<TrainingOutcome> run() {
    MINNOW_TRY(check_fills_batch(session_, data_.train));
    if (validates()) MINNOW_TRY(check_fills_batch(session_, data_.validation));
    MINNOW_TRY(check_state());
    // A run that was killed between two of its files has them all again, even if no step is left.
    if (state_.step > 0) MINNOW_TRY(save());
    TrainingEnd end = reached_last_step() ? TrainingEnd::kReachedStep : TrainingEnd::kFinished;
    while (end == TrainingEnd::kFinished && epochs_done() < training_.epochs()) {
      if (has_stopped_improving(training_, is_told_by_accuracy(), state_.history)) {
        end = TrainingEnd::kStoppedEarly;
      } else {
        MINNOW_ASSIGN(end, run_epoch_or_save());
      }
    }
    return TrainingOutcome{end, std::move(state_)};
  }

 private:
  bool is_told_by_accuracy() const { return tells_by_accuracy(training_, session_.lowered()); }
  int64_t epochs_done() const { return static_cast<int64_t>(state_.history.size()); }
  // Whether, and why, to stop before all epochs are done.
  Result<TrainingEnd> early_end() const {
    MINNOW_ASSIGN(const bool stops, any_of(options_.ranks, is_interrupted(options_.interrupt)));
    if (stops) return TrainingEnd::kInterrupted;
    return reached_last_step() ? TrainingEnd::kReachedStep : TrainingEnd::kFinished;
  }
  bool reached_last_step() const { return options_.last_step && state_.step >= *options_.last_step; }

  // Within an epoch, the batches already seen must be batches of this run, too.
  Status check_state() {
    const bool is_same = state_.batch_size == batch_size_ && state_.batch_in_epoch <= steps_per_epoch_;
    if (state_.batch_in_epoch > 0 && !is_same)
      return fail_with_hint("training.batch_size",
                            fmt::format("the run stopped after {} batches of {} examples in an epoch, which cannot go "
                                        "on with batches of {} of {} examples",
                                        state_.batch_in_epoch, state_.batch_size, batch_size_, data_.train.size()),
                            "change the batch size, or the data, between epochs only");
    state_.batch_size = batch_size_;
    return {};
  }

  // What is interrupted before it has changed anything, such as a compilation, is no failure.
  Result<TrainingEnd> run_epoch_or_save() {
    Result<TrainingEnd> end = run_epoch();
    if (end || end.error().code != ExitCode::kInterrupted || is_diagnosing_) return end;
    MINNOW_TRY(save());
    return TrainingEnd::kInterrupted;
  }

  // kFinished if training may go on, else why it ends here, with everything saved.
  Result<TrainingEnd> run_epoch() {
    const auto start = Clock::now();
    const std::vector<int32_t> order = epoch_order();
    const DiagnosisStart before(session_, state_.step);
    const int64_t first = state_.batch_in_epoch;
    while (state_.batch_in_epoch < steps_per_epoch_) {
      MINNOW_TRY(run_step(order, before));
      report_progress(start, first);
      MINNOW_ASSIGN(const TrainingEnd end, early_end());
      if (end != TrainingEnd::kFinished && state_.batch_in_epoch < steps_per_epoch_) {
        MINNOW_TRY(check_tensors(order, before));
        MINNOW_TRY(save());
        return end;
      }
    }
    const double seconds = seconds_since(start);
    // A run that was stopped here before comes at least that far.
    const InterruptFlag interrupt = first < steps_per_epoch_ ? options_.interrupt : nullptr;
    const auto validation = validate(interrupt);
    if (!validation) return tl::unexpected(of_validation(validation.error()));
    MINNOW_TRY(check_tensors(order, before));
    MINNOW_TRY(finish_epoch(*validation, seconds));
    if (epochs_done() == training_.epochs()) return TrainingEnd::kFinished;
    return early_end();
  }

  bool validates() const { return data_.validation.size() > 0; }

  Result<Evaluation> validate(InterruptFlag interrupt) {
    constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
    if (!validates()) return Evaluation{kUnknown, kUnknown};
    return evaluate(session_, data_.validation, interrupt, options_.ranks);
  }

  std::vector<int32_t> epoch_order() const {
    return rows_of_epoch(data_.train, training_.shuffle(), static_cast<uint32_t>(training_.seed()),
                         static_cast<uint32_t>(epochs_done()));
  }

  std::span<const int32_t> rows_of(const std::vector<int32_t>& order, int64_t batch) const {
    const int64_t begin = batch * batch_size_;
    const int64_t end = std::min<int64_t>(begin + batch_size_, static_cast<int64_t>(order.size()));
    return std::span(order).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  }

  Status run_step(const std::vector<int32_t>& order, const DiagnosisStart& before) {
    MINNOW_ASSIGN(const BatchOutcome outcome, take_step(order, state_.step));
    if (!std::isfinite(outcome.loss)) return diagnose_loss(order, before);
    state_.loss_sum += outcome.loss * outcome.weight;
    state_.correct_sum += outcome.correct;
    state_.weight_sum += outcome.weight;
    ++state_.step;
    ++state_.batch_in_epoch;
    if (options_.on_step) options_.on_step(step_metrics(outcome));
    return {};
  }

  Evaluation epoch_so_far() const {
    return mean_of(session_, {state_.loss_sum, state_.correct_sum, state_.weight_sum});
  }

  StepMetrics step_metrics(const BatchOutcome& outcome) const {
    const Evaluation so_far = epoch_so_far();
    return {epochs_done() + 1, state_.step,
            steps_per_epoch_,  learning_rate_at(training_, state_.step - 1, steps_per_epoch_),
            outcome.loss,      so_far.accuracy,
            so_far.loss};
  }

  std::span<const int32_t> rows_of_step(const std::vector<int32_t>& order, int64_t step) const {
    return rows_of(order, step - (state_.step - state_.batch_in_epoch));
  }

  // A step of the epoch under way, the next or one that is repeated.
  Result<BatchOutcome> take_step(const std::vector<int32_t>& order, int64_t step) {
    const auto rows = rows_of_step(order, step);
    MINNOW_ASSIGN(const RowsRead* reads, session_.rows_read(ModelFunction::kTrainStep, std::ssize(rows)));
    MINNOW_TRY(fill_batch(session_.lowered(), data_.train, rows, BatchParts::kAll, batch_, *reads));
    return session_.train_step(batch_, step, learning_rate_at(training_, step, steps_per_epoch_));
  }

  // Interprets a step of the epoch under way, from the tensors as they are before it.
  Error diverged(const std::vector<int32_t>& order, int64_t step, std::string what) {
    const auto rows = rows_of_step(order, step);
    if (auto filled = fill_batch(session_.lowered(), data_.train, rows, BatchParts::kAll, batch_); !filled)
      return filled.error();
    Error error{fmt::format("step {}", step + 1), std::move(what), std::string(kWayOut)};
    return not_finite(session_, std::move(error), "train_step", batch_, step,
                      learning_rate_at(training_, step, steps_per_epoch_));
  }

  // The weights that the last step left give a loss that is not finite.
  Error of_validation(Error error) const {
    if (error.code != ExitCode::kMismatch) return error;
    return {fmt::format("step {}", state_.step), "validation: " + error.message, std::string(kWayOut), error.code};
  }

  // "\"fc.weight\" is no longer finite: element 3 is inf"; empty if all of the session's are.
  std::string bad_tensor() const {
    for (const auto& [name, tensor] : session_.tensors())
      if (const auto bad = first_bad_element(tensor))
        return fmt::format("\"{}\" is no longer finite: {}", name, bad->to_string());
    return "";
  }

  // Not all that is no longer finite shows in the loss: a second moment that is infinite stops its weight for good.
  Status check_tensors(const std::vector<int32_t>& order, const DiagnosisStart& before) {
    std::string bad = bad_tensor();
    if (bad.empty()) return {};
    MINNOW_TRY(diagnose_tensors(order, before));
    return tl::unexpected(
        Error{fmt::format("step {}", state_.step), std::move(bad), std::string(kWayOut), ExitCode::kMismatch});
  }

  // A loss that is not finite may come of weights that an earlier step has spoilt.
  Status diagnose_loss(const std::vector<int32_t>& order, const DiagnosisStart& before) {
    MINNOW_TRY(diagnose_tensors(order, before));
    return tl::unexpected(diverged(order, state_.step, "the loss is no longer finite"));
  }

  // Goes back to the start of this run of steps, repeats them, and interprets the first that leaves a tensor that is
  // not finite, if one does.
  Status diagnose_tensors(const std::vector<int32_t>& order, const DiagnosisStart& before) {
    is_diagnosing_ = true;
    before.restore(session_);
    for (int64_t step = before.step(); step < state_.step; ++step) {
      const DiagnosisStart start(session_, step);
      MINNOW_TRY(take_step(order, step));
      std::string bad = bad_tensor();
      if (bad.empty()) continue;
      start.restore(session_);
      return tl::unexpected(diverged(order, step, std::move(bad)));
    }
    return {};
  }

  Status finish_epoch(const Evaluation& validation, double seconds) {
    const Evaluation train = epoch_so_far();
    state_.history.push_back({epochs_done() + 1, state_.step,
                              learning_rate_at(training_, state_.step - 1, steps_per_epoch_), train.loss,
                              train.accuracy, validation.loss, validation.accuracy, seconds});
    state_.batch_in_epoch = 0;
    state_.loss_sum = state_.correct_sum = state_.weight_sum = 0;
    if (options_.progress) options_.progress->finish_epoch(summary(seconds));
    if (options_.on_epoch) options_.on_epoch(state_.history.back());
    return as_leader(options_.ranks, [&]() -> Status {
      if (!options_.folder) return {};
      if (best_epoch(training_, is_told_by_accuracy(), state_.history) == epochs_done())
        MINNOW_TRY(write_checkpoint(options_.folder->best_path()));
      return write_files();
    });
  }

  // The configuration that led to the weights lies beside them: one that trains nothing leaves that of the run.
  Status write_checkpoint(const std::string& path) const {
    if (state_.step > first_step_) MINNOW_TRY(options_.folder->write_config(session_.model()));
    return save_checkpoint(path, session_, state_, data_.train.class_names);
  }

  Status save() const {
    return as_leader(options_.ranks, [&] { return write_files(); });
  }

  Status write_files() const {
    if (!options_.folder) return {};
    MINNOW_TRY(write_checkpoint(options_.folder->weights_path()));
    return options_.folder->write_metrics(state_.history, session_.model().model.name(),
                                          MetricColumns::of(session_.lowered()));
  }

  void report_progress(Clock::time_point start, int64_t first_batch) {
    if (!options_.progress) return;
    const int64_t done = std::min(state_.batch_in_epoch * batch_size_, data_.train.size());
    const double per_second = static_cast<double>(done - first_batch * batch_size_) / seconds_since(start);
    const Evaluation so_far = epoch_so_far();
    ProgressState progress{epochs_done() + 1, training_.epochs(), done,      data_.train.size(),
                           so_far.loss,       std::nullopt,       per_second};
    if (session_.lowered().classifies) progress.accuracy = so_far.accuracy;
    progress.has_perplexity = session_.lowered().has_perplexity;
    options_.progress->update(progress);
  }

  EpochSummary summary(double seconds) const {
    const EpochMetrics& row = state_.history.back();
    EpochSummary summary{row.epoch,
                         training_.epochs(),
                         row.train_loss,
                         std::nullopt,
                         row.validation_loss,
                         std::nullopt,
                         static_cast<double>(data_.train.size()) / seconds,
                         seconds};
    summary.has_perplexity = session_.lowered().has_perplexity;
    if (session_.lowered().classifies) {
      summary.train_accuracy = row.train_accuracy;
      summary.validation_accuracy = row.validation_accuracy;
    }
    return summary;
  }

  Session& session_;
  const spec::Training training_;
  const DataSplits& data_;
  const TrainerOptions& options_;
  TrainingState state_;
  const int64_t first_step_;
  bool is_diagnosing_ = false;  // the session is no longer at the run's step
  Batch batch_;
  int64_t batch_size_;
  int64_t steps_per_epoch_;
};

}  // namespace

Result<TrainingOutcome> train(Session& session, const DataSplits& data, const TrainerOptions& options,
                              TrainingState state) {
  return Trainer(session, data, options, std::move(state)).run();
}

}  // namespace minnow
