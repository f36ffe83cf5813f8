// One function of a program, checked and with parameters and results as training calls them.
#pragma once

#include "frontend/load/program.h"
#include "frontend/lower/lower_model.h"

namespace minnow {

// Roles, types and names of the parameters, and no op that only passes make.
Status check_program_function(const Program& program, const Function& function);

// Results in order: "loss", else the first; "correct", or 0; "counted" if there is one; new states if `with_states`.
Status order_loss_results(const Program& program, Function& function, bool with_states);
// "prediction", else the first result, alone.
Status order_prediction(const Program& program, Function& function);

// @loss as a function for validation: a sum that partial batches may be added up by, without new states.
void make_evaluation(Function& loss, int64_t batch);

// Puts data.normalize behind the program's inputs of numbers.
void normalize_inputs(const Program& program, Function& function, const spec::Data::Normalize& normalize);

}  // namespace minnow
