#include "runtime/weights/detect_names.h"

#include <algorithm>
#include <array>

#include "runtime/weights/words.h"

namespace minnow {
namespace {

constexpr std::string_view kNamesKey = "minnow.names";
constexpr std::string_view kModelKey = "minnow.model";  // of a run's own files

struct Clue {
  Naming names;
  spec::WeightNames::Convention convention;
  std::string_view title;
  std::string_view spelling;    // in the metadata
  std::string_view last_parts;  // that no other framework's names end in
};

constexpr std::array kClues = {
    Clue{Naming::kMinnow, spec::WeightNames::MINNOW, "Minnow's", "minnow", "gain offset slope running_variance"},
    Clue{Naming::kPyTorch, spec::WeightNames::PYTORCH, "PyTorch's", "pytorch",
         "running_var num_batches_tracked in_proj_weight in_proj_bias weight_ih_l0 weight_hh_l0 q_proj k_proj v_proj "
         "out_proj o_proj"},
    Clue{Naming::kKeras, spec::WeightNames::KERAS, "Keras'", "keras",
         "kernel recurrent_kernel depthwise_kernel embeddings moving_mean moving_variance gamma beta alpha vars"},
};

bool has_part(const std::string& name, std::string_view parts) {
  constexpr std::string_view kSeparators = "./:";
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find_first_of(kSeparators, begin), name.size());
    if (is_word_of(std::string_view(name).substr(begin, end - begin), parts)) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace

std::string_view names_title(Naming names) { return std::ranges::find(kClues, names, &Clue::names)->title; }

std::optional<Naming> names_of(spec::WeightNames::Convention convention) {
  const auto found = std::ranges::find(kClues, convention, &Clue::convention);
  return found == kClues.end() ? std::nullopt : std::optional(found->names);
}

std::string schema_name(Naming names) {
  return spec::WeightNames::Convention_Name(std::ranges::find(kClues, names, &Clue::names)->convention);
}

std::optional<Naming> parse_names(std::string_view text) {
  const auto found = std::ranges::find(kClues, text, &Clue::spelling);
  return found == kClues.end() ? std::nullopt : std::optional(found->names);
}

std::optional<Naming> detect_names(const TensorFile& file) {
  if (const auto said = file.metadata.find(std::string(kNamesKey)); said != file.metadata.end())
    return parse_names(said->second);
  if (file.metadata.contains(std::string(kModelKey))) return Naming::kMinnow;
  for (const NamedTensor& tensor : file.tensors)
    if (tensor.name.find('/') != std::string::npos) return Naming::kKeras;
  for (const Clue& clue : kClues)
    if (std::ranges::any_of(file.tensors, [&](const auto& tensor) { return has_part(tensor.name, clue.last_parts); }))
      return clue.names;
  return std::nullopt;
}

Metadata metadata_of(Naming names) {
  const auto clue = std::ranges::find(kClues, names, &Clue::names);
  Metadata metadata = {{std::string(kNamesKey), std::string(clue->spelling)}};
  if (names == Naming::kPyTorch) metadata["format"] = "pt";  // which Transformers asks for
  return metadata;
}

}  // namespace minnow
