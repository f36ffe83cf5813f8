#include "codegen/bundle/bundle_layout.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "passes/plan_memory.h"

namespace minnow {
namespace {

// Of C and of C++, for which the header is as well; and the first argument of all functions.
constexpr std::string_view kReservedWords[] = {
    "alignas",     "alignof",      "and",       "and_eq",   "asm",       "auto",         "bitand",   "bitor",
    "bool",        "break",        "case",      "catch",    "char",      "char16_t",     "char32_t", "char8_t",
    "class",       "co_await",     "co_return", "co_yield", "compl",     "concept",      "const",    "const_cast",
    "consteval",   "constexpr",    "constinit", "continue", "decltype",  "default",      "delete",   "do",
    "double",      "dynamic_cast", "else",      "enum",     "explicit",  "export",       "extern",   "false",
    "float",       "for",          "friend",    "goto",     "if",        "inline",       "int",      "long",
    "memory",      "mutable",      "namespace", "new",      "noexcept",  "not",          "not_eq",   "nullptr",
    "operator",    "or",           "or_eq",     "private",  "protected", "public",       "register", "reinterpret_cast",
    "requires",    "restrict",     "return",    "short",    "signed",    "sizeof",       "static",   "static_assert",
    "static_cast", "struct",       "switch",    "template", "this",      "thread_local", "throw",    "true",
    "try",         "typedef",      "typeid",    "typename", "typeof",    "union",        "unsigned", "using",
    "virtual",     "void",         "volatile",  "wchar_t",  "while",     "xor",          "xor_eq"};

bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Names in C that stay different as capitals, of which macros are made.
class CNames {
 public:
  std::string add(std::string_view text) {
    const std::string name = c_identifier(text);
    std::string unique = name;
    for (int i = 2; !taken_.insert(upper(unique)).second; ++i) unique = name + "_" + std::to_string(i);
    return unique;
  }

 private:
  std::set<std::string> taken_;
};

struct HeaderField {
  std::string_view name;
  DType dtype;
  int64_t offset;
};
constexpr HeaderField kHeaderFields[] = {{"seed", DType::kI32, BundleHeader::kSeed},
                                         {"step", DType::kI32, BundleHeader::kStep},
                                         {"position", DType::kI32, BundleHeader::kPosition},
                                         {"learning_rate", DType::kF32, BundleHeader::kLearningRate}};

const HeaderField* find_field(const Value& parameter) {
  const auto* field = std::ranges::find(kHeaderFields, parameter.name, &HeaderField::name);
  const bool is_one = field != std::end(kHeaderFields) && parameter.role == Role::kScalar &&
                      parameter.type == TensorType{field->dtype, {}};
  return is_one ? field : nullptr;
}

bool has_offset(const Value& parameter, int64_t offset) {
  const HeaderField* field = find_field(parameter);
  return field != nullptr && field->offset == offset;
}

bool is_tensor(const Value& parameter) { return parameter.role == Role::kWeight || parameter.role == Role::kState; }

BundleEntry entry_of(const Function& function, CNames& functions) {
  BundleEntry entry;
  entry.name = functions.add(function.name());
  entry.function = &function;
  entry.counts_steps = function.name() == "train_step";
  CNames names;
  const Value* rate = nullptr;
  for (const auto& parameter : function.parameters()) {
    if (has_offset(*parameter, BundleHeader::kPosition)) entry.counts_positions = true;
    if (has_offset(*parameter, BundleHeader::kLearningRate)) rate = parameter.get();
    if (is_tensor(*parameter) || find_field(*parameter) != nullptr) continue;
    entry.arguments.push_back(
        {EntryArgument::Kind::kInput, parameter->index, names.add(parameter->name), parameter->type});
  }
  if (rate != nullptr)
    entry.arguments.push_back({EntryArgument::Kind::kLearningRate, rate->index, names.add(rate->name), rate->type});
  for (size_t i = 0; i < function.results().size(); ++i) {
    const FunctionResult& result = function.results()[i];
    if (function.replaced_parameter(result) != nullptr) continue;
    // What else a step of training counts is for reports.
    if (entry.counts_steps && result.name != "loss") continue;
    const TensorType& type = result.value->type;
    const bool is_loss = entry.counts_steps && type == TensorType{DType::kF32, {}};
    const auto kind = is_loss ? EntryArgument::Kind::kLoss : EntryArgument::Kind::kOutput;
    entry.arguments.push_back({kind, static_cast<int>(i), names.add(result.name), type});
  }
  return entry;
}

Status add_tensors(const BundleEntry& entry, std::vector<BundleTensor>& tensors) {
  for (const auto& parameter : entry.function->parameters()) {
    if (!is_tensor(*parameter)) continue;
    const auto known = std::ranges::find(tensors, parameter->name, &BundleTensor::name);
    if (known == tensors.end()) {
      const bool is_own = parameter->role == Role::kState;
      tensors.push_back({parameter->name, parameter->type, parameter->role, 0, is_own && entry.counts_steps,
                         is_own && entry.function->name() == "generate"});
      continue;
    }
    if (known->type != parameter->type)
      return fail(parameter->name, "is {} in @{} and {} in another function", parameter->type.to_string(),
                  entry.function->name(), known->type.to_string());
    if (!entry.counts_steps) known->is_optimizer = false;
    if (entry.function->name() != "generate") known->is_memory = false;
  }
  return {};
}

bool is_changed(const BundleTensor& tensor, std::span<const BundleEntry> entries) {
  return std::ranges::any_of(entries, [&](const BundleEntry& entry) {
    return std::ranges::any_of(entry.function->results(), [&](const FunctionResult& result) {
      const Value* parameter = entry.function->replaced_parameter(result);
      return parameter != nullptr && parameter->name == tensor.name;
    });
  });
}

// Of results that no argument takes.
void place_results(BundleEntry& entry) {
  const auto& results = entry.function->results();
  entry.results.assign(results.size(), -1);
  for (size_t i = 0; i < results.size(); ++i) {
    const bool is_output = std::ranges::any_of(entry.arguments, [&](const EntryArgument& argument) {
      return argument.kind == EntryArgument::Kind::kOutput && argument.index == static_cast<int>(i);
    });
    if (is_output || entry.function->replaced_parameter(results[i]) != nullptr) continue;
    entry.results[i] = entry.work_bytes;
    entry.work_bytes += aligned(results[i].value->type.bytes());
  }
}

}  // namespace

const BundleTensor* BundleLayout::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, &BundleTensor::name);
  return found == tensors.end() ? nullptr : &*found;
}

int64_t header_offset(const Value& parameter) { return find_field(parameter)->offset; }

Status check_size(int64_t bytes) {
  if (bytes <= INT32_MAX) return {};
  return fail("--emit", "the memory would be of {} bytes; that of a bundle is of less than 2 GiB", bytes);
}

std::vector<const BundleTensor*> BundleLayout::saved() const {
  std::vector<const BundleTensor*> saved;
  for (const BundleTensor& tensor : tensors)
    if (tensor.offset >= 0 && !tensor.is_memory) saved.push_back(&tensor);
  return saved;
}

bool BundleLayout::can_save() const { return !saved().empty(); }

Result<BundleLayout> bundle_layout(std::span<const Function* const> functions, bool in_code) {
  BundleLayout layout;
  CNames names;
  for (const char* fixed : {"init", "restart", "save", "load"}) names.add(fixed);
  for (const Function* function : functions) layout.entries.push_back(entry_of(*function, names));
  // What training alone has is known when the other functions have been seen.
  std::ranges::stable_sort(layout.entries, {}, &BundleEntry::counts_steps);
  for (const BundleEntry& entry : layout.entries) MINNOW_TRY(add_tensors(entry, layout.tensors));
  for (BundleTensor& tensor : layout.tensors)
    if (in_code && !tensor.is_memory && !is_changed(tensor, layout.entries)) tensor.offset = -1;
  return layout;
}

void place_memory(BundleLayout& layout, std::span<const int64_t> arena_bytes) {
  int64_t end = BundleHeader::kBytes;
  for (BundleTensor& tensor : layout.tensors) {
    if (tensor.offset < 0) continue;
    tensor.offset = end;
    end += aligned(tensor.type.bytes());
  }
  layout.work_offset = end;
  int64_t work = 0;
  for (size_t i = 0; i < layout.entries.size(); ++i) {
    place_results(layout.entries[i]);
    work = std::max(work, layout.entries[i].work_bytes + aligned(arena_bytes[i]));
  }
  layout.memory_bytes = end + work;
}

bool is_c_identifier(std::string_view name) {
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0])) && std::ranges::all_of(name, is_letter) &&
         std::ranges::find(kReservedWords, name) == std::end(kReservedWords);
}

std::string c_identifier(std::string_view text) {
  std::string name;
  for (const char c : text) name += is_letter(c) ? c : '_';
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name = "_" + name;
  return is_c_identifier(name) ? name : name + "_";
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace minnow
