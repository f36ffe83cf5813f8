#include "tests/bundle/bundle_target.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "ir/error.h"

namespace minnow {
namespace {

const BundleTarget kTargets[] = {
    {"host", "", "", "cc", "", {"cc"}},
    {"x86_64", "x86_64-linux-gnu", "x86-64", "cc", "", {"cc"}},
    {"x86_64_v3", "x86_64-linux-gnu", "x86-64-v3", "cc", "", {"cc"}},
    {"x86_64_v4", "x86_64-linux-gnu", "x86-64-v4", "cc", "", {"cc"}},
    {"aarch64",
     "aarch64-linux-gnu",
     "",
     "aarch64-linux-gnu-gcc -static",
     "qemu-aarch64",
     {"aarch64-linux-gnu-gcc", "qemu-aarch64"}},
    {"armv7",
     "armv7-linux-gnueabihf",
     "",
     "arm-linux-gnueabihf-gcc -static",
     "qemu-arm",
     {"arm-linux-gnueabihf-gcc", "qemu-arm"}},
    // Its instructions are some of those that a larger ARM has, which a linker believes once the object no longer says
    // what it is for.
    {"cortex_m4f",
     "thumbv7em-none-eabihf",
     "cortex-m4",
     "arm-linux-gnueabihf-objcopy -R .ARM.attributes b.o && arm-linux-gnueabihf-gcc -static -mthumb",
     "qemu-arm",
     {"arm-linux-gnueabihf-gcc", "qemu-arm"}},
    {"riscv64",
     "riscv64-linux-gnu",
     "",
     "riscv64-linux-gnu-gcc -static",
     "qemu-riscv64",
     {"riscv64-linux-gnu-gcc", "qemu-riscv64"}},
    {"wasm32",
     "wasm32-unknown-unknown",
     "",
     "clang --target=wasm32 -ffreestanding -nostdlib -Wl,--no-entry -Wl,--export-all",
     "node run.js",
     {"clang", "wasm-ld", "node"},
     true},
    {"module", "wasm32-unknown-unknown", "", "", "node run.js", {"node"}, true, false, true},
    {"c_gcc", "", "", "gcc", "", {"gcc"}, false, true},
    {"c_clang", "", "", "clang", "", {"clang"}, false, true},
};

}  // namespace

std::string BundleTarget::missing() const {
  for (const std::string& program : needs)
    if (std::system(fmt::format("command -v {} > /dev/null", program).c_str()) != 0) return program;
  return "";
}

std::span<const BundleTarget> bundle_targets() { return kTargets; }

const BundleTarget& bundle_target(const std::string& name) {
  const auto found = std::ranges::find(kTargets, name, &BundleTarget::name);
  MINNOW_CHECK(found != std::end(kTargets), "no target {}", name);
  return *found;
}

std::string output_in(const std::string& folder, const std::string& command) {
  FILE* pipe = popen(fmt::format("cd '{}' && ({}) 2>&1", folder, command).c_str(), "r");
  MINNOW_CHECK(pipe != nullptr, "no shell");
  std::string text;
  std::array<char, 4096> part;
  for (size_t got = 0; (got = fread(part.data(), 1, part.size(), pipe)) > 0;) text.append(part.data(), got);
  const int status = pclose(pipe);
  return status == 0 ? text : fmt::format("{}\n(status {})", text, status);
}

void run_in(const std::string& folder, const std::string& command) {
  const std::string text = output_in(folder, command + " > log || (cat log; false)");
  ASSERT_EQ(text, "") << command;
}

}  // namespace minnow
