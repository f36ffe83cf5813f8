#include "passes/simplify/match_centred.h"

#include <algorithm>

#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

// Whether `number` is 1/count, as a float or a double holds it.
bool is_share(double number, int64_t count) {
  const double share = 1 / static_cast<double>(count);
  return number == share || number == static_cast<double>(static_cast<float>(share));
}

// The sum that `mean` is a share of; nullptr: it is no mean.
const Op* match_mean(const Value* mean) {
  const Op* product = match(mean, OpKind::kMultiply);
  const Op* sum = product ? match(product->operands[0], OpKind::kReduceSum) : nullptr;
  const std::optional<double> share = sum ? splat_of(product->operands[1]) : std::nullopt;
  if (!share || sum->type().elements() == 0) return nullptr;
  return is_share(*share, sum->operands[0]->type.elements() / sum->type().elements()) ? sum : nullptr;
}

// Whether the dimensions of the sum lie in the broadcast where they did before.
bool is_spread_back(const Op& broadcast, const Op& sum) {
  const auto& kept = broadcast.attr<DimsAttributes>().dims;
  const auto& summed = sum.attr<DimsAttributes>().dims;
  return std::ranges::is_sorted(kept) && std::ranges::find_first_of(kept, summed) == kept.end();
}

}  // namespace

std::optional<Centred> match_centred(const Value* value) {
  const Op* difference = match(value, OpKind::kSubtract);
  const Op* broadcast = difference ? match(difference->operands[1], OpKind::kBroadcast) : nullptr;
  const Op* sum = broadcast ? match_mean(broadcast->operands[0]) : nullptr;
  if (sum == nullptr || sum->operands[0] != difference->operands[0] || !is_spread_back(*broadcast, *sum))
    return std::nullopt;
  return Centred{difference->operands[0], sum, broadcast->operands[0]};
}

}  // namespace minnow
