#include "proof/prove.h"

#include <algorithm>

namespace minnow::proof {
namespace {

constexpr Way kWays[] = {
    {.name = "interpreter", .compiled = false},
    {.name = "jit -O0", .opt_level = 0},
    {.name = "jit", .is_divided = true},
    {.name = "jit unfused", .fused = false},
};

// A difference between threads counts where it is, in place of what the way gives on one.
void blame_threads(const std::vector<Comparison>& differences, std::vector<Comparison>& comparisons) {
  for (const Comparison& difference : differences)
    for (Comparison& comparison : comparisons)
      if (comparison.name == difference.name && comparison.agrees) comparison = difference;
}

}  // namespace

bool Proof::agrees() const {
  return std::ranges::all_of(rows, [](const auto& row) { return std::ranges::all_of(row, &Comparison::agrees); });
}

Result<Proof> prove(const Subject& subject, ThreadPool& pair, std::string_view cpu) {
  Proof proof{{std::begin(kWays), std::end(kWays)}, {}, {}};
  for (Way& way : proof.ways) way.cpu = cpu;
  proof.rows.resize(subject.function->results().size());
  MINNOW_ASSIGN(const Reference reference, Reference::create(subject));
  for (size_t i = 0; i < proof.rows.size(); ++i) proof.lengths.push_back(reference.length(i));
  for (const Way& way : proof.ways) {
    MINNOW_ASSIGN(const WayTraces traces, trace_way(subject, way, pair));
    MINNOW_ASSIGN(std::vector<Comparison> comparisons, compare(subject, reference, traces.alone, way.name));
    blame_threads(compare_bits(subject, traces, way.name), comparisons);
    for (size_t i = 0; i < comparisons.size(); ++i) proof.rows[i].push_back(std::move(comparisons[i]));
  }
  return proof;
}

}  // namespace minnow::proof
