// Windows and Fourier transforms, as products with tables of angles.
#include <cmath>
#include <numbers>

#include "frontend/onnx/node_scope.h"

namespace minnow::onnx_ops {
namespace {

// Σ weights[k] cos(2πk i / N), signs in turn.
void give_window(NodeScope& n, const std::vector<double>& weights) {
  const auto size = n.whole_number(0);
  require(size >= 0 && size <= 1 << 24, "a window of {} is not supported", size);
  const auto type = static_cast<ElementType>(n.whole("output_datatype", onnx::TensorProto::FLOAT));
  require(is_float_element(type), "a window of {} is not supported", element_type_name(type));
  const double period = static_cast<double>(n.whole("periodic", 1) != 0 ? size : size - 1);
  HostTensor window = HostTensor::zeros(type, {size});
  for (size_t i = 0; i < window.floats.size(); ++i) {
    double sum = 0;
    for (size_t k = 0; k < weights.size(); ++k)
      sum += weights[k] * std::cos(2 * std::numbers::pi * static_cast<double>(k * i) / period) * (k % 2 == 0 ? 1 : -1);
    window.floats[i] = rounded_to(type, sum);
  }
  n.give_known(0, std::move(window));
}

constexpr int64_t kMostFrequencies = 4096;

// cos and sin of 2π k i / N for k < frequencies, i < size, by the remainder, which keeps the angles small.
struct Angles {
  std::vector<double> cosine, sine;
};
Angles angles(int64_t frequencies, int64_t size, int64_t period) {
  Angles all;
  for (int64_t k = 0; k < frequencies; ++k)
    for (int64_t i = 0; i < size; ++i) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(k * i % period) / static_cast<double>(period);
      all.cosine.push_back(std::cos(angle));
      all.sine.push_back(std::sin(angle));
    }
  return all;
}

}  // namespace

void hann_window(NodeScope& n) { give_window(n, {0.5, 0.5}); }
void hamming_window(NodeScope& n) { give_window(n, {25.0 / 46, 21.0 / 46}); }
void blackman_window(NodeScope& n) { give_window(n, {0.42, 0.5, 0.08}); }

namespace {

// x [..., F, ..., 2], half of the frequencies of what is real, to that [..., N, ..., 1]. All but the first, and the
// last of an even number, stand for two.
Value* real_inverse(NodeScope& n, Value* x, int64_t axis, int64_t size) {
  GraphBuilder& b = n.b;
  const int64_t rank = x->type.rank(), frequencies = x->type.dim(axis);
  Angles table = angles(size, frequencies, size);
  for (int64_t i = 0; i < size * frequencies; ++i) {
    const int64_t frequency = i % frequencies;
    const double counts = (frequency == 0 || 2 * frequency == size ? 1.0 : 2.0) / static_cast<double>(size);
    table.cosine[static_cast<size_t>(i)] *= counts;
    table.sine[static_cast<size_t>(i)] *= counts;
  }
  const auto along = [&](int64_t part, std::vector<double> factors) {
    Value* v = b.slice(x, rank - 1, part, part + 1);
    return b.move_dim(b.dot(v, b.f32s({size, frequencies}, std::move(factors)), {axis, 1}), rank - 1, axis);
  };
  return b.sub(along(0, table.cosine), along(1, table.sine));
}

}  // namespace

// x [..., N, ..., 1 or 2], real or complex, along one axis.
void dft(NodeScope& n) {
  GraphBuilder& b = n.b;
  const int64_t rank = n.rank();
  require(rank >= 2 && (n.dim(0, -1) == 1 || n.dim(0, -1) == 2), "{} holds no numbers, real or complex",
          shape_to_string(n.shape()));
  const int64_t axis = axis_of(n.has(2) ? n.whole_number(2) : n.whole("axis", n.version() < 20 ? 1 : -2), rank);
  require(axis != rank - 1, "it goes along the parts of a number");
  const bool is_inverse = n.whole("inverse") != 0, is_onesided = n.whole("onesided") != 0, is_real = n.dim(0, -1) == 1;
  const bool expands = is_inverse && is_onesided;  // from half of the frequencies to real numbers
  const int64_t known_size = expands ? 2 * (n.dim(0, axis) - 1) : n.dim(0, axis);
  const int64_t size = n.has(1) ? n.whole_number(1) : known_size;
  require(size > 0 && size <= kMostFrequencies, "a transform of {} is not supported, up to {}", size, kMostFrequencies);
  Value* x = n.floats();
  const int64_t kept = std::min(expands ? size / 2 + 1 : size, n.dim(0, axis));
  x = b.slice(x, axis, 0, kept);
  require(!expands || !is_real, "a one-sided inverse is of complex numbers");
  if (expands) return n.give(real_inverse(n, x, axis, size));
  Value* real = b.slice(x, rank - 1, 0, 1);
  Value* imaginary = is_real ? nullptr : b.slice(x, rank - 1, 1, 2);
  const int64_t frequencies = is_onesided ? size / 2 + 1 : size;
  const Angles table = angles(frequencies, kept, size);
  Value* cosine = b.f32s({frequencies, kept}, table.cosine);
  Value* sine = b.f32s({frequencies, kept}, table.sine);
  const auto along = [&](Value* v, Value* factors) { return b.move_dim(b.dot(v, factors, {axis, 1}), rank - 1, axis); };
  // (c - i s)(re + i im), or (c + i s)(re + i im).
  const double sign = is_inverse ? -1 : 1;
  Value* y_real = along(real, cosine);
  Value* y_imaginary = b.mul(along(real, sine), -sign);
  if (imaginary != nullptr) {
    y_real = b.add(y_real, b.mul(along(imaginary, sine), sign));
    y_imaginary = b.add(y_imaginary, along(imaginary, cosine));
  }
  Value* y = b.concat({y_real, y_imaginary}, rank - 1);
  n.give(is_inverse ? b.mul(y, 1 / static_cast<double>(size)) : y);
}

// signal [B,N,1 or 2] in frames, each times a window, transformed: [B, frames, frequencies, 2].
void stft(NodeScope& n) {
  GraphBuilder& b = n.b;
  const auto step = n.whole_number(1);
  const int64_t length = n.has(3) ? n.whole_number(3) : n.has(2) ? n.dim(2, 0) : 0;
  require(n.rank() == 3 && n.dim(0, 2) == 1, "the signal {} is not supported: real ones are",
          shape_to_string(n.shape()));
  require(step > 0 && length > 0 && length <= std::min(kMostFrequencies, n.dim(0, 1)),
          "frames of {} in steps of {} do not fit {}", length, step, shape_to_string(n.shape()));
  const int64_t frames = (n.dim(0, 1) - length) / step + 1, batch = n.dim(0, 0);
  const int64_t frequencies = n.whole("onesided", 1) != 0 ? length / 2 + 1 : length;
  constexpr int64_t kMostPlaces = int64_t{1} << 24;
  require(frames <= kMostPlaces / length, "{} frames of {} are not supported", frames, length);
  Dims places;
  for (int64_t f = 0; f < frames; ++f)
    for (int64_t i = 0; i < length; ++i) places.push_back(f * step + i);
  Value* signal = b.reshape(n.floats(), {batch, n.dim(0, 1)});
  Value* all = b.gather(signal, b.i32s({frames, length}, places), 1);
  if (n.has(2)) all = b.mul(all, n.floats(2));
  const Angles table = angles(frequencies, length, length);
  Value* real = b.dot(all, b.f32s({frequencies, length}, table.cosine), {2, 1});
  Value* imaginary = b.neg(b.dot(all, b.f32s({frequencies, length}, table.sine), {2, 1}));
  const Shape pair = {batch, frames, frequencies, 1};
  n.give(b.concat({b.reshape(real, pair), b.reshape(imaginary, pair)}, 3));
}

}  // namespace minnow::onnx_ops
