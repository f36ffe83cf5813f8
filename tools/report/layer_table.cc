#include "tools/report/layer_table.h"

#include <fmt/format.h>

namespace minnow {
namespace {

std::string megaflops(double flops) { return flops == 0 ? "" : fmt::format("{:.3f}", flops / 1e6); }

}  // namespace

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

std::vector<std::vector<std::string>> layer_table(const LoweredModel& lowered) {
  std::vector<std::vector<std::string>> rows = {{"layer", "kind", "output", "weights", "MFLOP"}};
  double flops = 0;
  for (const LayerRow& row : lowered.layers) {
    rows.push_back({row.name, row.kind, shape_to_string(row.output), row.weights ? grouped(row.weights) : "",
                    megaflops(row.flops)});
    flops += row.flops;
  }
  rows.push_back({"total", "", "", grouped(lowered.weight_count()), megaflops(flops)});
  if (lowered.trained_count() != lowered.weight_count())
    rows.push_back({"trained", "", "", grouped(lowered.trained_count()), ""});
  return rows;
}

}  // namespace minnow
