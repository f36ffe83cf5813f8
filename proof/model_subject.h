// The functions of a model as subjects: on the batches of its data, or on random ones.
#pragma once

#include "frontend/lower_model.h"
#include "proof/subject.h"
#include "runtime/dataset.h"

namespace minnow::proof {

// The training step, which answers gradients too. Step i is given batch i of `data`, in file order, or one drawn at
// random if `data` is nullptr. Weights and state begin as training begins.
Result<Subject> training_subject(const LoadedModel& model, int steps, const Dataset* data,
                                 const PlantedBug* bug = nullptr);
// @infer on one batch.
Result<Subject> inference_subject(const LoadedModel& model, const Dataset* data);

}  // namespace minnow::proof
