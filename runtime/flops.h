// Floating-point operations: how many a function asks for, and how many a second this machine can do. Their quotient is
// the share of peak that `bench` and `profile` print.
#pragma once

#include "ir/error.h"
#include "ir/function.h"
#include "runtime/thread_pool.h"

namespace minnow {

// Of one run: what the contractions (dot, convolution, their gradients) need, inside fused bodies too, a multiply-add
// counting two. Elementwise work is left out, so that the number does not depend on what the passes did.
double contraction_flops(const Function& function);

// The most f32 operations a second, a multiply-add counting two: every thread of the pool runs independent chains of
// multiply-adds in the widest vectors. Takes about 50 ms, and the best of several bursts counts, as the machine may be
// busy with other things. Errors are LLVM's.
Result<double> measure_peak_flops(ThreadPool& pool);

}  // namespace minnow
