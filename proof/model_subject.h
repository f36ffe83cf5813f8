// The functions of a model as subjects, on the batches of its data, or any function on random numbers.
#pragma once

#include "frontend/lower/lower_model.h"
#include "proof/subject.h"
#include "runtime/data/dataset.h"

namespace minnow::proof {

// Any function of the model, on the model's weights as training begins. Step i is given batch i of `data`, in file
// order, or one drawn at random if `data` is nullptr, which must outlive the subject.
Result<Subject> model_subject(const LoadedModel& model, std::unique_ptr<Function> function, int steps,
                              const Dataset* data);

// The training step, which answers gradients too.
Result<Subject> training_subject(const LoadedModel& model, int steps, const Dataset* data,
                                 const PlantedBug* bug = nullptr);

// @infer of a model without a loss, on its weights and random inputs: if it has weights, with gradients, as
// training_form makes it.
Result<Subject> inference_subject(const LoadedModel& model);

// A function of no known model, on numbers drawn at random: weights and inputs in [-1, 1), state in [0, 1), whole
// numbers in [0, 4). Behind `steps` such steps come eight whose inputs are extreme numbers (parameters.h).
Subject random_subject(std::unique_ptr<Function> function, int steps);

}  // namespace minnow::proof
