#include "frontend/lower/program_weights.h"

#include "frontend/load/complain.h"
#include "frontend/load/defaults.h"
#include "frontend/load/glob.h"
#include "frontend/load/name_hint.h"
#include "frontend/load/validate_model.h"

namespace minnow {
namespace {

int64_t product(const Shape& shape, size_t from) {
  int64_t all = 1;
  for (size_t i = from; i < shape.size(); ++i) all *= shape[i];
  return all;
}

// A matrix is taken for [inputs,units], what has more dimensions for filters [O,C,K...].
WeightInit init_of(const Shape& shape, const spec::Network::Weight* entry) {
  WeightInit init;
  if (entry != nullptr) init.initializer = entry->init();
  if (shape.size() == 1) init.fan_in = init.fan_out = shape[0];
  if (shape.size() == 2) init.fan_in = shape[0], init.fan_out = shape[1];
  if (shape.size() > 2) init.fan_in = product(shape, 1), init.fan_out = shape[0] * product(shape, 2);
  if (init.initializer.kind_case() != spec::Initializer::KIND_NOT_SET) return init;
  if (shape.size() > 1) init.initializer.mutable_xavier_uniform();
  else init.initializer.mutable_constant();
  fill_stated_defaults(&init.initializer);
  return init;
}

class WeightFinder {
 public:
  WeightFinder(const LoadedModel& loaded, const ValuesOfFile& from_file, LoweredModel* lowered)
      : loaded_(loaded), entries_(loaded.model.network().weights()), from_file_(from_file), lowered_(lowered) {}

  Status find(const Function& loss) {
    for (const auto& parameter : loss.parameters()) {
      if (parameter->role != Role::kWeight && parameter->role != Role::kState) continue;
      MINNOW_TRY(add(*parameter));
      names_.push_back(parameter->name);
    }
    for (int i = 0; i < entries_.size(); ++i)
      if (!matches_any(entries_[i].name()))
        return complain_with_hint(loaded_, fmt::format("network.weights.{}.name", i),
                                  name_hint(entries_[i].name(), names_), "\"{}\" matches no weight and no state of {}",
                                  printable_name(entries_[i].name()), loaded_.graph ? "the graph" : "@loss");
    return {};
  }

 private:
  Status add(const Value& parameter) {
    const int at = entry_for(parameter.name);
    const spec::Network::Weight* entry = at < 0 ? nullptr : &entries_[at];
    const Shape& shape = parameter.type.shape;
    if (parameter.role == Role::kState) return add_state(parameter, at);
    const bool decays = entry != nullptr && entry->has_decays() ? entry->decays() : shape.size() > 1;
    const std::string layer = parameter.name.substr(0, parameter.name.rfind('.'));
    WeightInit init = init_of(shape, entry);
    if (entry == nullptr || !entry->has_init()) init.values = values_of(parameter.name);
    lowered_->weights.push_back({parameter.name, shape, std::move(init), decays, layer});
    return {};
  }

  Status add_state(const Value& parameter, int at) {
    const bool is_drawn = at >= 0 && entries_[at].has_init();
    StateInfo state{parameter.name, parameter.type.shape, 0, is_drawn ? nullptr : values_of(parameter.name)};
    if (is_drawn) {
      const spec::Initializer& init = entries_[at].init();
      if (!init.has_constant() && init.kind_case() != spec::Initializer::KIND_NOT_SET)
        return complain_with_hint(loaded_, fmt::format("network.weights.{}.init", at), "write constant { value: 1 }",
                                  "\"{}\" is a state, which begins with the same number everywhere", parameter.name);
      state.initial = init.constant().value();
    }
    lowered_->states.push_back(std::move(state));
    return {};
  }

  std::shared_ptr<const std::vector<float>> values_of(const std::string& name) const {
    const auto found = from_file_.find(name);
    return found == from_file_.end() ? nullptr : found->second;
  }

  // -1 if there is none.
  int entry_for(std::string_view name) const {
    for (int i = 0; i < entries_.size(); ++i)
      if (matches_glob(entries_[i].name(), name)) return i;
    return -1;
  }

  bool matches_any(std::string_view pattern) const {
    for (const std::string& name : names_)
      if (matches_glob(pattern, name)) return true;
    return false;
  }

  const LoadedModel& loaded_;
  const google::protobuf::RepeatedPtrField<spec::Network::Weight>& entries_;
  const ValuesOfFile& from_file_;
  LoweredModel* lowered_;
  std::vector<std::string> names_;
};

}  // namespace

Status find_weights(const LoadedModel& loaded, const Function& loss, LoweredModel* lowered,
                    const ValuesOfFile& from_file) {
  return WeightFinder(loaded, from_file, lowered).find(loss);
}

}  // namespace minnow
