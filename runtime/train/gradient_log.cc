#include "runtime/train/gradient_log.h"

#include "runtime/file.h"

namespace minnow {

Result<GradientLog> GradientLog::create(Session& session, const Dataset& data, Backend backend, ThreadPool& pool,
                                        const CodeOptions& code) {
  MINNOW_ASSIGN(GradientProbe probe, GradientProbe::create(session, data, backend, pool, code, false));
  return GradientLog(std::move(probe));
}

Status GradientLog::record(int64_t epoch) {
  MINNOW_TRY(probe_.run());
  norms_.rows.push_back({epoch, probe_.layer_norms()});
  return {};
}

Result<GradientLog> GradientLog::open(Session& session, const Dataset& data, const SessionOptions& options,
                                      ThreadPool& pool, const std::string& folder, const TrainingState& state) {
  MINNOW_ASSIGN(GradientLog log, create(session, data, options.backend, pool, options.code));
  log.folder_ = folder;
  const auto epochs_done = static_cast<int64_t>(state.history.size());
  const std::string path = folder + "/gradients.csv";
  if (const auto earlier = read_file(path); earlier && state.step > 0)
    MINNOW_TRY(log.recall(*earlier, epochs_done, path));
  if (log.rows() == 0) MINNOW_TRY(log.record(epochs_done));
  return log;
}

Status GradientLog::recall(std::string_view csv, int64_t last_epoch, const std::string& where) {
  MINNOW_ASSIGN(GradientNorms earlier, parse_gradients_csv(csv, where));
  if (earlier.layers != norms_.layers) return fail(where, "is of other layers");
  std::erase_if(earlier.rows, [&](const GradientNorms::Row& row) { return row.epoch > last_epoch; });
  norms_.rows = std::move(earlier.rows);
  return {};
}

Status GradientLog::add(int64_t epoch, const std::string& title) {
  MINNOW_TRY(record(epoch));
  MINNOW_TRY(write_file_atomically(folder_ + "/gradients.csv", csv()));
  return write_drawing(folder_ + "/gradients.svg", draw_chart(chart(title)));
}

Chart GradientLog::chart(const std::string& title) const {
  return Chart{title, "epoch", true, {norms_.panel("gradient norm")}};
}

}  // namespace minnow
