#include "runtime/train/assess.h"

namespace minnow {
namespace {

Status tell_classes_apart(Session& session, const Dataset& dataset, Assessment& assessment) {
  MINNOW_ASSIGN(assessment.rows, predict(session, dataset));
  assessment.confusion = confusion_matrix(assessment.rows, dataset.labels);
  return {};
}

}  // namespace

Result<Assessment> assess(Session& session, const Dataset& dataset) {
  Assessment assessment;
  MINNOW_ASSIGN(assessment.evaluation, evaluate(session, dataset));
  const LoweredModel& lowered = session.lowered();
  if (lowered.classes == 0 || lowered.labels_positions) return assessment;
  const int64_t examples = evaluated_examples(session, dataset);
  if (examples == dataset.size()) {
    MINNOW_TRY(tell_classes_apart(session, dataset, assessment));
  } else {
    MINNOW_TRY(tell_classes_apart(session, slice_dataset(dataset, 0, examples), assessment));
  }
  assessment.class_names = dataset.class_names;
  while (static_cast<int64_t>(assessment.class_names.size()) < assessment.confusion->classes())
    assessment.class_names.push_back(std::to_string(assessment.class_names.size()));
  return assessment;
}

}  // namespace minnow
