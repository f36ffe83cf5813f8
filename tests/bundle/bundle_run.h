// A bundle linked with a C program that calls it, and run: what the calls leave, as a trace to hold against the
// interpreter's.
#pragma once

#include "codegen/bundle/bundle.h"
#include "proof/subject.h"
#include "tests/bundle/bundle_target.h"
#include "tests/runtime/temporary_folder.h"

namespace minnow {

// A function's results that the callers of a bundle learn: not what a step of training counts beside its loss.
void keep_told_results(Function& function);

// Makes a bundle "b" of the subject's function, as the passes leave it, and calls it `subject.steps` times.
Result<proof::Trace> trace_bundle(const proof::Subject& subject, const BundleTarget& target, BundleOptions options);

// Writes the bundle's files.
void write_files(const TemporaryFolder& folder, const Bundle& bundle);

}  // namespace minnow
