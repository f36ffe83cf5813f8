#include "frontend/load/block_scopes.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "frontend/load/complain.h"
#include "frontend/load/field_options.h"
#include "frontend/load/name_hint.h"
#include "frontend/load/override_model.h"
#include "frontend/load/validate_model.h"

namespace minnow {

std::string place_of_layer(int index) { return fmt::format("layers.{}", index); }

int layer_named(const Model& model, std::string_view name) {
  const auto found = std::ranges::find(model.layers(), name, &spec::Layer::name);
  return found == model.layers().end() ? -1 : static_cast<int>(found - model.layers().begin());
}

std::vector<std::string> input_names(const spec::Block& block) {
  if (block.inputs().empty()) return {"input"};
  return {block.inputs().begin(), block.inputs().end()};
}

int output_layer(const BlockScope& scope) {
  const Model& model = scope.source.model;
  if (scope.block == nullptr || scope.block->output().empty()) return model.layers_size() - 1;
  return layer_named(model, scope.block->output());
}

namespace {

constexpr int kDeepestBlocks = 32;

// "3.rest" → 3; -1 if it does not begin with a number and a dot.
int leading_index(std::string_view path) {
  int index = -1;
  const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), index);
  const bool is_followed_by_dot = error == std::errc{} && end != path.data() + path.size() && *end == '.';
  return is_followed_by_dot && index >= 0 ? index : -1;
}

// Makes the scopes: which blocks there are, how often, with what set.
class Instantiation {
 public:
  explicit Instantiation(const LoadedModel& loaded) : loaded_(loaded) {}

  Result<BlockScope> instantiate() {
    std::set<std::string> names;
    for (int i = 0; i < loaded_.model.blocks_size(); ++i) MINNOW_TRY(check_block(i, &names));
    BlockScope scope{.source = loaded_};
    MINNOW_TRY(add_copies(scope));
    return scope;
  }

 private:
  // What can be said of a block without its uses.
  Status check_block(int index, std::set<std::string>* names) const {
    const spec::Block& block = loaded_.model.blocks(index);
    const std::string path = fmt::format("blocks.{}", index);
    const std::string name = fmt::format("the block \"{}\"", block.name());
    if (block.name().empty()) return complain(loaded_, path, "a block has no name");
    if (!names->insert(block.name()).second)
      return complain(loaded_, path + ".name", "there is another block \"{}\"", block.name());
    if (block.layers().empty()) return complain(loaded_, path, "{} has no layers", name);
    if (!block.output().empty() && !is_layer(block, block.output()))
      return complain_with_hint(loaded_, path + ".output", name_hint(block.output(), layer_names(block)),
                                "{} has no layer \"{}\"", name, block.output());
    for (int i = 0; i < block.layers_size(); ++i)
      if (block.layers(i).name().empty())
        return complain(loaded_, fmt::format("{}.layers.{}", path, i), "a layer of {} has no name", name);
    MINNOW_TRY(check_block_inputs(block, path));
    return check_parameters(block, path);
  }

  Status check_block_inputs(const spec::Block& block, const std::string& path) const {
    for (const std::string& input : input_names(block)) {
      if (is_layer(block, input))
        return complain(loaded_, path, "\"{}\" is an input and a layer of the block \"{}\"", input, block.name());
      const bool is_read = std::ranges::any_of(block.layers(), [&](const spec::Layer& layer) {
        return std::ranges::find(layer.inputs(), input) != layer.inputs().end();
      });
      const bool is_first = input == input_names(block)[0] && block.layers(0).inputs().empty();
      if (!is_read && !is_first)
        return complain(loaded_, path, "no layer of the block \"{}\" uses its input \"{}\"", block.name(), input);
    }
    return {};
  }

  Status check_parameters(const spec::Block& block, const std::string& path) const {
    for (int i = 0; i < block.parameters_size(); ++i) {
      const spec::Block::Parameter& parameter = block.parameters(i);
      const std::string place = fmt::format("{}.parameters.{}", path, i);
      if (parameter.name().empty() || parameter.name().find_first_of(".=") != std::string::npos)
        return complain(loaded_, place, "\"{}\" is no name for a parameter", parameter.name());
      if (is_layer(block, parameter.name()))
        return complain(loaded_, place, "\"{}\" is a parameter and a layer of the block \"{}\"", parameter.name(),
                        block.name());
      if (parameter.fields().empty())
        return complain_with_hint(loaded_, place, "for example fields: \"conv.conv2d.filters\"",
                                  "the parameter \"{}\" of the block \"{}\" sets no fields", parameter.name(),
                                  block.name());
    }
    return {};
  }

  static std::vector<std::string> layer_names(const spec::Block& block) {
    std::vector<std::string> names;
    for (const spec::Layer& layer : block.layers()) names.push_back(layer.name());
    return names;
  }
  static bool is_layer(const spec::Block& block, std::string_view name) {
    return std::ranges::find(block.layers(), name, &spec::Layer::name) != block.layers().end();
  }

  Status add_copies(BlockScope& scope) {
    const Model& model = scope.source.model;
    scope.copies.resize(static_cast<size_t>(model.layers_size()));
    for (int i = 0; i < model.layers_size(); ++i) {
      if (model.layers(i).has_use()) MINNOW_TRY(add_copies_of(scope, i));
      else ++layers_;
      if (layers_ > kMostLayers)
        return complain(scope.source, place_of_layer(i), "with its blocks the model has more than {} layers",
                        kMostLayers);
    }
    return {};
  }

  Status add_copies_of(BlockScope& scope, int index) {
    const spec::Layer& layer = scope.source.model.layers(index);
    const spec::Use& use = layer.use();
    const std::string path = place_of_layer(index) + ".use";
    if (layer.name().empty()) return complain(scope.source, place_of_layer(index), "a layer has no name");
    MINNOW_ASSIGN(const int block, find_block(scope, index));
    const Range range =
        parse_range(spec::Use::descriptor()->FindFieldByName("repeat")->options().GetExtension(spec::range));
    if (use.has_repeat() && !range.contains(static_cast<double>(use.repeat())))
      return complain(scope.source, path + ".repeat", "repeat is {}, but must lie in [{}, {}]", use.repeat(), range.low,
                      range.high);
    open_.push_back(block);
    for (int64_t copy = 0; copy < (use.has_repeat() ? use.repeat() : 1); ++copy) {
      MINNOW_ASSIGN(BlockScope inner, copy_of(scope, index, block, copy));
      MINNOW_TRY(add_copies(inner));
      scope.copies[static_cast<size_t>(index)].push_back(std::move(inner));
    }
    open_.pop_back();
    return {};
  }

  Result<int> find_block(const BlockScope& scope, int layer) const {
    const spec::Use& use = scope.source.model.layers(layer).use();
    const std::string path = place_of_layer(layer) + ".use.block";
    std::vector<std::string> known;
    for (const spec::Block& block : loaded_.model.blocks()) known.push_back(block.name());
    const auto found = std::ranges::find(known, use.block());
    if (use.block().empty()) return complain(scope.source, path, "block is missing: the name of a block");
    if (found == known.end())
      return complain_with_hint(scope.source, path, name_hint(use.block(), known), "there is no block \"{}\"",
                                use.block());
    const int index = static_cast<int>(found - known.begin());
    if (const auto open = std::ranges::find(open_, index); open != open_.end()) {
      std::string cycle;
      for (auto step = open; step != open_.end(); ++step) cycle += known[static_cast<size_t>(*step)] + " → ";
      return complain(scope.source, path, "the block \"{}\" holds itself: {}{}", use.block(), cycle, use.block());
    }
    if (open_.size() >= kDeepestBlocks)
      return complain(scope.source, path, "blocks lie more than {} deep in each other", kDeepestBlocks);
    return index;
  }

  // Copy `copy` of a block, with what the use sets in it.
  Result<BlockScope> copy_of(const BlockScope& user, int layer, int block_index, int64_t copy) const {
    const spec::Block& block = loaded_.model.blocks(block_index);
    const spec::Layer& used_by = user.source.model.layers(layer);
    BlockScope scope{.source = {.model = {}, .path = loaded_.path, .is_text = loaded_.is_text, .places = {}},
                     .prefix = user.prefix + used_by.name() + ".",
                     .block = &block};
    if (used_by.use().has_repeat()) scope.prefix += fmt::format("{}.", copy);
    *scope.source.model.mutable_layers() = block.layers();
    const std::string inside = fmt::format("blocks.{}.", block_index);
    const std::string use = user.source.where(place_of_layer(layer));
    for (auto place = loaded_.places.lower_bound(inside + "layers.");
         place != loaded_.places.end() && place->first.starts_with(inside + "layers."); ++place)
      scope.source.places[place->first.substr(inside.size())] =
          fmt::format("{}: in block \"{}\" used at {}", place->second, block.name(), use);
    MINNOW_TRY(set_fields(scope, user, layer, copy));
    return scope;
  }

  // The parameters' values, then what the use sets, in its order.
  Status set_fields(BlockScope& scope, const BlockScope& user, int layer, int64_t copy) const {
    const std::string path = place_of_layer(layer) + ".use";
    const spec::Use& use = user.source.model.layers(layer).use();
    for (const spec::Block::Parameter& parameter : scope.block->parameters())
      if (parameter.has_value())
        MINNOW_TRY(set_parameter(scope, parameter, parameter.value(), user.source.where(path)));
    std::set<std::string> given;
    for (int i = 0; i < use.set_size(); ++i) {
      std::string_view assignment = use.set(i);
      const std::string place = fmt::format("{}.set.{}", path, i);
      const int index = use.has_repeat() ? leading_index(assignment) : -1;
      if (index >= use.repeat() && index >= 0)
        return complain(user.source, place, "\"{}\" is of copy {}, but there are {}, from 0", use.set(i), index,
                        use.repeat());
      if (index >= 0) assignment.remove_prefix(assignment.find('.') + 1);
      if (index >= 0 && index != copy) continue;
      MINNOW_TRY(set(scope, assignment, user.source, place, &given));
    }
    for (const spec::Block::Parameter& parameter : scope.block->parameters())
      if (!parameter.has_value() && !given.contains(parameter.name()))
        return complain_with_hint(user.source, path, fmt::format("add: set: \"{}=...\"", parameter.name()),
                                  "the block \"{}\" needs the parameter \"{}\"", scope.block->name(), parameter.name());
    return {};
  }

  Status set(BlockScope& scope, std::string_view assignment, const LoadedModel& user, const std::string& place,
             std::set<std::string>* given) const {
    const size_t equals = assignment.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return complain_with_hint(user, place, "for example \"filters=32\"", "\"{}\" is not of the form name=value",
                                assignment);
    const std::string name(assignment.substr(0, equals));
    const spec::Block& block = *scope.block;
    const auto parameter = std::ranges::find(block.parameters(), name, &spec::Block::Parameter::name);
    if (parameter != block.parameters().end()) {
      given->insert(name);
      return set_parameter(scope, *parameter, assignment.substr(equals + 1), user.where(place));
    }
    const bool begins_with_layer = std::ranges::any_of(
        block.layers(), [&](const spec::Layer& layer) { return name.starts_with(layer.name() + "."); });
    if (begins_with_layer) return set_field(scope.source, fmt::format("layers.{}", assignment), user.where(place));
    std::vector<std::string> known;
    for (const spec::Block::Parameter& each : block.parameters()) known.push_back(each.name());
    if (name.find('.') != std::string::npos) known = layer_names(block);
    return complain_with_hint(user, place, name_hint(name.substr(0, name.find('.')), known),
                              "the block \"{}\" has neither a parameter nor a layer \"{}\"", block.name(),
                              name.substr(0, name.find('.')));
  }

  Status set_parameter(BlockScope& scope, const spec::Block::Parameter& parameter, std::string_view value,
                       const std::string& where) const {
    for (const std::string& field : parameter.fields())
      MINNOW_TRY(set_field(scope.source, fmt::format("layers.{}={}", field, value),
                           fmt::format("{}: parameter \"{}\"", where, parameter.name())));
    return {};
  }

  const LoadedModel& loaded_;
  std::vector<int> open_;  // the blocks that lie around the current one
  int layers_ = 0;
};

}  // namespace

Result<BlockScope> make_scopes(const LoadedModel& loaded) { return Instantiation(loaded).instantiate(); }

}  // namespace minnow
