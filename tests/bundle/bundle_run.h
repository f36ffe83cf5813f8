// A bundle linked with a C program that calls it, and run: what the calls leave, as a trace to hold against the
// interpreter's.
#pragma once

#include "codegen/bundle/bundle.h"
#include "proof/subject.h"
#include "runtime/session.h"
#include "tests/bundle/bundle_target.h"
#include "tests/expect.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {

// A function's results that the callers of a bundle learn: not what a step of training counts beside its loss.
void keep_told_results(Function& function);

// A function of a model, of its batch size, as it is lowered, to be called so often.
proof::Subject subject_of(const LoadedModel& model, std::string_view function, int steps);

// Makes a bundle "b" of the subject's function, as the passes leave it, and calls it `subject.steps` times.
Result<proof::Trace> trace_bundle(const proof::Subject& subject, const BundleTarget& target, BundleOptions options);

// Writes the bundle's files.
void write_files(const TemporaryFolder& folder, const Bundle& bundle);

}  // namespace minnow
