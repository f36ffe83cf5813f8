// The machines that bundles are tested for: each with what links a C program for it, and what runs that here.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace minnow {

struct BundleTarget {
  std::string name;
  std::string triple, cpu;
  std::string compiler;            // of C, with flags: "arm-linux-gnueabihf-gcc -static"
  std::string runner;              // in front of the program; empty: it runs here
  std::vector<std::string> needs;  // programs
  bool is_wasm = false;
  bool is_c = false;       // a bundle of C, not of machine code
  bool is_module = false;  // linked by link_wasm, and called from JavaScript

  // The first of the programs that is missing; empty if all are there.
  std::string missing() const;
};

std::span<const BundleTarget> bundle_targets();
const BundleTarget& bundle_target(const std::string& name);

// Runs a command of the shell in a folder. What it prints is lost unless it fails.
void run_in(const std::string& folder, const std::string& command);
// What it prints, whether or not it fails.
std::string output_in(const std::string& folder, const std::string& command);

}  // namespace minnow
