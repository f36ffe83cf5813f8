#include "codegen/kernel_texts.h"

#include <llvm/IR/GlobalAlias.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <unordered_set>

namespace minnow {
namespace {

bool ends_function(std::string_view line) {
  return line.starts_with(".Lfunc_end") || line.starts_with("\t.size\t") || line.starts_with("\t.globl\t");
}

}  // namespace

std::string llvm_ir_of(std::string_view kernel, const llvm::Module& module, const KernelsByName& kernels) {
  std::string text;
  llvm::raw_string_ostream out(text);
  KernelAnnotator annotator(kernels);
  const llvm::GlobalValue* found = module.getNamedValue({kernel.data(), kernel.size()});
  if (const auto* function = llvm::dyn_cast_or_null<llvm::Function>(found)) function->print(out, &annotator);
  else if (found != nullptr) found->print(out);
  const size_t first = text.find_first_not_of('\n');
  return first == text.npos ? "" : text.substr(first);
}

std::unordered_map<std::string, std::string> assembly_by_kernel(std::string_view assembly,
                                                                std::span<const Kernel> kernels) {
  std::unordered_set<std::string_view> names;
  for (const Kernel& kernel : kernels) names.insert(kernel.name);
  std::unordered_map<std::string, std::string> texts;
  std::string* text = nullptr;  // of the kernel that the line is in
  std::string_view above;
  while (!assembly.empty()) {
    const std::string_view line = assembly.substr(0, std::min(assembly.find('\n'), assembly.size() - 1) + 1);
    assembly.remove_prefix(line.size());
    const size_t colon = line.find(':');
    if (colon != line.npos && names.contains(line.substr(0, colon))) {
      text = &texts[std::string(line.substr(0, colon))];
      *text += above;
    } else if (ends_function(line)) {
      text = nullptr;
    }
    if (text != nullptr) *text += line;
    above = line;
  }
  return texts;
}

std::string duplicate_of(std::string_view kernel, const llvm::Module& module) {
  const llvm::GlobalAlias* alias = module.getNamedAlias({kernel.data(), kernel.size()});
  return alias == nullptr ? "" : alias->getAliasee()->getName().str();
}

}  // namespace minnow
