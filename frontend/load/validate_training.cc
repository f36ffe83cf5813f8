// The losses: what the ranges of single fields cannot say.
#include <string>

#include "frontend/load/complain.h"
#include "frontend/load/mistakes.h"
#include "frontend/load/validate_model.h"

namespace minnow {
namespace {

const spec::Layer* find_layer(const Model& model, const std::string& name) {
  for (const spec::Layer& layer : model.layers())
    if (layer.name() == name) return &layer;
  return nullptr;
}

Status check_loss(const LoadedModel& loaded, const spec::Loss& loss, const std::string& path,
                  const std::string& output_name) {
  const spec::Layer* output = find_layer(loaded.model, output_name);
  const bool ends_in_softmax = output != nullptr && (output->has_softmax() || output->has_log_softmax());
  if (loss.has_softmax_cross_entropy() && ends_in_softmax)
    return complain_with_hint(
        loaded, path, fmt::format("remove the layer \"{}\", or name its input as the output", output_name),
        "softmax_cross_entropy takes logits, but the output \"{}\" is already a softmax", output_name);
  if (!loss.target().empty()) MINNOW_TRY(check_name(loaded, path + ".target", loss.target()));
  return {};
}

Status check_losses(const LoadedModel& loaded) {
  const Model& model = loaded.model;
  if (model.loss().kind_case() == spec::Loss::KIND_NOT_SET)
    return complain_with_hint(loaded, "loss", "for example loss { softmax_cross_entropy {} }", "the model has no loss");
  if (!model.loss().output().empty())
    return complain_with_hint(loaded, "loss.output",
                              fmt::format("write output: \"{}\" outside of it", printable_name(model.loss().output())),
                              "the output that `loss` sees is that of the model");
  Mistakes found;
  found.add(check_loss(loaded, model.loss(), "loss", model.output()));
  for (int i = 0; i < model.losses_size(); ++i) {
    const spec::Loss& loss = model.losses(i);
    const std::string path = fmt::format("losses.{}", i);
    if (loss.kind_case() == spec::Loss::KIND_NOT_SET)
      found.add(
          complain_with_hint(loaded, path, "for example softmax_cross_entropy {}", "says nothing of what it computes"));
    else found.add(check_loss(loaded, loss, path, loss.output()));
  }
  return found.status();
}

}  // namespace

Status validate_training(const LoadedModel& loaded) {
  Mistakes found;
  found.add(check_losses(loaded));
  if (loaded.model.has_data()) found.add(validate_data(loaded));
  return found.status();
}

}  // namespace minnow
