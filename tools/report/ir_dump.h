// --print-ir-... of `compile` and `opt`: shows a function between the passes that run over it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "passes/pass_runner.h"

namespace minnow {

struct DumpFlags {
  std::vector<std::string> before, after;  // passes by name
  bool after_all = false;
  bool changes = false;     // whole functions, but only those that changed
  bool diff = false;        // only the lines that changed
  std::string tree_folder;  // a numbered file per stage; empty: none

  void add(CLI::App& app);
  // Every pass that is named exists, or the error is one of usage with the nearest name.
  Status check() const;

  bool operator==(const DumpFlags&) const = default;
};

// Prints on stderr, in colour if that is a terminal, and writes the tree.
class IrDump : public PassObserver {
 public:
  explicit IrDump(const DumpFlags& flags) : flags_(flags) {}

  Status before_pass(const PassRecord& record, const Function& function) override;
  Status after_pass(const PassRecord& record, const Function& function) override;
  // Adds LLVM IR and assembly to the tree, if there is one, as the stage behind the passes'.
  Status write_code(const Function& function, const std::string& triple, const std::string& cpu) const;

 private:
  Status write_stage(size_t number, std::string_view name, const Function& function);
  Status write_file(size_t number, std::string_view name, const Function& function, std::string_view text) const;

  const DumpFlags& flags_;
  std::string before_;   // text, where the changes are asked for
  std::string started_;  // the function whose stages are being written
  size_t last_ = 0;      // the stage that was written last
};

}  // namespace minnow
