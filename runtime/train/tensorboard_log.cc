#include "runtime/train/tensorboard_log.h"

#include <cmath>
#include <map>

#include "ir/printable.h"
#include "runtime/tensorboard/histogram.h"

namespace minnow {
namespace {

using tensorboard::Summary;

// Tags are UTF-8; what is before the slash makes a section of TensorBoard's page.
void add_scalar(Summary& summary, const std::string& section, const std::string& name, double number) {
  Summary::Value& value = *summary.add_value();
  value.set_tag(section + "/" + printable(name));
  value.set_simple_value(static_cast<float>(number));
}

void add_histogram(Summary& summary, const std::string& section, const std::string& name, const Tensor& tensor) {
  const Histogram histogram = histogram_of(tensor.as<float>());
  if (histogram.count == 0) return;
  Summary::Value& value = *summary.add_value();
  value.set_tag(section + "/" + printable(name));
  tensorboard::HistogramProto& proto = *value.mutable_histo();
  proto.set_min(histogram.least);
  proto.set_max(histogram.greatest);
  proto.set_num(static_cast<double>(histogram.count));
  proto.set_sum(histogram.sum);
  proto.set_sum_squares(histogram.sum_of_squares);
  for (const double limit : histogram.limits) proto.add_bucket_limit(limit);
  for (const int64_t count : histogram.counts) proto.add_bucket(static_cast<double>(count));
}

double sum_of_squares(const Tensor& tensor) {
  double sum = 0;
  for (const float value : tensor.as<float>()) sum += static_cast<double>(value) * value;
  return sum;
}

}  // namespace

Result<TensorBoardLog> TensorBoardLog::create(const std::string& folder, int64_t epochs_done, const Session& session,
                                              GradientProbe probe) {
  const int64_t first_step = epochs_done == 0 ? 0 : epochs_done + 1;
  MINNOW_ASSIGN(EventFile file, EventFile::create(folder, first_step));
  TensorBoardLog log(std::move(file), session, std::move(probe));
  if (epochs_done > 0) return log;
  tensorboard::Event before;
  MINNOW_TRY(log.add_network(*before.mutable_summary()));
  MINNOW_TRY(log.file_.append(std::move(before)));
  return log;
}

Status TensorBoardLog::add_network(Summary& summary) {
  MINNOW_TRY(probe_.run());
  const std::vector<double> gradient_norms = probe_.layer_norms();
  std::map<std::string, double> squares;
  for (const WeightInfo& weight : session_->lowered().weights)
    squares[weight.layer] += sum_of_squares(session_->tensors().at(weight.name));
  for (size_t i = 0; i < probe_.layers().size(); ++i) {
    const std::string& layer = probe_.layers()[i];
    add_scalar(summary, "gradient_norm", layer, gradient_norms[i]);
    add_scalar(summary, "weight_norm", layer, std::sqrt(squares[layer]));
  }
  for (size_t i = 0; i < session_->lowered().weights.size(); ++i) {
    const std::string& name = session_->lowered().weights[i].name;
    add_histogram(summary, "weights", name, session_->tensors().at(name));
    add_histogram(summary, "gradients", name, probe_.gradient(i));
  }
  return {};
}

Status TensorBoardLog::record(const EpochMetrics& row, int64_t examples) {
  tensorboard::Event event;
  event.set_step(row.epoch);
  Summary& summary = *event.mutable_summary();
  add_scalar(summary, "loss", "train", row.train_loss);
  add_scalar(summary, "loss", "validation", row.validation_loss);
  if (session_->lowered().has_perplexity) {
    add_scalar(summary, "perplexity", "train", row.train_perplexity());
    add_scalar(summary, "perplexity", "validation", row.validation_perplexity());
  }
  if (session_->lowered().classifies) {
    add_scalar(summary, "accuracy", "train", row.train_accuracy);
    add_scalar(summary, "accuracy", "validation", row.validation_accuracy);
  }
  add_scalar(summary, "training", "learning_rate", row.learning_rate);
  add_scalar(summary, "training", "examples_per_second", static_cast<double>(examples) / row.seconds);
  MINNOW_TRY(add_network(summary));
  return file_.append(std::move(event));
}

}  // namespace minnow
