#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "frontend/onnx/fold/fold.h"
#include "frontend/onnx/small_floats.h"

namespace minnow::onnx_fold {
namespace {

constexpr ElementType kBool = onnx::TensorProto::BOOL;

using FloatFunction = double(double);
using FloatFunction2 = double(double, double);
using WholeFunction2 = int64_t(int64_t, int64_t);

double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

// Whole numbers wrap around, as unsigned ones do by definition.
int64_t add(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
int64_t sub(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }
int64_t mul(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }
int64_t quotient(int64_t a, int64_t b) {
  require(b != 0, "it divides by zero");
  return b == -1 ? sub(0, a) : a / b;
}
int64_t remainder(int64_t a, int64_t b) {
  require(b != 0, "it divides by zero");
  return b == -1 ? 0 : a % b;
}
int64_t modulo(int64_t a, int64_t b) {
  const int64_t rest = remainder(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
int64_t power(int64_t base, int64_t exponent) {
  require(exponent >= 0, "a whole number is raised to the power {}", exponent);
  int64_t result = 1;
  for (int64_t e = exponent; e > 0; e >>= 1, base = mul(base, base))
    if (e & 1) result = mul(result, base);
  return result;
}
double float_modulo(double a, double b) { return std::fmod(a, b); }

struct Binary {
  WholeFunction2* whole;
  FloatFunction2* real;
};

const Binary& binary_function(const NodeScope& n) {
  static const std::map<std::string_view, Binary> kFunctions = {
      {"Add", {add, [](double a, double b) { return a + b; }}},
      {"Sub", {sub, [](double a, double b) { return a - b; }}},
      {"Mul", {mul, [](double a, double b) { return a * b; }}},
      {"Div", {quotient, [](double a, double b) { return a / b; }}},
      {"Pow", {power, [](double a, double b) { return std::pow(a, b); }}},
      {"Mod", {modulo, float_modulo}},
      {"Max", {[](int64_t a, int64_t b) { return std::max(a, b); }, larger_of}},
      {"Min", {[](int64_t a, int64_t b) { return std::min(a, b); }, smaller_of}}};
  static const Binary kRemainder = {remainder, float_modulo};
  return n.op() == "Mod" && n.whole("fmod") != 0 ? kRemainder : kFunctions.at(n.op());
}

// Nothing where a power of whole numbers is not exact.
std::optional<HostTensor> combine(const Binary& function, const HostTensor& a, const HostTensor& b,
                                  const Shape& shape) {
  HostTensor y = HostTensor::zeros(a.type, shape);
  for (size_t i = 0; i < y.held(); ++i) {
    const size_t x = place_in(a.shape, shape, i), z = place_in(b.shape, shape, i);
    if (y.is_float()) y.floats[i] = rounded_to(y.type, function.real(a.number(x), b.number(z)));
    else if (!b.is_float()) y.ints[i] = wrapped_to(y.type, function.whole(a.whole(x), b.whole(z)));
    else if (const double power = std::nearbyint(function.real(a.number(x), b.number(z))); std::abs(power) <= kExact)
      y.ints[i] = wrapped_to(y.type, static_cast<int64_t>(power));
    else return std::nullopt;
  }
  return y;
}

// A truth value for each pair.
template <typename Function>
bool give_truths(NodeScope& n, Function function) {
  const HostTensor& a = n.known(0);
  const HostTensor& b = n.known(1);
  const Shape shape = common_shape(a.shape, b.shape);
  if (!is_small(shape)) return false;
  HostTensor y = HostTensor::zeros(kBool, shape);
  for (size_t i = 0; i < y.held(); ++i)
    y.ints[i] = function(a, place_in(a.shape, shape, i), b, place_in(b.shape, shape, i)) ? 1 : 0;
  n.give_known(0, std::move(y));
  return true;
}

// Of the type, or of the 32 bits in which it is computed and wraps around; what is beyond ends at them there.
bool has_whole_part(ElementType type, double x) {
  constexpr double kMost = 9.2e18;
  const auto [least, greatest] = limits_of(type);
  return x >= std::clamp<double>(static_cast<double>(least), -kMost, -2147483648.0) &&
         x <= std::clamp<double>(static_cast<double>(greatest), 2147483647.0, kMost);
}

bool give_cast(NodeScope& n, ElementType type) {
  const HostTensor& x = n.known(0);
  const bool saturates =
      float_format(type) != nullptr && type != onnx::TensorProto::FLOAT16 && type != onnx::TensorProto::BFLOAT16;
  if (!dtype_of(type) || saturates) return false;
  HostTensor y{type, x.shape, {}, {}};
  for (size_t i = 0; i < x.held(); ++i) {
    if (y.is_float()) {
      y.floats.push_back(rounded_to(type, x.number(i)));
    } else if (x.is_float()) {
      if (type != kBool && !has_whole_part(type, x.floats[i])) return false;
      y.ints.push_back(type == kBool ? x.floats[i] != 0 : wrapped_to(type, static_cast<int64_t>(x.floats[i])));
    } else {
      y.ints.push_back(wrapped_to(type, x.ints[i]));
    }
  }
  n.give_known(0, std::move(y));
  return true;
}

// Of whole numbers, which an operator of floats refuses.
int64_t whole_function(const std::string& op, ElementType type, int64_t x) {
  if (op == "Not") return 1 - x;
  if (op == "Neg") return wrapped_to(type, sub(0, x));
  if (op == "Abs") return wrapped_to(type, x < 0 ? sub(0, x) : x);
  return op == "Relu" ? std::max<int64_t>(x, 0) : x > 0 ? 1 : x < 0 ? -1 : 0;
}

bool takes_type(const NodeScope& n) {
  if (n.op() == "Not") return n.type() == kBool;
  const bool takes_whole = n.op() == "Neg" || n.op() == "Abs" || n.op() == "Relu" || n.op() == "Sign";
  return is_float_element(n.type()) || (takes_whole && is_whole_element(n.type()));
}

}  // namespace

bool unary(NodeScope& n) {
  static const std::map<std::string_view, FloatFunction*> kFunctions = {
      {"Abs", [](double x) { return std::abs(x); }},
      {"Neg", [](double x) { return -x; }},
      {"Ceil", [](double x) { return std::ceil(x); }},
      {"Floor", [](double x) { return std::floor(x); }},
      {"Sqrt", [](double x) { return std::sqrt(x); }},
      {"Reciprocal", [](double x) { return 1 / x; }},
      {"Exp", [](double x) { return std::exp(x); }},
      {"Log", [](double x) { return std::log(x); }},
      {"Sign", sign},
      {"Relu", [](double x) { return x < 0 ? 0 : x; }},
      {"Round", [](double x) { return std::nearbyint(x); }}};
  if (!takes_type(n)) return false;
  HostTensor y = n.known(0);
  for (double& x : y.floats) x = rounded_to(y.type, kFunctions.at(n.op())(x));
  for (int64_t& x : y.ints) x = whole_function(n.op(), y.type, x);
  n.give_known(0, std::move(y));
  return true;
}

bool binary(NodeScope& n) {
  if (n.has_attribute("axis")) return false;  // of the oldest versions
  HostTensor y = n.known(0);
  if (y.type == kBool) return false;
  for (size_t i = 1; i < n.inputs(); ++i) {
    if (n.type(i) != y.type && n.op() != "Pow") return false;
    const Shape shape = common_shape(y.shape, n.known(i).shape);
    if (!is_small(shape)) return false;
    auto combined = combine(binary_function(n), y, n.known(i), shape);
    if (!combined) return false;
    y = *std::move(combined);
  }
  n.give_known(0, std::move(y));
  return true;
}

bool compare(NodeScope& n) {
  if (n.has_attribute("axis") || n.type(0) != n.type(1)) return false;
  const auto order = [](const HostTensor& a, size_t i, const HostTensor& b, size_t j) {
    if (a.is_strings()) return *a.string(i) == *b.string(j) ? 0 : 2;
    if (!a.is_float()) return a.whole(i) < b.whole(j) ? -1 : a.whole(i) > b.whole(j) ? 1 : 0;
    return a.number(i) < b.number(j) ? -1 : a.number(i) > b.number(j) ? 1 : a.number(i) == b.number(j) ? 0 : 2;
  };
  return give_truths(n, [&](const HostTensor& a, size_t i, const HostTensor& b, size_t j) {
    const int found = order(a, i, b, j);
    if (n.op() == "Equal") return found == 0;
    if (n.op() == "Less") return found == -1;
    if (n.op() == "Greater") return found == 1;
    return found == 0 || found == (n.op() == "LessOrEqual" ? -1 : 1);
  });
}

bool logical(NodeScope& n) {
  if (n.has_attribute("axis")) return false;
  return give_truths(n, [&](const HostTensor& a, size_t i, const HostTensor& b, size_t j) {
    const bool x = a.number(i) != 0, y = b.number(j) != 0;
    return n.op() == "And" ? x && y : n.op() == "Or" ? x || y : x != y;
  });
}

bool where(NodeScope& n) {
  const HostTensor& condition = n.known(0);
  const HostTensor& a = n.known(1);
  const HostTensor& b = n.known(2);
  const Shape shape = common_shape(common_shape(condition.shape, a.shape), b.shape);
  if (!is_small(shape) || a.type != b.type) return false;
  HostTensor y = HostTensor::zeros(a.type, shape);
  for (size_t i = 0; i < y.held(); ++i) {
    const HostTensor& from = condition.number(place_in(condition.shape, shape, i)) != 0 ? a : b;
    y.set(i, from, place_in(from.shape, shape, i));
  }
  n.give_known(0, std::move(y));
  return true;
}

bool cast(NodeScope& n) { return give_cast(n, static_cast<ElementType>(n.whole("to"))); }
bool cast_like(NodeScope& n) { return give_cast(n, n.type(1)); }

}  // namespace minnow::onnx_fold
