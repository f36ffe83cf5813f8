#include <fmt/ranges.h>

#include <algorithm>

#include "codegen/bundle/bundle_texts.h"
#include "codegen/c_source/c_writer.h"

namespace minnow {
namespace {

// As a string of C; bytes that are no plain letters as numbers.
std::string c_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c >= ' ' && c <= '~' && c != '?') quoted += c;
    else quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return quoted + "\"";
}

std::string argument_note(const EntryArgument& argument) {
  switch (argument.kind) {
    case EntryArgument::Kind::kInput: return "read";
    case EntryArgument::Kind::kOutput: return "written";
    case EntryArgument::Kind::kLearningRate: return "of this step";
    case EntryArgument::Kind::kLoss: return "mean over the batch, before the step; may be NULL";
  }
  return "";
}

std::string macros(const BundleTexts& bundle) {
  const std::string prefix = macro_prefix(bundle);
  const BundleLayout& layout = bundle.layout;
  std::string text;
  const auto define = [&](std::string_view name, const std::string& value, std::string_view note) {
    text += fmt::format("#define {}_{} {} /* {} */\n", prefix, name, value, note);
  };
  define("ABI", std::to_string(kBundleAbi), "version of the calls and of the memory");
  define("MODEL", fmt::format("\"{:016x}\"", bundle.model), "of the functions, their shapes and the compiler");
  define("ALIGNMENT", std::to_string(kBundleAlignment), "of the memory, in bytes");
  define("MEMORY_SIZE", std::to_string(layout.memory_bytes), "bytes, of which");
  define("TENSORS_SIZE", std::to_string(layout.work_offset - BundleHeader::kBytes), "are weights and state, and");
  define("WORK_SIZE", std::to_string(layout.memory_bytes - layout.work_offset), "hold nothing between calls");
  if (layout.can_save()) define("CHECKPOINT_SIZE", std::to_string(bundle.checkpoint.bytes), "bytes that _save writes");
  if (bundle.options.positions > 0) define("POSITIONS", std::to_string(bundle.options.positions), "of a text, at most");
  if (const auto& names = bundle.options.class_names; !names.empty()) {
    std::vector<std::string> strings;
    for (const std::string& name : names) strings.push_back(c_string(name));
    define("CLASSES", std::to_string(names.size()), "of which the network tells one");
    text += fmt::format("#define {}_CLASS_NAMES \\\n  {{ {} }}\n", prefix, fmt::join(strings, ", "));
  }
  return text;
}

std::string errors(const std::string& prefix) {
  struct Row {
    const char *name, *note;
  };
  constexpr Row kRows[] = {{"NULL", "a pointer is NULL"},
                           {"MISALIGNED", "the memory is not aligned"},
                           {"NOT_INITIALIZED", "_init has not made the memory ready"},
                           {"OTHER_BUNDLE", "another bundle, or another version of this one, has"},
                           {"NO_WEIGHTS", "_load has not brought weights"},
                           {"TOO_SMALL", "the buffer is"},
                           {"NO_SAFETENSORS", "the buffer does not begin like such a file"},
                           {"TENSOR", "the file lacks a tensor, or has one of another type or shape"},
                           {"POSITION", "the text is as long as the network can read"}};
  std::string text = fmt::format("enum {{\n  {}_OK = 0,\n", prefix);
  int code = 0;
  for (const Row& row : kRows)
    text += fmt::format("  {}_ERROR_{} = {}, /* {} */\n", prefix, row.name, ++code, row.note);
  return text + "};\n";
}

std::string entry_text(const BundleTexts& bundle, const BundleEntry& entry) {
  std::string sizes, notes;
  std::vector<std::string> arguments = {"void *memory"};
  for (const EntryArgument& argument : entry.arguments) {
    arguments.push_back(declaration(argument));
    notes += fmt::format("\n     {:<14} {} {}: {}", argument.name, c_type(argument.type.dtype),
                         shape_to_string(argument.type.shape), argument_note(argument));
    if (argument.kind == EntryArgument::Kind::kInput || argument.kind == EntryArgument::Kind::kOutput)
      sizes += fmt::format("#define {}_SIZE {}\n", argument_macro(bundle, entry, argument), argument.type.elements());
  }
  return fmt::format("/* @{}. Tensors lie row by row:{}. */\n{}int {}_{}({});\n", in_comment(entry.function->name()),
                     notes, sizes, bundle.options.name, entry.name, fmt::join(arguments, ", "));
}

std::string tensors_note(const BundleTexts& bundle) {
  std::string text = "/* Weights and state:\n";
  for (const BundleTensor& tensor : bundle.layout.tensors)
    text += fmt::format("     {:<32} {} {}{}\n", in_comment(tensor.name), c_type(tensor.type.dtype),
                        shape_to_string(tensor.type.shape), tensor.offset < 0 ? ", constant" : "");
  return text + "*/\n";
}

std::string fixed_functions(const BundleTexts& bundle) {
  const std::string& name = bundle.options.name;
  std::string text = fmt::format(
      "/* Makes memory ready for the others: {}_MEMORY_SIZE bytes, aligned to {}_ALIGNMENT. */\n"
      "int {}_init(void *memory);\n\n",
      macro_prefix(bundle), macro_prefix(bundle), name);
  for (const BundleEntry& entry : bundle.layout.entries) text += entry_text(bundle, entry) + "\n";
  if (std::ranges::any_of(bundle.layout.tensors, &BundleTensor::is_memory))
    text += fmt::format("/* The next token is the first of a text. */\nint {}_restart(void *memory);\n\n", name);
  if (bundle.layout.can_save())
    text += fmt::format(
        "/* The tensors as a safetensors file, to a buffer of so many bytes, {0}_CHECKPOINT_SIZE at least; and from one,\n"
        "   which changes nothing where it is an error. State that only training has may be missing. */\n"
        "int {1}_save(const void *memory, void *buffer, size_t size);\n"
        "int {1}_load(void *memory, const void *buffer, size_t size);\n\n",
        macro_prefix(bundle), name);
  return text;
}

}  // namespace

std::string macro_prefix(const BundleTexts& bundle) { return upper(bundle.options.name); }

std::string argument_macro(const BundleTexts& bundle, const BundleEntry& entry, const EntryArgument& argument) {
  return upper(bundle.options.name + "_" + entry.name + "_" + argument.name);
}

std::string declaration(const EntryArgument& argument) {
  const std::string_view type = c_type(argument.type.dtype);
  switch (argument.kind) {
    case EntryArgument::Kind::kInput: return fmt::format("const {} *{}", type, argument.name);
    case EntryArgument::Kind::kLearningRate: return fmt::format("{} {}", type, argument.name);
    case EntryArgument::Kind::kOutput:
    case EntryArgument::Kind::kLoss: return fmt::format("{} *{}", type, argument.name);
  }
  return "";
}

std::string header_text(const BundleTexts& bundle) {
  const std::string prefix = macro_prefix(bundle);
  const std::string needs = bundle.needs.empty() ? "nothing" : fmt::format("{}", fmt::join(bundle.needs, ", "));
  return fmt::format(
      "/* {} of \"{}\", made by minnow for {}. The functions return 0 or an error, and may run at the same time\n"
      "   on different memory. They need {} from elsewhere. */\n"
      "#ifndef {}_H\n#define {}_H\n\n#include <stddef.h>\n#include <stdint.h>\n\n"
      "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n{}\n{}\n{}{}"
      "#ifdef __cplusplus\n}}\n#endif\n\n#endif\n",
      bundle.options.name, in_comment(bundle.options.model), bundle.target, needs, prefix, prefix, macros(bundle),
      errors(prefix), fixed_functions(bundle), bundle.layout.tensors.empty() ? "" : tensors_note(bundle) + "\n");
}

}  // namespace minnow
