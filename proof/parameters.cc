#include "proof/parameters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace minnow::proof {

// The dimensions are drawn in random order, so that the room that earlier ones leave is not always the last
// one's.
Shape ParameterSource::shape(size_t rank) {
  std::vector<size_t> order(rank);
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::shuffle(order, rng_);
  Shape shape(rank, 1);
  int64_t room = kCaseElements;
  for (const size_t i : order) {
    shape[i] = std::min(pick(rng_, extents_), room);
    room /= shape[i];
  }
  return shape;
}

DType ParameterSource::dtype(const std::vector<DType>& accepted) {
  std::vector<DType> choice;
  for (const DType dtype : accepted)
    if (std::ranges::find(dtypes_, dtype) != dtypes_.end()) choice.push_back(dtype);
  return pick(rng_, choice.empty() ? accepted : choice);
}

Value* ParameterSource::operand(const TensorType& type, const Domain& domain) {
  domains_.push_back(domain);
  return function_.add_parameter(fmt::format("p{}", function_.parameters().size()), type);
}

namespace {

template <typename T>
const std::vector<T>& special_numbers(Numbers numbers) {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_floating_point_v<T>) {
    static const T kInfinity = Limits::infinity(), kTiny = Limits::denorm_min(), kNormal = Limits::min();
    static const std::vector<T> kSingular = {
        0, -T{0}, 1, -1, T(0.5), kInfinity, -kInfinity, Limits::quiet_NaN(), kTiny, -kTiny, kNormal / 3, kNormal};
    static const std::vector<T> kLarge = {Limits::max(),   Limits::lowest(), T(1e10),  T(-1e10),
                                          T(2147483648.0), T(-2147483649.0), T(255.5), T(256),
                                          T(-0.75),        T(88.5),          T(-104)};
    static const std::vector<T> kBoth = [] {
      std::vector<T> both = kSingular;
      both.insert(both.end(), kLarge.begin(), kLarge.end());
      return both;
    }();
    return numbers == Numbers::kSingular ? kSingular : kBoth;
  } else {
    static const std::vector<T> kEnds = {0, 1, 2, Limits::min(), Limits::max(), static_cast<T>(-1)};
    return kEnds;
  }
}

constexpr double kLargestExponent = 30;  // decimal, of extreme numbers

// What the extreme numbers of one tensor are drawn from.
struct Extremes {
  double low = -kLargestExponent, high = kLargestExponent;  // of the decimal exponent
  bool has_special = false;
};

Extremes draw_extremes(Rng& rng) {
  Extremes extremes{.has_special = draw(rng, 0, 3) == 0};
  if (draw(rng, 0, 1) == 0) return extremes;
  extremes.low = std::uniform_real_distribution<double>(-kLargestExponent, kLargestExponent - 1)(rng);
  extremes.high = extremes.low + 1;
  return extremes;
}

template <typename T>
T draw_extreme(const Extremes& extremes, Rng& rng) {
  if (extremes.has_special && draw(rng, 0, 7) == 0) return pick(rng, special_numbers<T>(Numbers::kSingular));
  const double size = std::pow(10.0, std::uniform_real_distribution<double>(extremes.low, extremes.high)(rng));
  return static_cast<T>(draw(rng, 0, 1) == 0 ? size : -size);
}

template <typename T>
T draw_number(const Domain& domain, Numbers numbers, Rng& rng) {
  const bool is_special = numbers == Numbers::kSpecial || numbers == Numbers::kSingular;
  if (is_special && draw(rng, 0, 1) == 0) return pick(rng, special_numbers<T>(numbers));
  if (std::is_floating_point_v<T> && numbers != Numbers::kWhole)
    return static_cast<T>(std::uniform_real_distribution<double>(domain.low, domain.high)(rng));
  const double low = std::is_same_v<T, uint8_t> ? std::max(0.0, domain.low) : domain.low;
  return static_cast<T>(draw(rng, std::llround(std::ceil(low)), std::llround(std::floor(domain.high))));
}

template <typename T>
void fill(Tensor& tensor, const Domain& domain, Numbers numbers, Rng& rng) {
  if (std::is_floating_point_v<T> && numbers == Numbers::kExtreme) {
    const Extremes extremes = draw_extremes(rng);
    for (T& element : tensor.as<T>()) element = draw_extreme<T>(extremes, rng);
    return;
  }
  for (T& element : tensor.as<T>()) element = draw_number<T>(domain, numbers, rng);
}

}  // namespace

Tensor draw_tensor(const TensorType& type, const Domain& domain, Numbers numbers, Rng& rng) {
  Tensor tensor = Tensor::uninitialized(type);
  switch (type.dtype) {
    case DType::kF32: fill<float>(tensor, domain, numbers, rng); break;
    case DType::kF64: fill<double>(tensor, domain, numbers, rng); break;
    case DType::kI32: fill<int32_t>(tensor, domain, numbers, rng); break;
    case DType::kU8: fill<uint8_t>(tensor, domain, numbers, rng); break;
    case DType::kPred: fill<uint8_t>(tensor, {.low = 0, .high = 1}, Numbers::kWhole, rng); break;
  }
  return tensor;
}

std::vector<Tensor> draw_arguments(const Function& function, const std::vector<Domain>& domains, Numbers numbers,
                                   Rng& rng) {
  MINNOW_CHECK(domains.size() == function.parameters().size(), "{} domains of {} parameters", domains.size(),
               function.parameters().size());
  std::vector<Tensor> arguments;
  for (const auto& parameter : function.parameters())
    arguments.push_back(draw_tensor(parameter->type, domains[static_cast<size_t>(parameter->index)], numbers, rng));
  return arguments;
}

}  // namespace minnow::proof
