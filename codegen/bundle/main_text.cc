#include <fmt/ranges.h>

#include <algorithm>

#include "codegen/bundle/bundle_texts.h"
#include "codegen/c_source/c_writer.h"

namespace minnow {
namespace {

std::string buffer_name(const BundleEntry& entry, const EntryArgument& argument) {
  return entry.name + "_" + argument.name;
}

bool is_buffer(const EntryArgument& argument) {
  return argument.kind == EntryArgument::Kind::kInput || argument.kind == EntryArgument::Kind::kOutput;
}

std::string buffers(const BundleTexts& bundle) {
  std::string text;
  for (const BundleEntry& entry : bundle.layout.entries)
    for (const EntryArgument& argument : entry.arguments)
      if (is_buffer(argument))
        text += fmt::format("static {} {}[{}_SIZE];\n", c_type(argument.type.dtype), buffer_name(entry, argument),
                            argument_macro(bundle, entry, argument));
  return text;
}

std::string call(const BundleTexts& bundle, const BundleEntry& entry) {
  std::vector<std::string> values = {"memory"};
  for (const EntryArgument& argument : entry.arguments) {
    if (argument.kind == EntryArgument::Kind::kLearningRate) values.push_back("0.01f");
    else values.push_back(argument.kind == EntryArgument::Kind::kLoss ? "&loss" : buffer_name(entry, argument));
  }
  return fmt::format("{}_{}({})", bundle.options.name, entry.name, fmt::join(values, ", "));
}

bool tells_loss(const BundleEntry& entry) {
  return std::ranges::find(entry.arguments, EntryArgument::Kind::kLoss, &EntryArgument::kind) != entry.arguments.end();
}

// One step of training, several times.
std::string training(const BundleTexts& bundle, const BundleEntry& entry) {
  return fmt::format(
      "  /* A batch of examples and their targets, here all zero, and a step of training on it. */\n"
      "  for (int step = 0; step < 3; ++step) {{\n"
      "    float loss;\n"
      "    if ((error = {}) != 0) return failed(\"{}\", error);\n"
      "    printf(\"step %d: loss %g\\n\", step, (double)loss);\n"
      "  }}\n",
      call(bundle, entry), entry.name);
}

std::string single_call(const BundleTexts& bundle, const BundleEntry& entry) {
  std::string text =
      fmt::format("  if ((error = {}) != 0) return failed(\"{}\", error);\n", call(bundle, entry), entry.name);
  for (const EntryArgument& argument : entry.arguments)
    if (argument.kind == EntryArgument::Kind::kOutput)
      text += fmt::format(
          "  for (int i = 0; i < {0}_SIZE && i < 10; ++i) printf(\"{1}[%d] = %g\\n\", i, (double){2}[i]);\n",
          argument_macro(bundle, entry, argument), argument.name, buffer_name(entry, argument));
  return text;
}

std::string load_function(const BundleTexts& bundle) {
  return fmt::format(
      R"(
/* The weights, from a file that minnow wrote. */
static int load(void *memory) {{
  static char file[{0}_CHECKPOINT_SIZE + 65536];
  FILE *in = fopen("{1}.safetensors", "rb");
  if (in == NULL) {{
    perror("{1}.safetensors");
    return -1;
  }}
  size_t size = fread(file, 1, sizeof file, in);
  fclose(in);
  return {1}_load(memory, file, size);
}}
)",
      macro_prefix(bundle), bundle.options.name);
}

constexpr std::string_view kMakefile =
    R"(CFLAGS ?= -std=c99 -O2 -Wall -Wextra -pedantic

main: main.c {0}.h {0}.{1}
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ main.c {0}.{1}
)";

constexpr std::string_view kCMake =
    R"(# target_link_libraries(YOURS PRIVATE {0}) after add_subdirectory(); the program `{0}_main` shows the calls.
cmake_minimum_required(VERSION 3.16)
project({0} C)
{1}
target_include_directories({0} INTERFACE ${{CMAKE_CURRENT_SOURCE_DIR}})
add_executable({0}_main main.c)
target_link_libraries({0}_main PRIVATE {0})
)";

}  // namespace

std::string main_text(const BundleTexts& bundle) {
  const std::string& name = bundle.options.name;
  const std::string prefix = macro_prefix(bundle);
  const bool loads = !bundle.options.has_weights && bundle.layout.can_save();
  std::string calls;
  for (const BundleEntry& entry : bundle.layout.entries)
    calls += tells_loss(entry) ? training(bundle, entry) : single_call(bundle, entry);
  return fmt::format(
      "/* How to call {0}: what it needs is memory, and arrays for what goes in and comes out. */\n"
      "#include <stdio.h>\n\n#include \"{0}.h\"\n\n"
      "/* C99 has no word for alignment, so there is room to begin where the memory is aligned. */\n"
      "static unsigned char room[{1}_MEMORY_SIZE + {1}_ALIGNMENT];\n\n"
      "/* Inputs, all zero until you fill them, and outputs. */\n{2}\n"
      "static int failed(const char *call, int error) {{\n"
      "  fprintf(stderr, \"%s: error %d\\n\", call, error);\n  return 1;\n}}\n{3}\n"
      "int main(void) {{\n"
      "  void *memory = room + ({1}_ALIGNMENT - (uintptr_t)room % {1}_ALIGNMENT) % {1}_ALIGNMENT;\n"
      "  int error = {0}_init(memory);\n"
      "  if (error != 0) return failed(\"init\", error);\n{4}{5}  return 0;\n}}\n",
      name, prefix, buffers(bundle), loads ? load_function(bundle) : "",
      loads ? "  if ((error = load(memory)) != 0) return error < 0 ? 1 : failed(\"load\", error);\n" : "", calls);
}

std::vector<std::pair<std::string, std::string>> texts_of(const BundleTexts& bundle) {
  const std::string& name = bundle.options.name;
  const std::string library = bundle.is_source
                                  ? fmt::format("add_library({0} STATIC {0}.c)", name)
                                  : fmt::format(
                                        "add_library({0} INTERFACE)\n"
                                        "target_link_libraries({0} INTERFACE ${{CMAKE_CURRENT_SOURCE_DIR}}/{0}.o)",
                                        name);
  return {{name + ".h", header_text(bundle)},
          {"main.c", main_text(bundle)},
          {"Makefile", fmt::format(fmt::runtime(kMakefile), name, bundle.is_source ? "c" : "o")},
          {"CMakeLists.txt", fmt::format(fmt::runtime(kCMake), name, library)}};
}

}  // namespace minnow
