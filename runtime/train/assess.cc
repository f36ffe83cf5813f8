#include "runtime/train/assess.h"

namespace minnow {

Result<Assessment> assess(Session& session, const Dataset& dataset) {
  Assessment assessment;
  MINNOW_ASSIGN(assessment.evaluation, evaluate(session, dataset));
  const LoweredModel& lowered = session.lowered();
  if (lowered.classes == 0 || lowered.labels_positions) return assessment;
  MINNOW_ASSIGN(assessment.rows, predict(session, dataset));
  assessment.confusion = confusion_matrix(assessment.rows, dataset.labels);
  assessment.class_names = dataset.class_names;
  while (static_cast<int64_t>(assessment.class_names.size()) < assessment.confusion->classes())
    assessment.class_names.push_back(std::to_string(assessment.class_names.size()));
  return assessment;
}

}  // namespace minnow
