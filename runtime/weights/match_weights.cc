#include "runtime/weights/match_weights.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <set>

#include "ir/printable.h"
#include "runtime/weights/detect_names.h"
#include "runtime/weights/pair_modules.h"

namespace minnow {
namespace {

std::string stored_type(const NamedTensor& tensor) {
  std::string name(tensor.stored);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

FoundTensor described(const NamedTensor& tensor) {
  return {printable(tensor.name), stored_type(tensor) + shape_to_string(tensor.tensor.type().shape)};
}

// As f32, every number a number.
Result<Tensor> in_f32(const NamedTensor& named, const std::string& path) {
  const auto refuse = [&](std::string_view value, std::string_view why) {
    return fail(path, "tensor \"{}\" of {} holds {}, which {}", printable(named.name), stored_type(named), value, why);
  };
  if (!named.misfit.empty()) return refuse(named.misfit, "i32 cannot");
  Tensor tensor =
      named.tensor.type().dtype == DType::kF32 ? named.tensor.clone() : named.tensor.converted_to(DType::kF32);
  const std::span<const float> elements = std::as_const(tensor).as<float>();
  const auto bad = std::ranges::find_if(elements, [](float x) { return !std::isfinite(x); });
  if (bad == elements.end()) return tensor;
  const auto index = bad - elements.begin();
  if (named.tensor.type().dtype == DType::kF64 && std::isfinite(named.tensor.as<double>()[static_cast<size_t>(index)]))
    return refuse(fmt::format("{}", named.tensor.as<double>()[static_cast<size_t>(index)]), "f32 cannot");
  return fail(path, "tensor \"{}\" is not finite: element {} is {}", printable(named.name), index,
              std::isnan(*bad) ? "nan" : fmt::format("{}", *bad));
}

// Rows of dimension 0, as a tensor of the arrangement's shape.
Tensor part_of(Tensor tensor, const WeightSource& source) {
  const Shape& shape = source.arrangement.theirs;
  if (source.parts == 1) return std::move(tensor).reshaped(shape);
  const auto count = static_cast<size_t>(element_count(shape));
  const std::span<const float> all = std::as_const(tensor).as<float>();
  return Tensor::from<float>({DType::kF32, shape}, all.subspan(count * static_cast<size_t>(source.part), count));
}

class Matching {
 public:
  Matching(const TensorFile& file, const std::string& path, std::vector<LayerWeight> weights, Naming names)
      : file_(file), path_(path), index_(file), names_(names), wanted_(wanted_weights(std::move(weights), names)),
        pairs_(pair_modules(wanted_, file_, index_)) {}

  Result<WeightMatch> run() {
    match_.names = names_;
    match_.by_order = pairs_.by_order;
    MINNOW_TRY(check_squares());
    for (const WantedWeight& wanted : wanted_) MINNOW_TRY(take(wanted));
    sort_the_rest();
    return std::move(match_);
  }

  // How many weights the file lacks.
  size_t missing() const {
    return static_cast<size_t>(
        std::ranges::count_if(wanted_, [&](const WantedWeight& wanted) { return find(wanted, true) == nullptr; }));
  }
  // Whether matrices of dense layers lie as they are, and whether any element moves.
  bool has_straight_matrix() const {
    return std::ranges::any_of(wanted_, [&](const WantedWeight& wanted) {
      const Recipe* recipe = find(wanted, true);
      return recipe != nullptr && is_matrix(wanted) && recipe->sources[0].arrangement.is_same();
    });
  }
  bool moves_elements() const {
    return std::ranges::any_of(wanted_, [&](const WantedWeight& wanted) {
      const Recipe* recipe = find(wanted, true);
      return recipe != nullptr && !recipe->sources[0].arrangement.is_same();
    });
  }

 private:
  const Recipe* find(const WantedWeight& wanted, bool fits) const {
    const auto module = pairs_.modules.find(wanted.weight.layer);
    return module == pairs_.modules.end() ? nullptr : find_recipe(wanted, module->second, file_, index_, fits);
  }
  int at(const WantedWeight& wanted, const WeightSource& source) const {
    return index_.find(pairs_.modules.at(wanted.weight.layer), source.name);
  }

  // Of a dense layer, and no vector.
  static bool is_matrix(const WantedWeight& wanted) {
    const Shape& shape = wanted.weight.shape;
    return kind_of(wanted.weight) == "dense" && shape.size() == 2 && shape[0] > 1 && shape[1] > 1;
  }

  // Where some matrices of dense layers lie as they are, a square one may, too.
  Status check_squares() const {
    if (names_ != Naming::kPyTorch || !has_straight_matrix()) return {};
    const auto square = std::ranges::find_if(wanted_, [&](const WantedWeight& wanted) {
      const Shape& shape = wanted.weight.shape;
      return is_matrix(wanted) && shape[0] == shape[1] && find(wanted, true) != nullptr;
    });
    if (square == wanted_.end()) return {};
    return fail_with_hint(path_,
                          fmt::format("some of its matrices are [inputs,units], others [units,inputs], and the square "
                                      "one of \"{}\" {} could be either",
                                      square->weight.name, shape_to_string(square->weight.shape)),
                          "save all of them in one of the ways");
  }

  Status take(const WantedWeight& wanted) {
    const LayerWeight& weight = wanted.weight;
    const Recipe* recipe = find(wanted, true);
    if (recipe == nullptr) {
      const Recipe* other = find(wanted, false);
      match_.missing.push_back({weight.name, weight.shape, {}});
      if (other == nullptr) return {};
      const NamedTensor& found = file_.tensors[static_cast<size_t>(at(wanted, other->sources[0]))];
      match_.missing.back().instead = described(found);
      used_.insert(found.name);
      return {};
    }
    MatchedWeight matched{weight.name, {}, {}, Tensor::zeros({DType::kF32, weight.shape})};
    for (const WeightSource& source : recipe->sources) {
      const NamedTensor& named = file_.tensors[static_cast<size_t>(at(wanted, source))];
      used_.insert(named.name);
      note(named, source, *recipe, matched);
      if (recipe->only_written) continue;
      MINNOW_ASSIGN(Tensor theirs, in_f32(named, path_));
      Tensor ours = to_ours(part_of(std::move(theirs), source), source.arrangement, weight.shape);
      if (&source == recipe->sources.data()) matched.tensor = std::move(ours);
      else
        std::ranges::transform(matched.tensor.as<float>(), ours.as<float>(), matched.tensor.as<float>().begin(),
                               std::plus());
    }
    match_.matched.push_back(std::move(matched));
    return {};
  }

  // What the table says of it.
  static void note(const NamedTensor& named, const WeightSource& source, const Recipe& recipe, MatchedWeight& matched) {
    if (!matched.source.empty()) matched.source += " + ";
    matched.source += printable(named.name);
    const auto add = [&](std::string_view text) {
      matched.how += (matched.how.empty() ? "" : ", ") + std::string(text);
    };
    if (matched.how.empty() && named.stored != "F32") add(stored_type(named));
    if (source.parts > 1) add(fmt::format("part {} of {}", source.part + 1, source.parts));
    if (&source != recipe.sources.data()) return;
    if (!source.arrangement.is_same()) add(source.arrangement.description());
    if (recipe.only_written) add("in the other bias, so 0");
  }

  void sort_the_rest() {
    for (const NamedTensor& tensor : file_.tensors) {
      if (used_.contains(tensor.name)) continue;
      const bool is_state = names_ == Naming::kMinnow && std::ranges::any_of(wanted_, [&](const WantedWeight& wanted) {
                              return tensor.name.starts_with(wanted.weight.name + ".");
                            });
      const bool counts = tensor.name.ends_with("num_batches_tracked") || tensor.name.ends_with("seed_generator_state");
      (is_state || counts ? match_.ignored : match_.left_over).push_back(described(tensor));
    }
  }

  const TensorFile& file_;
  const std::string& path_;
  TensorIndex index_;
  Naming names_;
  std::vector<WantedWeight> wanted_;
  ModulePairs pairs_;
  std::set<std::string> used_;
  WeightMatch match_;
};

// Of files that say nothing else: PyTorch and Minnow both have "fc.weight", and differ in how it lies there.
Result<Naming> names_by_shape(const TensorFile& file, const std::string& path,
                              const std::vector<LayerWeight>& weights) {
  const Matching pytorch(file, path, weights, Naming::kPyTorch), minnow(file, path, weights, Naming::kMinnow);
  const size_t here = pytorch.missing(), there = minnow.missing();
  if (here != there) return here < there ? Naming::kPyTorch : Naming::kMinnow;
  if (!pytorch.moves_elements() || pytorch.has_straight_matrix()) return Naming::kMinnow;
  return fail_with_hint(path,
                        "whether its matrices are [inputs,units], as Minnow's, or [units,inputs], as PyTorch's, shows "
                        "neither in their shapes nor in the names",
                        "--names pytorch or --names minnow says it");
}

std::string count_of(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

Result<WeightMatch> match_weights(const TensorFile& file, const std::string& path, const LoadedModel& loaded,
                                  const LoweredModel& lowered, std::optional<Naming> names) {
  std::vector<LayerWeight> weights = layer_weights(loaded, lowered);
  if (!names) names = detect_names(file);
  if (!names) {
    MINNOW_ASSIGN(names, names_by_shape(file, path, weights));
  }
  return Matching(file, path, std::move(weights), *names).run();
}

Status check_whole(const WeightMatch& match, const std::string& path, std::string_view hint) {
  const size_t count = match.missing.size() + match.left_over.size();
  if (count == 0) return {};
  const auto refuse = [&](const std::string& what) {
    const std::string more = count > 1 ? fmt::format(" (and {} more)", count - 1) : "";
    return fail_with_hint(path, "weights of another model: " + what + more,
                          fmt::format("the file was read by {} names; {}", names_title(match.names), hint));
  };
  if (match.missing.empty())
    return refuse(
        fmt::format("tensor \"{}\" {} is not in the model", match.left_over[0].name, match.left_over[0].type));
  const MissingWeight& first = match.missing[0];
  const std::string wanted = TensorType{DType::kF32, first.shape}.to_string();
  if (!first.instead) return refuse(fmt::format("tensor \"{}\" {} is missing", first.name, wanted));
  const std::string whose = first.instead->name == first.name ? "the model" : fmt::format("\"{}\"", first.name);
  return refuse(
      fmt::format("tensor \"{}\" is {}, but {} needs {}", first.instead->name, first.instead->type, whose, wanted));
}

std::string match_table(const WeightMatch& match, const std::string& path) {
  size_t width = 0, source_width = 0;
  for (const MatchedWeight& row : match.matched) {
    width = std::max(width, row.name.size());
    source_width = std::max(source_width, row.source.size());
  }
  for (const MissingWeight& row : match.missing) width = std::max(width, row.name.size());
  std::string text =
      fmt::format("{}, by {} names{}: {} matched, {} missing, {} left over\n", path, names_title(match.names),
                  match.by_order ? " in their order" : "", count_of(match.matched.size(), "weight"),
                  match.missing.size(), match.left_over.size());
  for (const MatchedWeight& row : match.matched)
    text += fmt::format("  {:{}}  {:{}}  {}{}\n", row.name, width, row.source, source_width,
                        shape_to_string(row.tensor.type().shape), row.how.empty() ? "" : "  " + row.how);
  for (const MissingWeight& row : match.missing)
    text += fmt::format("  {:{}}  missing: {} is needed{}\n", row.name, width, shape_to_string(row.shape),
                        row.instead ? fmt::format(", {} is {}", row.instead->name, row.instead->type) : "");
  for (const FoundTensor& tensor : match.left_over)
    text += fmt::format("  {} {}  left over\n", tensor.name, tensor.type);
  if (!match.ignored.empty()) {
    const size_t more = match.ignored.size() - 1;
    text += fmt::format("  ignored: {}{}\n", match.ignored[0].name, more > 0 ? fmt::format(" and {} more", more) : "");
  }
  return text;
}

}  // namespace minnow
