#include "codegen/emit_conv.h"

namespace minnow {

bool is_fast_conv(const Op&, const Storage&, const KernelWork&) { return false; }
int64_t conv_filter_partial_bytes(const Op&, int) { return 0; }

}  // namespace minnow
