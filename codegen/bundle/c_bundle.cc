// A bundle as one file of C, by c_source/.
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "codegen/bundle/bundle.h"
#include "codegen/bundle/bundle_texts.h"
#include "codegen/c_source/c_source.h"
#include "codegen/c_source/c_writer.h"
#include "passes/plan_memory.h"

namespace minnow {
namespace {

using Kind = EntryArgument::Kind;

template <typename Number>
std::vector<double> read(std::string_view bytes) {
  std::vector<Number> numbers(bytes.size() / sizeof(Number));
  std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return {numbers.begin(), numbers.end()};
}

std::vector<double> numbers_of(std::string_view bytes, DType dtype) {
  if (dtype == DType::kF32) return read<float>(bytes);
  if (dtype == DType::kF64) return read<double>(bytes);
  return dtype == DType::kI32 ? read<int32_t>(bytes) : read<uint8_t>(bytes);
}

std::string letters(std::string_view bytes) { return c_numbers(read<signed char>(bytes), DType::kI32); }

// What a constant of C cannot be made of.
Status check_finite(const BundleLayout& layout, const BundleOptions& options) {
  for (const BundleTensor& tensor : layout.tensors) {
    const std::vector<double> numbers = numbers_of(values_in_object(tensor, options).value_or(""), tensor.type.dtype);
    const auto found = std::ranges::find_if_not(numbers, [](double number) { return std::isfinite(number); });
    if (found != numbers.end())
      return fail(tensor.name, "is not finite: element {} is {}", found - numbers.begin(), *found);
  }
  return {};
}

class CBundle {
 public:
  CBundle(const BundleTexts& bundle, std::span<const MemoryPlan> plans) : bundle_(bundle), plans_(plans) {}

  std::string text() {
    std::string functions = init();
    COpFunctions ops;
    for (size_t i = 0; i < bundle_.layout.entries.size(); ++i)
      functions += entry(bundle_.layout.entries[i], plans_[i], ops);
    if (std::ranges::any_of(bundle_.layout.tensors, &BundleTensor::is_memory)) functions += restart();
    const bool can_save = bundle_.layout.can_save();
    return fmt::format(
        "/* {} of \"{}\": made by minnow, plain C99. {}.h says how to call it. */\n"
        "#include \"{}.h\"\n\n#include <string.h>\n\n{}{}{}{}{}\n{}{}",
        name(), in_comment(bundle_.options.model), name(), name(), c_scalar_functions(ops.text() + functions),
        ops.text(), tensors(), can_save ? checkpoint() : "", check(), functions, can_save ? save_and_load() : "");
  }

 private:
  std::string prefix() const { return macro_prefix(bundle_); }
  const std::string& name() const { return bundle_.options.name; }

  std::string constant(const BundleTensor& tensor) const {
    return fmt::format("tensor{}", &tensor - bundle_.layout.tensors.data());
  }

  std::string tensors() const {
    std::string text;
    for (const BundleTensor& tensor : bundle_.layout.tensors)
      if (const auto bytes = values_in_object(tensor, bundle_.options))
        text +=
            fmt::format("/* {} {} */\nstatic const {} {}[{}] = {{{}\n}};\n\n", in_comment(tensor.name),
                        tensor.type.to_string(), c_type(tensor.type.dtype), constant(tensor), tensor.type.elements(),
                        c_numbers(numbers_of(*bytes, tensor.type.dtype), tensor.type.dtype));
    return text;
  }

  std::string checkpoint() const {
    const Checkpoint& file = bundle_.checkpoint;
    std::string rows;
    for (const CheckpointRow& row : file.rows)
      rows += fmt::format("\n  {{{}, {}, {}, {}, {}, {}, {}, {}, {}}},", row.name, row.name_size, row.dtype,
                          row.dtype_size, row.shape, row.shape_size, row.bytes, row.offset, row.is_optional);
    return fmt::format(
        "{}\nstatic const char checkpoint_header[] = {{{}\n}};\n\nstatic const char checkpoint_texts[] = "
        "{{{}\n}};\n\nstatic const struct minnow_tensor checkpoint_tensors[] = {{{}\n}};\n\n",
        checkpoint_io_c(), letters(file.header), letters(file.texts), rows);
  }

  std::string check() const {
    return fmt::format(
        "static int check_memory(const unsigned char *bytes) {{\n"
        "  static const uint32_t expected[4] = {{{}u, {}u, {}u, {}u}};\n"
        "  if (bytes == NULL) return {p}_ERROR_NULL;\n"
        "  if ((uintptr_t)bytes % {p}_ALIGNMENT != 0) return {p}_ERROR_MISALIGNED;\n"
        "  if (memcmp(bytes, expected, 4) != 0) return {p}_ERROR_NOT_INITIALIZED;\n"
        "  return memcmp(bytes, expected, sizeof expected) != 0 ? {p}_ERROR_OTHER_BUNDLE : 0;\n}}\n",
        kBundleMagic, kBundleAbi, static_cast<uint32_t>(bundle_.model), bundle_.model >> 32, fmt::arg("p", prefix()));
  }

  std::string init() const {
    std::string values;
    for (const BundleTensor& tensor : bundle_.layout.tensors)
      if (tensor.offset >= 0 && values_in_object(tensor, bundle_.options))
        values += fmt::format("  memcpy(bytes + {}, {}, {});\n", tensor.offset, constant(tensor), tensor.type.bytes());
    const bool is_loaded = bundle_.options.has_weights || !bundle_.layout.can_save();
    return fmt::format(
        "int {}_init(void *memory) {{\n  unsigned char *const bytes = memory;\n"
        "  static const uint32_t header[9] = {{{}u, {}u, {}u, {}u, {}u, {}u, 0, 0, {}}};\n"
        "  if (bytes == NULL) return {p}_ERROR_NULL;\n"
        "  if ((uintptr_t)bytes % {p}_ALIGNMENT != 0) return {p}_ERROR_MISALIGNED;\n"
        "  memset(bytes, 0, {});\n{}  memcpy(bytes, header, sizeof header);\n  return 0;\n}}\n\n",
        name(), kBundleMagic, kBundleAbi, static_cast<uint32_t>(bundle_.model), bundle_.model >> 32,
        static_cast<uint32_t>(bundle_.options.seed), static_cast<uint32_t>(bundle_.options.step), is_loaded ? 1 : 0,
        bundle_.layout.work_offset, values, fmt::arg("p", prefix()));
  }

  std::string restart() const {
    std::string clears;
    for (const BundleTensor& tensor : bundle_.layout.tensors)
      if (tensor.is_memory) clears += fmt::format("  memset(bytes + {}, 0, {});\n", tensor.offset, tensor.type.bytes());
    return fmt::format(
        "int {}_restart(void *memory) {{\n  unsigned char *const bytes = memory;\n"
        "  const int error = check_memory(bytes);\n  if (error != 0) return error;\n{}"
        "  memset(bytes + {}, 0, 4);\n  return 0;\n}}\n\n",
        name(), clears, BundleHeader::kPosition);
  }

  std::string save_and_load() const {
    return fmt::format(
        "int {n}_save(const void *memory, void *buffer, size_t size) {{\n"
        "  const int error = check_memory(memory);\n  if (error != 0) return error;\n"
        "  if (buffer == NULL) return {p}_ERROR_NULL;\n  if (size < {p}_CHECKPOINT_SIZE) return {p}_ERROR_TOO_SMALL;\n"
        "  minnow_write_tensors(memory, buffer, checkpoint_header, sizeof checkpoint_header, {}, checkpoint_tensors, {});\n"
        "  return 0;\n}}\n\n"
        "int {n}_load(void *memory, const void *buffer, size_t size) {{\n  unsigned char *const bytes = memory;\n"
        "  const uint32_t is_loaded = 1;\n"
        "  int error = check_memory(memory);\n  if (error != 0) return error;\n"
        "  if (buffer == NULL) return {p}_ERROR_NULL;\n"
        "  error = minnow_read_tensors(bytes, buffer, size > 2147483647u ? 0 : (uint32_t)size, checkpoint_texts,\n"
        "                              checkpoint_tensors, {});\n  if (error != 0) return error;\n"
        "  memcpy(bytes + {}, &is_loaded, 4);\n  return 0;\n}}\n",
        bundle_.checkpoint.step_at, bundle_.checkpoint.rows.size(), bundle_.checkpoint.rows.size(),
        BundleHeader::kIsLoaded, fmt::arg("n", name()), fmt::arg("p", prefix()));
  }

  static std::string argument_name(size_t i) { return fmt::format("argument{}", i); }

  static std::string signature(const BundleEntry& entry) {
    std::string text = "void *memory";
    for (size_t i = 0; i < entry.arguments.size(); ++i) {
      EntryArgument argument = entry.arguments[i];
      argument.name = argument_name(i);
      text += ", " + declaration(argument);
    }
    return text;
  }

  std::string checks(const BundleEntry& entry) const {
    std::string text =
        "  unsigned char *const bytes = memory;\n  const int error = check_memory(bytes);\n  uint32_t word;\n"
        "  if (error != 0) return error;\n";
    text += fmt::format("  memcpy(&word, bytes + {}, 4);\n  if (word == 0) return {}_ERROR_NO_WEIGHTS;\n",
                        BundleHeader::kIsLoaded, prefix());
    for (size_t i = 0; i < entry.arguments.size(); ++i) {
      const Kind kind = entry.arguments[i].kind;
      if (kind == Kind::kInput || kind == Kind::kOutput)
        text += fmt::format("  if ({} == NULL) return {}_ERROR_NULL;\n", argument_name(i), prefix());
      if (kind == Kind::kLearningRate)
        text += fmt::format("  memcpy(bytes + {}, &{}, 4);\n", BundleHeader::kLearningRate, argument_name(i));
    }
    if (entry.counts_positions && bundle_.options.positions > 0)
      text += fmt::format("  memcpy(&word, bytes + {}, 4);\n  if (word >= {}) return {}_ERROR_POSITION;\n",
                          BundleHeader::kPosition, bundle_.options.positions, prefix());
    return text;
  }

  std::string place_of(const BundleEntry& entry, const Value& parameter) const {
    for (size_t i = 0; i < entry.arguments.size(); ++i)
      if (entry.arguments[i].kind == Kind::kInput && entry.arguments[i].index == parameter.index)
        return argument_name(i);
    const BundleTensor* tensor = bundle_.layout.find(parameter.name);
    if (tensor == nullptr) return fmt::format("bytes + {}", header_offset(parameter));
    return tensor->offset < 0 ? constant(*tensor) : fmt::format("bytes + {}", tensor->offset);
  }

  CMemory memory_of(const BundleEntry& entry) const {
    CMemory memory;
    for (const auto& parameter : entry.function->parameters()) memory.parameters.push_back(place_of(entry, *parameter));
    for (const int64_t result : entry.results) memory.results.push_back(result < 0 ? "" : work(result));
    for (size_t i = 0; i < entry.arguments.size(); ++i)
      if (entry.arguments[i].kind == Kind::kOutput)
        memory.results[static_cast<size_t>(entry.arguments[i].index)] = argument_name(i);
    memory.arena = work(entry.work_bytes);
    return memory;
  }

  std::string work(int64_t offset) const { return fmt::format("bytes + {}", bundle_.layout.work_offset + offset); }

  static std::string count(int64_t offset) {
    return fmt::format("  memcpy(&word, bytes + {0}, 4);\n  ++word;\n  memcpy(bytes + {0}, &word, 4);\n", offset);
  }

  std::string entry(const BundleEntry& entry, const MemoryPlan& plan, COpFunctions& ops) const {
    std::string end;
    for (size_t i = 0; i < entry.arguments.size(); ++i)
      if (entry.arguments[i].kind == Kind::kLoss)
        end += fmt::format("  if ({0} != NULL) memcpy({0}, {1}, 4);\n", argument_name(i),
                           work(entry.results[static_cast<size_t>(entry.arguments[i].index)]));
    if (entry.counts_steps) end += count(BundleHeader::kStep);
    if (entry.counts_positions) end += count(BundleHeader::kPosition);
    return fmt::format("int {}_{}({}) {{\n{}{}{}  return 0;\n}}\n\n", name(), entry.name, signature(entry),
                       checks(entry), c_statements(*entry.function, plan, memory_of(entry), ops), end);
  }

  const BundleTexts& bundle_;
  std::span<const MemoryPlan> plans_;
};

}  // namespace

Result<Bundle> make_c_bundle(std::span<const Function* const> functions, const BundleOptions& options) {
  for (const Function* function : functions) MINNOW_TRY(check_c_source(*function));
  Bundle bundle;
  MINNOW_ASSIGN(bundle.layout, bundle_layout(functions, options.has_weights));
  MINNOW_TRY(check_finite(bundle.layout, options));
  std::vector<MemoryPlan> plans;
  std::vector<int64_t> arenas;
  for (const BundleEntry& entry : bundle.layout.entries) {
    plans.push_back(plan_memory(*entry.function));
    arenas.push_back(plans.back().arena_bytes);
  }
  place_memory(bundle.layout, arenas);
  MINNOW_TRY(check_size(bundle.layout.memory_bytes));
  const Checkpoint checkpoint = checkpoint_of(bundle.layout, options.model, options.class_names);
  bundle.needs = {"memcmp", "memcpy", "memset"};
  const BundleTexts texts{bundle.layout, options, checkpoint, bundle.needs, "any machine", model_hash(functions), true};
  bundle.files = {{options.name + ".c", CBundle(texts, plans).text()}};
  for (auto& file : texts_of(texts)) bundle.files.push_back(std::move(file));
  return bundle;
}

}  // namespace minnow
