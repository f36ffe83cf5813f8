// The choice between a piece of code and its mutants, in builds that scripts/mutants makes.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace minnow {

// Which places have been reached, written to $MINNOW_MUTANTS_SEEN when the process ends.
class SeenMutants {
 public:
  static constexpr int kMost = 1 << 16;

  SeenMutants() {
    if (const char* path = std::getenv("MINNOW_MUTANTS_SEEN")) path_ = path;
  }
  ~SeenMutants() {
    if (path_.empty()) return;
    std::FILE* file = std::fopen((path_ + "." + std::to_string(getpid())).c_str(), "w");
    if (file == nullptr) return;
    for (int i = 0; i < kMost; ++i)
      if (seen_[i].load(std::memory_order_relaxed)) std::fprintf(file, "%d\n", i);
    std::fclose(file);
  }
  void add(int number) {
    if (!path_.empty()) seen_[number].store(true, std::memory_order_relaxed);
  }

 private:
  std::string path_;
  std::atomic<bool> seen_[kMost] = {};
};

// Whether $MINNOW_MUTANT is `number`.
[[gnu::noinline]] inline bool mutant(int number) {
  static SeenMutants seen;
  static const int chosen = [] {
    const char* text = std::getenv("MINNOW_MUTANT");
    return text == nullptr ? -1 : std::atoi(text);
  }();
  seen.add(number);
  return number == chosen;
}

}  // namespace minnow
