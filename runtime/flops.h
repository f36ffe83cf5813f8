// Floating-point operations: how many a function asks for, and how many a second this machine can do. Their quotient is
// the share of peak that `bench` and `profile` print.
#pragma once

#include <string_view>

#include "frontend/load/load_model.h"
#include "ir/function.h"
#include "runtime/thread_pool.h"

namespace minnow {

// What the contractions of one run need, see ir/contraction.h, without elementwise work: of "infer", "train_step", ...
// of a model at its batch size, counted before any pass but without what no result needs.
Result<double> model_flops(const LoadedModel& model, std::string_view function);

// The most f32 operations a second, a multiply-add counting two: every thread of the pool runs independent chains of
// multiply-adds in the widest vectors. Takes about 50 ms, and the best of many bursts counts, as the machine may be
// busy with other things; a few times that while the peak is below `at_least`, a rate that has been seen. Of code for
// `cpu`, if that is not the host's own. Errors are LLVM's.
Result<double> measure_peak_flops(ThreadPool& pool, double at_least = 0, const std::string& cpu = {});

// Whether a share of the peak is too large to be believed, as rounding cannot explain it.
inline bool is_beyond_peak(double share) { return share > 1.005; }
// What is to be said below a table with such shares.
inline constexpr std::string_view kBeyondPeak =
    "A kernel at more than 100 % of the peak: the machine was busy while its peak was measured, or products are "
    "spared: on padding, by minimal filtering.";

}  // namespace minnow
