#include "codegen/kernel_comments.h"

#include <fmt/format.h>
#include <llvm/IR/Function.h>
#include <llvm/MC/MCAsmInfo.h>
#include <llvm/Support/FormattedStream.h>
#include <llvm/Target/TargetMachine.h>

#include <algorithm>

namespace minnow {
namespace {

std::string comment_marker(const Target& target) {
  const auto machine = make_target_machine(target, 0);
  return machine ? (*machine)->getMCAsmInfo()->getCommentString().str() : "#";
}

// A layer's name may hold anything, line ends too.
std::string on_one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  return text;
}

}  // namespace

std::string kernel_comment(const Kernel& kernel) {
  std::string text = (kernel.value.empty() ? "" : kernel.value + " = ") + kernel.op;
  if (!kernel.layer.empty()) text += fmt::format(", layer \"{}\"", kernel.layer);
  text +=
      fmt::format(", {}: {:.3f} MFLOP, {:.1f} KiB", phase_name(kernel.phase), kernel.flops / 1e6, kernel.bytes / 1024);
  return on_one_line(std::move(text)) + (kernel.loop < 0 ? "" : " a block");
}

KernelsByName::KernelsByName(std::span<const Kernel> kernels) {
  for (const Kernel& kernel : kernels) kernels_.emplace(kernel.name, &kernel);
}

const Kernel* KernelsByName::find(std::string_view name) const {
  const auto found = kernels_.find(name);
  return found == kernels_.end() ? nullptr : found->second;
}

void KernelAnnotator::emitFunctionAnnot(const llvm::Function* function, llvm::formatted_raw_ostream& out) {
  const llvm::StringRef name = function->getName();
  if (const Kernel* kernel = kernels_.find({name.data(), name.size()})) out << "; " << kernel_comment(*kernel) << "\n";
}

std::string annotate_assembly(std::string_view assembly, std::span<const Kernel> kernels, const Target& target) {
  const std::string marker = comment_marker(target);
  const KernelsByName by_name(kernels);
  std::string text;
  while (!assembly.empty()) {
    const std::string_view line = assembly.substr(0, std::min(assembly.find('\n'), assembly.size() - 1) + 1);
    const Kernel* kernel = by_name.find(line.substr(0, line.find(':')));
    if (kernel != nullptr && line.find(':') != line.npos)
      text += fmt::format("{} {}\n", marker, kernel_comment(*kernel));
    text += line;
    assembly.remove_prefix(line.size());
  }
  return text;
}

}  // namespace minnow
