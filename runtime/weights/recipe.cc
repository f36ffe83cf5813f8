#include "runtime/weights/recipe.h"

#include <algorithm>
#include <charconv>

#include "frontend/lower/layers/recurrent_cell.h"
#include "runtime/weights/words.h"

namespace minnow {
namespace {

Shape without_ones(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

// The cell of a recurrent layer that a weight belongs to, "layer1.reverse.", and what it is there, "input.weight".
struct CellWeight {
  int64_t layer = 0;
  bool is_reverse = false;
  std::string_view name = {};
};

CellWeight cell_weight(std::string_view suffix) {
  constexpr std::string_view kLayer = "layer", kReverse = "reverse.";
  CellWeight cell;
  if (suffix.starts_with(kLayer)) {
    const char* begin = suffix.data() + kLayer.size();
    const auto [end, error] = std::from_chars(begin, suffix.data() + suffix.size(), cell.layer);
    suffix = suffix.substr(static_cast<size_t>(end - suffix.data()) + 1);
  }
  cell.is_reverse = suffix.starts_with(kReverse);
  cell.name = cell.is_reverse ? suffix.substr(kReverse.size()) : suffix;
  return cell;
}

// How the framework spells the cell, the way that is written first. Keras' layers have one cell for each direction.
std::vector<std::string> cell_names(const LayerWeight& weight, const CellWeight& cell, Naming names) {
  if (names == Naming::kPyTorch) return {fmt::format("l{}{}", cell.layer, cell.is_reverse ? "_reverse" : "")};
  if (cell.layer > 0) return {};
  const spec::Layer& layer = *weight.spec;
  const std::string kind = layer.has_lstm() ? "lstm" : layer.has_gru() ? "gru" : "simple_rnn";
  if (!spec_of(layer).bidirectional()) return {kind + "_cell", "cell", "*.cell"};
  const std::string way = cell.is_reverse ? "backward" : "forward";
  return {fmt::format("{}_{}.{}_cell", way, kind, kind), way + "_*_cell", way + "_layer.cell"};
}

std::string filled_in(std::string_view name, const std::string& cell) {
  const size_t at = name.find("{}");
  if (at == std::string_view::npos) return std::string(name);
  return std::string(name.substr(0, at)) + cell + std::string(name.substr(at + 2));
}

// One for each way to spell the tensor and the cell.
void add_recipes(const NameRow& row, const LayerWeight& weight, const std::vector<std::string>& cells,
                 std::vector<Recipe>& recipes) {
  const std::optional<Arrangement> arrangement = arrange(row.layout, weight);
  if (!arrangement) return;
  for (const std::string_view theirs : words_of(row.theirs))
    for (const std::string& cell : cells) {
      Recipe recipe{{{filled_in(theirs, cell), *arrangement, row.part, row.parts}}, row.only_written};
      if (!row.added.empty()) recipe.sources.push_back({filled_in(row.added, cell), *arrangement});
      recipes.push_back(std::move(recipe));
    }
}

std::vector<Recipe> recipes_for(const LayerWeight& weight, Naming names) {
  std::vector<Recipe> recipes;
  const std::string kind = kind_of(weight);
  if (names != Naming::kMinnow && !kind.empty()) {
    const bool is_cell = is_word_of(kind, "rnn gru lstm rnn-keras gru-keras lstm-keras");
    const CellWeight cell = is_cell ? cell_weight(weight.suffix) : CellWeight{.name = weight.suffix};
    const std::vector<std::string> spellings = is_cell ? cell_names(weight, cell, names) : std::vector<std::string>{""};
    for (const NameRow& row : names == Naming::kPyTorch ? pytorch_rows() : keras_rows())
      if (row.ours == cell.name && is_word_of(kind, row.kinds)) add_recipes(row, weight, spellings, recipes);
  }
  if (names == Naming::kMinnow || kind.empty())
    recipes.push_back({{{weight.suffix, *arrange(WeightLayout::kSame, weight)}}, false});
  return recipes;
}

}  // namespace

bool WeightSource::fits(const Shape& shape) const {
  if (parts == 1) return without_ones(shape) == without_ones(arrangement.theirs);
  if (shape.empty() || shape[0] % parts != 0) return false;
  Shape one = shape;
  one[0] /= parts;
  return without_ones(one) == without_ones(arrangement.theirs);
}

std::vector<WantedWeight> wanted_weights(std::vector<LayerWeight> weights, Naming names) {
  std::vector<WantedWeight> wanted;
  for (LayerWeight& weight : weights) {
    std::vector<Recipe> recipes = recipes_for(weight, names);
    wanted.push_back({std::move(weight), std::move(recipes)});
  }
  return wanted;
}

}  // namespace minnow
