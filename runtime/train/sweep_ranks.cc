#include "runtime/train/sweep_ranks.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "ir/interrupt.h"
#include "runtime/cluster/carried_error.h"
#include "runtime/cluster/letters.h"

namespace minnow {
namespace {

// The first letter of what a rank says: "b" or "p" and the history, as it begins, without or with perplexity; "e" and a
// row; "d" and the number of a RunEnd; "f" and an error. The leader answers to "e" with "g" to go on, or "s".
constexpr const char* kNoMore = "none";
constexpr const char* kGoOn = "g";
constexpr const char* kStop = "s";

std::string bytes_of(std::span<const EpochMetrics> rows) {
  return {reinterpret_cast<const char*>(rows.data()), rows.size_bytes()};
}

std::vector<EpochMetrics> rows_of(std::string_view bytes) {
  std::vector<EpochMetrics> rows(bytes.size() / sizeof(EpochMetrics));
  bytes.copy(reinterpret_cast<char*>(rows.data()), rows.size() * sizeof(EpochMetrics));
  return rows;
}

// What cannot be said ends the run; whoever waits for the next word finds out why.
class Speaker {
 public:
  Speaker(Communicator& ranks, InterruptFlag interrupt) : ranks_(ranks), interrupt_(interrupt) {}

  RunListener listener() {
    return {[this](const std::vector<EpochMetrics>& history, bool has_perplexity) {
              say((has_perplexity ? "p" : "b") + bytes_of(history));
            },
            [this](const EpochMetrics& row) {
              say("e" + bytes_of({&row, 1}));
              if (!said_) return;
              const auto answer = receive_text(ranks_, 0);
              if (!answer) said_ = tl::unexpected(answer.error());
              if (!answer || *answer != kGoOn) stops_ = true;
            },
            [this] {
              if (is_interrupted(interrupt_)) stops_ = true;
            }};
  }
  void say(const std::string& text) {
    if (said_) said_ = send_text(ranks_, 0, text);
    if (!said_) stops_ = true;
  }
  const Status& said() const { return said_; }
  InterruptFlag stops() const { return &stops_; }

 private:
  Communicator& ranks_;
  InterruptFlag interrupt_;
  Status said_;
  std::atomic<bool> stops_{false};
};

}  // namespace

Result<Result<RunEnd>> train_on(Communicator& ranks, int rank, int64_t number, const RunListener& listener,
                                const std::function<bool()>& stops) {
  MINNOW_TRY(send_text(ranks, rank, std::to_string(number)));
  for (;;) {
    MINNOW_ASSIGN(const std::string text, receive_text(ranks, rank));
    const std::string_view rest = std::string_view(text).substr(1);
    switch (text[0]) {
      case 'b':
      case 'p': listener.on_begin(rows_of(rest), text[0] == 'p'); break;
      case 'e':
        listener.on_epoch(rows_of(rest)[0]);
        MINNOW_TRY(send_text(ranks, rank, stops() ? kStop : kGoOn));
        break;
      case 'd': return Result<RunEnd>(static_cast<RunEnd>(std::atoi(text.c_str() + 1)));
      default: return Result<RunEnd>(tl::unexpected(carried_error(rest)));
    }
  }
}

Status tell_no_more(Communicator& ranks, int rank) { return send_text(ranks, rank, kNoMore); }

Status train_for_leader(Communicator& ranks, const Sweep& sweep, RunTrainer& trainer, InterruptFlag interrupt) {
  for (;;) {
    MINNOW_ASSIGN(const std::string task, receive_text(ranks, 0));
    if (task == kNoMore) return {};
    Speaker speaker(ranks, interrupt);
    const SweepRun& run = sweep.runs.at(static_cast<size_t>(std::stoll(task)));
    const Result<RunEnd> end = trainer.train(run, speaker.stops(), speaker.listener());
    speaker.say(end ? fmt::format("d{}", static_cast<int>(*end)) : "f" + carry(end.error()));
    MINNOW_TRY(speaker.said());
  }
}

}  // namespace minnow
