#include "passes/pipeline.h"

#include <algorithm>

#include "ir/loop.h"
#include "passes/channels_last.h"
#include "passes/flatten_pixels.h"
#include "passes/flatten_space.h"
#include "passes/group/fuse.h"
#include "passes/group/stage_blocks.h"
#include "passes/group/tile_batch.h"
#include "passes/simplify/canonicalize.h"
#include "passes/simplify/eliminate_common_subexpressions.h"
#include "passes/simplify/eliminate_dead_code.h"
#include "passes/simplify/factor_products.h"
#include "passes/simplify/fold_constants.h"
#include "passes/simplify/form_fma.h"
#include "passes/simplify/hoist_from_loops.h"
#include "passes/simplify/lift_broadcasts.h"
#include "passes/simplify/split_variances.h"
#include "passes/simplify/stabilize_softmax.h"

namespace minnow {
namespace {

// A pass over a function and then over the bodies of its loops, but those over blocks, which come last. DCE does so
// itself: it sees across a body's border.
template <bool (*run)(Function&)>
bool with_bodies(Function& function) {
  bool changed = run(function);
  for (const auto& op : function.ops())
    if (is_sequential_loop(*op)) changed |= with_bodies<run>(*op->body);
  return changed;
}

constexpr Pass kFlattenSpace = {"flatten-space", with_bodies<flatten_space>,
                                "makes sequences and volumes images for convolutions and windows"};
constexpr Pass kCanonicalize = {"canonicalize", with_bodies<canonicalize>,
                                "one form for equal computations: x*1, --x, x/2"};
constexpr Pass kFoldConstants = {"fold-constants", with_bodies<fold_constants>, "computes small ops on constants"};
constexpr Pass kCse = {"cse", with_bodies<eliminate_common_subexpressions>, "computes equal subexpressions once"};
constexpr Pass kHoistFromLoops = {"hoist-from-loops", hoist_from_loops,
                                  "does what iterations share once, in front of a loop or behind it"};
constexpr Pass kDce = {"dce", eliminate_dead_code, "removes ops that no result needs"};
constexpr Pass kStabilizeSoftmax = {"stabilize-softmax", with_bodies<stabilize_softmax>,
                                    "subtracts the maximum in a hand-written exp/sum/div"};
constexpr Pass kLiftBroadcasts = {"lift-broadcasts", with_bodies<lift_broadcasts>,
                                  "does once, on the smaller tensor, what many elements share"};
constexpr Pass kSplitVariances = {"split-variances", with_bodies<split_variances>,
                                  "takes a variance over all examples from that of each"};
constexpr Pass kFactorProducts = {"factor-products", with_bodies<factor_products>,
                                  "takes what the terms of a gradient share out of their sum"};
constexpr Pass kFormFma = {"form-fma", with_bodies<form_fma>,
                           "rounds a product and its sum once, where only the sum sees it"};
constexpr Pass kTileBatch = {"tile-batch", tile_batch, "runs what is done for every example on blocks of 16"};
constexpr Pass kChannelsLast = {"channels-last", with_bodies<put_channels_last>,
                                "puts channels that a convolution does not mix innermost, outside of blocks"};
constexpr Pass kFlattenPixels = {"flatten-pixels", with_bodies<flatten_pixels>,
                                 "makes convolutions of single pixels products, outside of blocks"};
constexpr Pass kFuse = {"fuse", fuse, "groups ops into kernels with a body"};

constexpr Pass kStageBlocks = {"stage-blocks", stage_blocks,
                               "copies what blocks share with the rest from one layout to the other"};

constexpr Pass kPasses[] = {kFlattenSpace,   kCanonicalize,     kFoldConstants, kCse,
                            kHoistFromLoops, kLiftBroadcasts,   kDce,           kSplitVariances,
                            kFactorProducts, kStabilizeSoftmax, kFormFma,       kTileBatch,
                            kChannelsLast,   kFlattenPixels,    kFuse,          kStageBlocks};

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::span<const Pass> all_passes() { return kPasses; }

const Pass* find_pass(std::string_view name) {
  const auto* it = std::ranges::find(kPasses, name, &Pass::name);
  return it == std::end(kPasses) ? nullptr : it;
}

Result<Pass> pass_named(std::string_view name) {
  if (const Pass* pass = find_pass(name)) return *pass;
  std::vector<std::string> known = {"default"};
  for (const Pass& pass : kPasses) known.emplace_back(pass.name);
  const std::string nearest = nearest_name(name, known);
  return tl::unexpected(Error{"", fmt::format("unknown pass \"{}\"", name),
                              nearest.empty() ? fmt::format("the passes are {}", fmt::join(known, ", "))
                                              : fmt::format("did you mean \"{}\"?", nearest),
                              ExitCode::kUsage});
}

Result<std::vector<Pass>> parse_pipeline(std::string_view names) {
  std::vector<Pass> pipeline;
  while (!trim(names).empty()) {
    const size_t comma = std::min(names.find(','), names.size());
    const std::string_view name = trim(names.substr(0, comma));
    names.remove_prefix(std::min(comma + 1, names.size()));
    if (name == "default") {
      std::ranges::copy(default_pipeline(), std::back_inserter(pipeline));
      continue;
    }
    MINNOW_ASSIGN(Pass pass, pass_named(name));
    pipeline.push_back(pass);
  }
  return pipeline;
}

std::vector<Pass> default_pipeline() {
  return {
      kFlattenSpace,
      kCanonicalize,
      kFoldConstants,
      kCse,
      kHoistFromLoops,
      kLiftBroadcasts,
      kSplitVariances,
      kDce,
      kFactorProducts,
      kStabilizeSoftmax,
      kCanonicalize,
      kFoldConstants,
      kCse,
      kFormFma,
      kDce,
      kTileBatch,
      kChannelsLast,
      kFlattenPixels,
      kDce,
      kFuse,
      kDce,
      kStageBlocks,
  };
}

}  // namespace minnow
