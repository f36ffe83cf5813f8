#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>

#include "frontend/lower/validate_learning.h"
#include "ir/printable.h"
#include "runtime/cluster/agreement.h"
#include "runtime/data/data_roots.h"
#include "runtime/file.h"
#include "runtime/train/metrics_csv.h"
#include "runtime/train/rank_start.h"
#include "runtime/train/trainer.h"
#include "runtime/train/training_notes.h"
#include "runtime/weights/detect_names.h"
#include "tools/command.h"
#include "tools/flags/interrupt.h"
#include "tools/flags/ranks.h"
#include "tools/flags/trained_model.h"
#include "tools/report/training_logs.h"

namespace minnow {
namespace {

struct TrainFlags {
  ModelFlags model;
  BackendFlags backend;
  std::string out;
  std::string resume;
  std::string weights;
  bool partial = false;
  NamesFlag names;
  DataFlags data;
  std::optional<int64_t> last_step;
  bool overwrite = false;
  LogFlags logs;
};

// What the flags say of the weights to start from, as fields of the model.
Status set_first_weights(TrainFlags& flags) {
  std::vector<std::string>& fields = flags.model.assignments;
  if (!flags.weights.empty()) {
    MINNOW_ASSIGN(const std::string file, weights_at(flags.weights));
    std::error_code error;
    const auto whole = std::filesystem::absolute(file, error);
    fields.push_back("training.weights_from=" + (error ? file : whole.lexically_normal().string()));
  }
  if (flags.partial) fields.emplace_back("training.partial=true");
  if (const auto names = flags.names.names()) fields.push_back("training.weights_names=" + schema_name(*names));
  return {};
}

// A resumed run takes its model from the run folder, unless one is named.
Result<LoadedModel> read_model(TrainFlags& flags) {
  if (flags.model.path == "-" && this_group())
    return fail_with_hint("-", "the standard input reaches one rank alone", "name a file that all ranks can read");
  if (flags.model.path.empty()) {
    if (flags.resume.empty())
      return tl::unexpected(
          Error{{}, "which model?", "minnow train MODEL.textproto, or --resume DIR", ExitCode::kUsage});
    flags.model.path = flags.resume + "/config.textproto";
  }
  MINNOW_TRY(set_first_weights(flags));
  return flags.model.read();
}

// The weights that the model says to start from, if it does, told on stderr.
Status load_first(Session& session) {
  MINNOW_ASSIGN(const auto first, load_first_weights(session));
  if (!first) return {};
  std::fputs(first->table.c_str(), stderr);
  return first->status;
}

// The state that the run was left in.
Result<TrainingState> last_state(const RunFolder& folder, Session& session) {
  const auto checkpoint = folder.checkpoint_path();
  if (!checkpoint) {
    std::fputs(fmt::format("{}: no checkpoint was saved; starts at step 0\n", folder.path()).c_str(), stderr);
    MINNOW_TRY(load_first(session));
    return TrainingState{};
  }
  auto state = load_checkpoint(*checkpoint, session);
  std::error_code ignored;
  const bool has_best = *checkpoint != folder.best_path() && std::filesystem::exists(folder.best_path(), ignored);
  if (!state && state.error().hint.empty() && has_best)
    state.error().hint =
        "best.safetensors beside it is a whole checkpoint, too: copied over it, the run goes on from there";
  return state;
}

// What went wrong in training or in saving it, with the way back.
Error with_way_back(Error error, const std::optional<RunFolder>& folder) {
  if (folder && folder->checkpoint_path() && error.hint.empty() && error.code == ExitCode::kInput)
    error.hint = "the last checkpoint is whole; go on from it with: minnow train --resume " + folder->path();
  return error;
}

void print_summary(const LoadedModel& loaded, const LoweredModel& network, const TrainingOutcome& outcome,
                   const std::string& folder, double seconds) {
  const auto& history = outcome.state.history;
  if (outcome.end == TrainingEnd::kReachedStep)
    fmt::print("{}: stopped at step {}, after {:.1f} s\n", loaded.model.name(), outcome.state.step, seconds);
  if (!history.empty()) {
    const EpochMetrics& last = history.back();
    fmt::print("{}: {} epoch{}, {} steps in {:.1f} s\n", loaded.model.name(), last.epoch, last.epoch == 1 ? "" : "s",
               outcome.state.step, seconds);
    const auto accuracy = [&](double share) {
      return has_accuracy(history) ? fmt::format("  accuracy {:.2f} %", 100 * share) : "";
    };
    const auto perplexity = [&](double loss) {
      return network.has_perplexity ? fmt::format("  perplexity {:.2f}", std::exp(loss)) : "";
    };
    fmt::print("  train       loss {:.4f}{}{}\n", last.train_loss, perplexity(last.train_loss),
               accuracy(last.train_accuracy));
    fmt::print("  validation  loss {:.4f}{}{}\n", last.validation_loss, perplexity(last.validation_loss),
               accuracy(last.validation_accuracy));
  }
  if (outcome.end == TrainingEnd::kStoppedEarly) fmt::print("  stopped early: validation no longer improves\n");
  if (!folder.empty()) fmt::print("  run folder  {}\n", folder);
}

// The logs that were asked for, if any.
Result<std::optional<TrainingLogs>> open_logs(const TrainFlags& flags, const std::optional<RunFolder>& folder,
                                              Session& session, const Dataset& data, const TrainingState& state,
                                              ThreadPool& pool) {
  const std::string flag = flags.logs.first();
  if (flag.empty()) return std::optional<TrainingLogs>();
  if (!folder) return tl::unexpected(Error{flag, "needs a run folder to write to", "add --out DIR", ExitCode::kUsage});
  const LoggedRun run{*folder, session, data, state};
  return TrainingLogs::open(flags.logs, run, flags.backend.session_options(), pool);
}

// What every rank reads and makes for itself.
struct Prepared {
  LoadedModel loaded;
  std::unique_ptr<Session> session;
  DataSplits data;
};

Result<Prepared> prepare(TrainFlags& flags, const SessionOptions& options, ThreadPool& pool) {
  Prepared prepared;
  MINNOW_ASSIGN(prepared.loaded, read_model(flags));
  MINNOW_ASSIGN(prepared.session, Session::create(prepared.loaded, options, pool));
  Session& session = *prepared.session;
  MINNOW_TRY(validate_learning(session.model(), session.lowered()));
  MINNOW_ASSIGN(prepared.data, flags.data.load(session, pool));
  const DataSplits& data = prepared.data;
  for (const Dataset* split : {&data.train, &data.validation}) MINNOW_TRY(check_fills_batch(session, *split));
  print_notes(training_notes(session, data));
  if (flags.out.empty() && flags.resume.empty())
    print_notes({"no weights are kept: --out DIR keeps them, with curves and metrics"});
  return prepared;
}

// The run folder, if there is one, and where the run stands in it; the leader's business.
struct Start {
  std::optional<RunFolder> folder;
  TrainingState state;
};

Status open_run(const TrainFlags& flags, const Prepared& prepared, Start& start) {
  Session& session = *prepared.session;
  const std::vector<std::string> data_folders =
      folders_found(prepared.loaded.model.data(), places_of(prepared.loaded, flags.data.data_dir));
  if (!flags.resume.empty()) {
    MINNOW_ASSIGN(start.folder, RunFolder::open(flags.resume, data_folders));
    MINNOW_ASSIGN(start.state, last_state(*start.folder, session));
  } else {
    MINNOW_TRY(load_first(session));
  }
  if (!flags.out.empty()) {
    MINNOW_ASSIGN(start.folder, RunFolder::create(flags.out, prepared.loaded, flags.overwrite, data_folders));
  }
  return {};
}

Status begin_together(const TrainFlags& flags, const Prepared& prepared, const SessionOptions& options, Start& start) {
  Communicator* ranks = this_communicator();
  if (ranks) MINNOW_TRY(check_ranks_alike(*ranks, *prepared.session, prepared.data, options.code));
  MINNOW_TRY(as_leader(ranks, [&] { return open_run(flags, prepared, start); }));
  if (ranks) MINNOW_TRY(start_like_leader(*ranks, *prepared.session, start.state));
  return {};
}

void print_end(const TrainingOutcome& outcome, const std::optional<RunFolder>& folder, int64_t first_step) {
  if (outcome.end == TrainingEnd::kFinished && first_step > 0 && outcome.state.step == first_step && folder)
    std::fputs(fmt::format("{}: was finished before, at epoch {}, and stays as it is; --epochs N goes on to epoch N\n",
                           folder->path(), outcome.state.history.size())
                   .c_str(),
               stderr);
  if (outcome.end != TrainingEnd::kInterrupted) return;
  const std::string way = folder ? "; go on with: minnow train --resume " + folder->path() : "";
  std::fputs(fmt::format("interrupted at step {}{}\n", outcome.state.step, way).c_str(), stderr);
}

Result<ExitCode> train_command(TrainFlags& flags) {
  const auto begin = std::chrono::steady_clock::now();
  Communicator* const ranks = this_communicator();
  ThreadPool pool(flags.backend.thread_count());
  MINNOW_ASSIGN(const SessionOptions session_options, flags.backend.session_options_of_ranks());
  MINNOW_ASSIGN(const Prepared prepared, agree_on(ranks, prepare(flags, session_options, pool)));
  Session& session = *prepared.session;

  // Without a run folder there is nothing to save, and Ctrl-C ends the program on the spot; ranks end together.
  const bool saves = !flags.resume.empty() || !flags.out.empty();
  const InterruptFlag interrupt = saves || ranks ? &watch_for_interrupts() : nullptr;
  Start start;
  MINNOW_TRY(begin_together(flags, prepared, session_options, start));
  const std::optional<RunFolder>& folder = start.folder;

  const int64_t first_step = start.state.step;
  std::optional<TrainingLogs> logs;
  MINNOW_TRY(as_leader(ranks, [&]() -> Status {
    MINNOW_ASSIGN(logs, open_logs(flags, folder, session, prepared.data.train, start.state, pool));
    return {};
  }));
  Progress progress;
  TrainerOptions options{folder ? &*folder : nullptr, interrupt, flags.last_step, &progress};
  options.ranks = ranks;
  if (logs) options.on_epoch = [&](const EpochMetrics& row) { logs->record(row); };
  const auto trained = train(session, prepared.data, options, std::move(start.state));
  progress.clear();
  if (!trained) {
    if (folder && trained.error().code == ExitCode::kMismatch)
      MINNOW_TRY(write_file_atomically(folder->diverged_path(), trained.error().to_string() + "\n"));
    return tl::unexpected(with_way_back(trained.error(), folder));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  print_summary(prepared.loaded, session.lowered(), *trained, folder ? folder->path() : "", seconds);
  print_end(*trained, folder, first_step);
  MINNOW_TRY(agree(ranks, logs ? logs->status() : Status()));
  return trained->end == TrainingEnd::kInterrupted ? ExitCode::kInterrupted : ExitCode::kDone;
}

}  // namespace

Action add_train(CLI::App& app) {
  auto flags = std::make_shared<TrainFlags>();
  flags->model.add(app);
  app.get_option("model")->required(false);
  flags->model.add_shorthand(app, "--epochs", "training.epochs", "passes over the training data");
  flags->model.add_shorthand(app, "--batch-size", "training.batch_size", "examples per step");
  flags->model.add_shorthand(app, "--lr,--learning-rate", "training.learning_rate", "learning rate");
  flags->model.add_shorthand(app, "--seed", "training.seed", "of weights, shuffling and dropout");
  app.add_option_function<std::string>(
         "--optimizer",
         [flags](const std::string& name) { flags->model.assignments.push_back("training." + name + "={}"); },
         "sgd, momentum, adam, adamw or rmsprop")
      ->check(CLI::IsMember({"sgd", "momentum", "adam", "adamw", "rmsprop"}));
  flags->backend.add(app);
  add_timeout_flag(app);
  auto* out = app.add_option("--out", flags->out, "the run folder to leave behind")->type_name("DIR");
  app.add_option("--resume", flags->resume, "go on with the run in this folder")->type_name("DIR")->excludes(out);
  app.add_option("--steps", flags->last_step, "stop at this step; --resume goes on from there")
      ->check(CLI::Range(int64_t{1}, std::numeric_limits<int64_t>::max()).description(""));
  app.add_option("--weights", flags->weights, "start from these weights, .safetensors, or those of a run folder")
      ->type_name("FILE|DIR")
      ->excludes("--resume");
  app.add_flag("--partial", flags->partial, "take what fits of them; draw the rest")->excludes("--resume");
  flags->names.add(app, "whose names and layouts they have; else told by the names");
  flags->data.add(app);
  flags->logs.add(app);
  app.add_flag("--overwrite", flags->overwrite, "replace an earlier run in --out");
  return [flags] { return train_command(*flags); };
}

}  // namespace minnow
