#include "runtime/train/trainer.h"

#include <chrono>
#include <cmath>

#include "runtime/data/batch.h"
#include "runtime/data/shuffle.h"
#include "runtime/kernel_seconds.h"
#include "runtime/train/diagnose.h"
#include "runtime/train/early_stopping.h"
#include "runtime/train/schedule.h"

namespace minnow {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kWayOut = "lower training.learning_rate, or clip gradients with training.clip.global_norm";

TensorType with_rows(TensorType type, int64_t rows) {
  type.shape[0] = rows;
  return type;
}

// Bytes in place of f32: they are as good where numbers are fed.
TensorType bytes_of(TensorType type) {
  if (type.dtype == DType::kF32) type.dtype = DType::kU8;
  return type;
}

// A batch's examples and targets, in tensors that are reused while the batch size stays.
class BatchBuffer {
 public:
  BatchBuffer(const Session& session, const Dataset& data) : session_(session), data_(data) {}

  void fill(std::span<const int32_t> rows) {
    const auto count = static_cast<int64_t>(rows.size());
    const TensorType wanted = with_rows(session_.input_type(), count);
    if (examples_.type() != wanted) {
      examples_ = Tensor::uninitialized(wanted);
      targets_ = Tensor::uninitialized(with_rows(session_.lowered().target, count));
    }
    gather_rows(data_.examples, rows, examples_);
    gather_rows(data_.labels, rows, targets_);
  }

  Tensor& examples() { return examples_; }
  Tensor& targets() { return targets_; }

 private:
  const Session& session_;
  const Dataset& data_;
  Tensor examples_;
  Tensor targets_;
};

class Trainer {
 public:
  Trainer(Session& session, const DataSplits& data, const TrainerOptions& options, TrainingState state)
      : session_(session), training_(session.model().model.training()), data_(data), options_(options),
        state_(std::move(state)), first_step_(state_.step), batch_(session, data.train),
        batch_size_(std::min(training_.batch_size(), data.train.size())),
        steps_per_epoch_((data.train.size() + batch_size_ - 1) / batch_size_) {}

  Result<TrainingOutcome> run() {
    MINNOW_TRY(check_state());
    // A run that was killed between two of its files has them all again, even if no step is left.
    if (state_.step > 0) MINNOW_TRY(save());
    TrainingEnd end = reached_last_step() ? TrainingEnd::kReachedStep : TrainingEnd::kFinished;
    while (end == TrainingEnd::kFinished && epochs_done() < training_.epochs()) {
      if (has_stopped_improving(training_, session_.lowered().classifies, state_.history)) {
        end = TrainingEnd::kStoppedEarly;
      } else {
        MINNOW_ASSIGN(end, run_epoch_or_save());
      }
    }
    return TrainingOutcome{end, std::move(state_)};
  }

 private:
  int64_t epochs_done() const { return static_cast<int64_t>(state_.history.size()); }
  // Whether, and why, to stop before all epochs are done.
  TrainingEnd early_end() const {
    if (is_interrupted(options_.interrupt)) return TrainingEnd::kInterrupted;
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
      const TrainingEnd end = early_end();
      if (end != TrainingEnd::kFinished && state_.batch_in_epoch < steps_per_epoch_) {
        MINNOW_TRY(check_tensors(order, before));
        MINNOW_TRY(save());
        return end;
      }
    }
    const double seconds = seconds_since(start);
    // A run that was stopped here before comes at least that far.
    const InterruptFlag interrupt = first < steps_per_epoch_ ? options_.interrupt : nullptr;
    const auto validation = evaluate(session_, data_.validation, interrupt);
    if (!validation) return tl::unexpected(of_validation(validation.error()));
    MINNOW_TRY(check_tensors(order, before));
    MINNOW_TRY(finish_epoch(*validation, seconds));
    return epochs_done() == training_.epochs() ? TrainingEnd::kFinished : early_end();
  }

  std::vector<int32_t> epoch_order() const {
    const int64_t count = data_.train.size();
    if (!training_.shuffle()) return file_order(count);
    return shuffled_order(count, static_cast<uint32_t>(training_.seed()), static_cast<uint32_t>(epochs_done()));
  }

  std::span<const int32_t> rows_of(const std::vector<int32_t>& order, int64_t batch) const {
    const int64_t begin = batch * batch_size_;
    const int64_t end = std::min<int64_t>(begin + batch_size_, static_cast<int64_t>(order.size()));
    return std::span(order).subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  }

  Status run_step(const std::vector<int32_t>& order, const DiagnosisStart& before) {
    const std::span<const int32_t> rows = rows_of(order, state_.batch_in_epoch);
    MINNOW_ASSIGN(const BatchOutcome outcome, take_step(order, state_.step));
    if (!std::isfinite(outcome.loss)) return diagnose_loss(order, before);
    state_.loss_sum += outcome.loss * static_cast<double>(rows.size());
    state_.correct_sum += outcome.correct;
    ++state_.step;
    ++state_.batch_in_epoch;
    return {};
  }

  // A step of the epoch under way, the next or one that is repeated.
  Result<BatchOutcome> take_step(const std::vector<int32_t>& order, int64_t step) {
    batch_.fill(rows_of(order, step - (state_.step - state_.batch_in_epoch)));
    return session_.train_step(batch_.examples(), batch_.targets(), step,
                               learning_rate_at(training_, step, steps_per_epoch_));
  }

  // Interprets a step of the epoch under way, from the tensors as they are before it.
  Error diverged(const std::vector<int32_t>& order, int64_t step, std::string what) {
    batch_.fill(rows_of(order, step - (state_.step - state_.batch_in_epoch)));
    Error error{fmt::format("step {}", step + 1), std::move(what), std::string(kWayOut)};
    return not_finite(session_, std::move(error), "train_step", batch_.examples(), &batch_.targets(), step,
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

  double accuracy_of(double correct, int64_t examples) const {
    return correct / static_cast<double>(examples * session_.lowered().predictions_per_example);
  }

  Status finish_epoch(const Evaluation& validation, double seconds) {
    const int64_t examples = data_.train.size();
    state_.history.push_back(
        {epochs_done() + 1, state_.step, learning_rate_at(training_, state_.step - 1, steps_per_epoch_),
         state_.loss_sum / static_cast<double>(examples), accuracy_of(state_.correct_sum, examples), validation.loss,
         validation.accuracy, seconds});
    state_.batch_in_epoch = 0;
    state_.loss_sum = state_.correct_sum = 0;
    if (options_.progress) options_.progress->finish_epoch(summary(seconds));
    if (options_.on_epoch) options_.on_epoch(state_.history.back());
    if (!options_.folder) return {};
    if (best_epoch(training_, session_.lowered().classifies, state_.history) == epochs_done())
      MINNOW_TRY(write_checkpoint(options_.folder->best_path()));
    return save();
  }

  // The configuration that led to the weights lies beside them: one that trains nothing leaves that of the run.
  Status write_checkpoint(const std::string& path) const {
    if (state_.step > first_step_) MINNOW_TRY(options_.folder->write_config(session_.model()));
    return save_checkpoint(path, session_, state_, data_.train.class_names);
  }

  Status save() const {
    if (!options_.folder) return {};
    MINNOW_TRY(write_checkpoint(options_.folder->weights_path()));
    return options_.folder->write_metrics(state_.history, session_.model().model.name(), session_.lowered().classifies);
  }

  void report_progress(Clock::time_point start, int64_t first_batch) {
    if (!options_.progress) return;
    const int64_t done = std::min(state_.batch_in_epoch * batch_size_, data_.train.size());
    const double per_second = static_cast<double>(done - first_batch * batch_size_) / seconds_since(start);
    ProgressState progress{
        epochs_done() + 1, training_.epochs(), done, data_.train.size(), state_.loss_sum / static_cast<double>(done),
        std::nullopt,      per_second};
    if (session_.lowered().classifies) progress.accuracy = accuracy_of(state_.correct_sum, done);
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
    if (session_.lowered().classifies) {
      summary.train_accuracy = row.train_accuracy;
      summary.validation_accuracy = row.validation_accuracy;
    }
    return summary;
  }

  Session& session_;
  const spec::Training& training_;
  const DataSplits& data_;
  const TrainerOptions& options_;
  TrainingState state_;
  const int64_t first_step_;
  bool is_diagnosing_ = false;  // the session is no longer at the run's step
  BatchBuffer batch_;
  int64_t batch_size_;
  int64_t steps_per_epoch_;
};

}  // namespace

Result<TrainingOutcome> train(Session& session, const DataSplits& data, const TrainerOptions& options,
                              TrainingState state) {
  return Trainer(session, data, options, std::move(state)).run();
}

Status check_data_fits(const Session& session, const DataSplits& data) {
  const auto check = [](const Dataset& split, std::string_view what, const Tensor& found, const TensorType& wanted) {
    const TensorType expected = with_rows(wanted, found.dim(0));
    const bool fits = found.type() == expected || found.type() == bytes_of(expected);
    if (fits) return Status();
    return Status(fail(split.name, "the {} are {}, but the network is built for {}", what, found.type().to_string(),
                       expected.to_string()));
  };
  for (const Dataset* split : {&data.train, &data.validation}) {
    MINNOW_TRY(check(*split, "examples", split->examples, session.input_type()));
    MINNOW_TRY(check(*split, "targets", split->labels, session.lowered().target));
  }
  return {};
}

Result<Evaluation> evaluate(Session& session, const Dataset& data, InterruptFlag interrupt) {
  const std::vector<int32_t> order = file_order(data.size());
  const auto batch_size = static_cast<size_t>(session.model().model.training().batch_size());
  BatchBuffer batch(session, data);
  BatchOutcome total;
  for (size_t begin = 0; begin < order.size(); begin += batch_size) {
    MINNOW_TRY(check_interrupt(interrupt));
    batch.fill(std::span(order).subspan(begin, std::min(batch_size, order.size() - begin)));
    MINNOW_ASSIGN(const BatchOutcome outcome, session.evaluate(batch.examples(), batch.targets()));
    if (!std::isfinite(outcome.loss))
      return tl::unexpected(not_finite(session, {data.name, "the loss is not finite", {}}, "evaluate", batch.examples(),
                                       &batch.targets()));
    total.loss += outcome.loss;
    total.correct += outcome.correct;
  }
  const auto examples = static_cast<double>(data.size());
  return Evaluation{total.loss / examples,
                    total.correct / (examples * static_cast<double>(session.lowered().predictions_per_example))};
}

}  // namespace minnow
