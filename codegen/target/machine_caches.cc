// The caches of this machine, as Linux describes them.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "codegen/target/processor.h"

namespace minnow {
namespace {

// Empty if there is no such file.
std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// 0 for what is no number in front of what else the text has.
int64_t number_in(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

// "1024K", "32M" or bytes.
int64_t bytes_in(const std::string& text) {
  const int64_t number = number_in(text);
  if (text.ends_with("K")) return number << 10;
  return text.ends_with("M") ? number << 20 : number;
}

// "0-3,8" is five.
int64_t cpus_in(const std::string& list) {
  int64_t count = 0;
  for (size_t at = 0; at < list.size();) {
    const size_t end = std::min(list.find(',', at), list.size());
    const std::string part = list.substr(at, end - at);
    const size_t dash = part.find('-');
    count += dash == std::string::npos ? 1 : number_in(part.substr(dash + 1)) - number_in(part) + 1;
    at = end + 1;
  }
  return std::max<int64_t>(1, count);
}

}  // namespace

// A level that hardware threads of one core share is all theirs: one of them computes.
Processor with_caches_of_this_machine(Processor processor, const std::string& folder) {
  const int64_t threads_of_core = cpus_in(first_line(folder + "/topology/thread_siblings_list"));
  for (int i = 0;; ++i) {
    const std::string cache = folder + "/cache/index" + std::to_string(i);
    const std::string level = first_line(cache + "/level");
    if (level.empty()) return processor;
    if (first_line(cache + "/type") == "Instruction") continue;
    const int64_t cores = std::max<int64_t>(1, cpus_in(first_line(cache + "/shared_cpu_list")) / threads_of_core);
    const Cache found = {bytes_in(first_line(cache + "/size")) / cores,
                         static_cast<int>(number_in(first_line(cache + "/ways_of_associativity")))};
    if (found.bytes <= 0) continue;
    if (level == "1") processor.level1 = found;
    if (level == "2") processor.level2 = found;
    if (level == "3") processor.level3 = found;
  }
}

}  // namespace minnow
