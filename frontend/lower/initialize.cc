#include "frontend/lower/initialize.h"

#include <cmath>

#include "ir/error.h"
#include "ir/random.h"

namespace minnow {
namespace {

// value(i) = offset + scale * draw(i)
struct Distribution {
  enum class Draw { kNone, kUniform, kNormal } draw;  // kUniform: [-1, 1); kNormal: mean 0, deviation 1
  double offset;
  double scale;
};

Distribution uniform(double bound) { return {Distribution::Draw::kUniform, 0, bound}; }
Distribution normal(double deviation) { return {Distribution::Draw::kNormal, 0, deviation}; }

Distribution distribution_of(const WeightInit& init) {
  using spec::Initializer;
  const Initializer& spec = init.initializer;
  const auto fan_in = static_cast<double>(init.fan_in);
  const double fan_sum = static_cast<double>(init.fan_in) + static_cast<double>(init.fan_out);
  switch (spec.kind_case()) {
    case Initializer::kNormal: return {Distribution::Draw::kNormal, spec.normal().mean(), spec.normal().sigma()};
    case Initializer::kUniform: {
      const double low = spec.uniform().low(), high = spec.uniform().high();
      return {Distribution::Draw::kUniform, (low + high) / 2, (high - low) / 2};
    }
    case Initializer::kConstant: return {Distribution::Draw::kNone, spec.constant().value(), 0};
    case Initializer::kXavierUniform: return uniform(spec.xavier_uniform().gain() * std::sqrt(6 / fan_sum));
    case Initializer::kXavierNormal: return normal(spec.xavier_normal().gain() * std::sqrt(2 / fan_sum));
    case Initializer::kKaimingUniform: return uniform(std::sqrt(6 / fan_in));
    case Initializer::kKaimingNormal: return normal(std::sqrt(2 / fan_in));
    case Initializer::kFanInUniform: return uniform(1 / std::sqrt(fan_in));
    case Initializer::KIND_NOT_SET: break;
  }
  MINNOW_CHECK(false, "initializer without a kind");
}

}  // namespace

uint32_t stream_of(std::string_view name) {
  uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::vector<float> initialize_weight(const WeightInit& init, const std::string& name, const Shape& shape,
                                     uint32_t seed) {
  if (init.values) return *init.values;
  const Distribution distribution = distribution_of(init);
  const RandomSequence random{.seed = seed, .stream = stream_of(name), .step = 0};
  std::vector<float> values(static_cast<size_t>(element_count(shape)));
  for (size_t i = 0; i < values.size(); ++i) {
    double draw = 0;
    if (distribution.draw == Distribution::Draw::kUniform) draw = 2.0 * random.uniform(i) - 1;
    if (distribution.draw == Distribution::Draw::kNormal) draw = random.normal(i);
    values[i] = static_cast<float>(distribution.offset + distribution.scale * draw);
  }
  return values;
}

}  // namespace minnow
