#include "codegen/bundle/bundle_layout.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "passes/plan_memory.h"

namespace minnow {
namespace {

constexpr std::array<std::string_view, 48> kReservedWords = {
    "auto",     "break",  "case",     "char",   "const",     "continue", "default", "do",      "double",  "else",
    "enum",     "extern", "float",    "for",    "goto",      "if",       "inline",  "int",     "long",    "register",
    "restrict", "return", "short",    "signed", "sizeof",    "static",   "struct",  "switch",  "typedef", "union",
    "unsigned", "void",   "volatile", "while",  "class",     "delete",   "new",     "private", "public",  "template",
    "this",     "throw",  "try",      "using",  "namespace", "operator", "virtual", "memory"};

bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// Names of the arguments of one entry.
class ArgumentNames {
 public:
  std::string add(std::string_view text) {
    const std::string name = c_identifier(text);
    std::string unique = name;
    for (int i = 2; !taken_.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
    return unique;
  }

 private:
  std::set<std::string> taken_;
};

bool lies_in_header(const Value& parameter) {
  return parameter.role == Role::kScalar && parameter.type.elements() == 1 &&
         (parameter.name == "seed" || parameter.name == "step" || parameter.name == "position" ||
          parameter.name == "learning_rate");
}

bool is_tensor(const Value& parameter) { return parameter.role == Role::kWeight || parameter.role == Role::kState; }

BundleEntry entry_of(const Function& function) {
  BundleEntry entry;
  entry.name = c_identifier(function.name());
  entry.function = &function;
  entry.counts_steps = function.name() == "train_step";
  ArgumentNames names;
  for (const auto& parameter : function.parameters()) {
    if (parameter->name == "position" && lies_in_header(*parameter)) entry.counts_positions = true;
    if (is_tensor(*parameter) || lies_in_header(*parameter)) continue;
    entry.arguments.push_back(
        {EntryArgument::Kind::kInput, parameter->index, names.add(parameter->name), parameter->type});
  }
  if (const Value* rate = function.find_parameter("learning_rate"); rate != nullptr && lies_in_header(*rate))
    entry.arguments.push_back(
        {EntryArgument::Kind::kLearningRate, rate->index, names.add("learning_rate"), rate->type});
  for (size_t i = 0; i < function.results().size(); ++i) {
    const FunctionResult& result = function.results()[i];
    if (function.replaced_parameter(result) != nullptr) continue;
    // What else a step of training counts is for reports.
    if (entry.counts_steps && result.name != "loss") continue;
    const auto kind = entry.counts_steps ? EntryArgument::Kind::kLoss : EntryArgument::Kind::kOutput;
    entry.arguments.push_back({kind, static_cast<int>(i), names.add(result.name), result.value->type});
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

int64_t header_offset(std::string_view name) {
  if (name == "learning_rate") return BundleHeader::kLearningRate;
  if (name == "position") return BundleHeader::kPosition;
  return name == "step" ? BundleHeader::kStep : BundleHeader::kSeed;
}

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
  for (const Function* function : functions) layout.entries.push_back(entry_of(*function));
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
         std::ranges::find(kReservedWords, name) == kReservedWords.end();
}

std::string c_identifier(std::string_view text) {
  std::string name;
  for (const char c : text) name += is_letter(c) ? c : '_';
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name = "_" + name;
  return is_c_identifier(name) ? name : name + "_";
}

}  // namespace minnow
