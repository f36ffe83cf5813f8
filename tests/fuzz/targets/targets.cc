#include "tests/fuzz/targets/targets.h"

#include <algorithm>
#include <array>

namespace minnow::testing {
namespace {

constexpr std::array kTargets = {
    FuzzTarget{"binary_model", fuzz_binary_model},
    FuzzTarget{"cache", fuzz_cache},
    FuzzTarget{"checkpoint", fuzz_checkpoint},
    FuzzTarget{"csv", fuzz_csv},
    FuzzTarget{"experiment", fuzz_experiment},
    FuzzTarget{"idx", fuzz_idx},
    FuzzTarget{"ir", fuzz_ir},
    FuzzTarget{"npy", fuzz_npy},
    FuzzTarget{"onnx", fuzz_onnx},
    FuzzTarget{"png", fuzz_png},
    FuzzTarget{"text", fuzz_text},
    FuzzTarget{"text_model", fuzz_text_model},
};

}  // namespace

std::span<const FuzzTarget> fuzz_targets() { return kTargets; }

const FuzzTarget* find_fuzz_target(std::string_view name) {
  const auto found = std::ranges::find(kTargets, name, &FuzzTarget::name);
  return found == kTargets.end() ? nullptr : &*found;
}

}  // namespace minnow::testing
