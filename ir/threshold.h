// Sizes at which the compiler changes what it does. Each remembers on which of its sides sizes have been met, so that a
// test can ask for a case on either.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace minnow {

// At namespace scope only. Compared with the size on the left, as a number is: `rows <= kMaxRows`.
class Threshold {
 public:
  Threshold(std::string_view name, int64_t value);
  Threshold(const Threshold&) = delete;

  std::string_view name() const { return name_; }
  operator int64_t() const { return value_; }

  template <typename Size>
  friend bool operator<(Size size, const Threshold& threshold) {
    return threshold.meet(is_less(size, threshold.value_));
  }
  template <typename Size>
  friend bool operator<=(Size size, const Threshold& threshold) {
    return threshold.meet(!is_less(threshold.value_, size));
  }
  template <typename Size>
  friend bool operator>(Size size, const Threshold& threshold) {
    return !(size <= threshold);
  }
  template <typename Size>
  friend bool operator>=(Size size, const Threshold& threshold) {
    return !(size < threshold);
  }

  // The size, or this where that is less.
  int64_t at_most(int64_t size) const { return size <= *this ? size : value_; }
  // How many parts of at most this size: one, or several.
  int64_t parts(int64_t size) const { return size <= *this ? (size > 0 ? 1 : 0) : (size + value_ - 1) / value_; }
  // How many whole parts of this size, and one at least.
  int64_t whole_parts(int64_t size) const { return size / value_ < 2 ? (meet(true), 1) : (meet(false), size / value_); }

  // Every threshold of the program.
  static std::vector<const Threshold*> all();
  bool is_met_below() const { return below_.load(std::memory_order_relaxed); }
  bool is_met_above() const { return above_.load(std::memory_order_relaxed); }

 private:
  template <typename A, typename B>
  static bool is_less(A a, B b) {
    if constexpr (std::is_floating_point_v<A> || std::is_floating_point_v<B>) {
      return static_cast<double>(a) < static_cast<double>(b);
    } else {
      return static_cast<int64_t>(a) < static_cast<int64_t>(b);
    }
  }
  bool meet(bool is_below) const {
    (is_below ? below_ : above_).store(true, std::memory_order_relaxed);
    return is_below;
  }

  const std::string_view name_;
  const int64_t value_;
  mutable std::atomic<bool> below_ = false, above_ = false;
  const Threshold* next_;
};

}  // namespace minnow
