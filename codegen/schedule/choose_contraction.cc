#include "codegen/schedule/choose_contraction.h"

#include <algorithm>

#include "codegen/schedule/choose_conv.h"
#include "codegen/schedule/tiling.h"
#include "ir/channels_last.h"
#include "ir/dot.h"
#include "ir/threshold.h"
#include "ir/windows.h"

namespace minnow {
namespace {

enum class Way : uint8_t { kElements, kPanel, kRowLanes, kDepthLanes, kWinograd, kWinogradFilter };

const Threshold kShallow{"depth of products that may be elementwise", 4};
constexpr int64_t kProductParts = 4;      // of the second-level cache: a product that takes more than one leaves it
const Threshold kMaxRows{"few rows", 4};  // above, packing w for the other rows to share pays
const Threshold kMinLanes{"lanes for narrow products", 16};
const Threshold kSpareLanes{"lanes beside narrow columns", 4};  // fewer, and a panel of w does as well
const Threshold kMinRows{"rows of a narrow product", 16};       // below, turning w around costs more than it brings
const Threshold kMinVectors{"vectors along a narrow product's depth", 4};
const Threshold kMinImages{"depth of a narrow outer product", 16};
// The order of the sums depends on it: so it is one for all machines.
const Threshold kMaxTransposedBytes{"bytes of a narrow product's w", 256 << 10};
const Threshold kPanelReadings{"tiles for which w is packed in front of a loop", 12};
const Threshold kLongStride{"columns of w whose rows lie far apart", 256};
const Threshold kNearBytes{"bytes of w that few rows read where it lies", 128 << 10};
const Threshold kFarBytes{"bytes of w that few rows read as slowly packed", 512 << 10};

// Fewer columns than lanes.
bool is_narrow(const Op& dot, const DotSizes& sizes, int64_t lanes) {
  return lanes >= kMinLanes && dot.type().rank() == 2 && lanes - sizes.columns >= kSpareLanes;
}

// Whether a narrow product has its vectors along the depth. One column of w lies so already.
bool is_worth_turning_around(const Op& dot, const DotSizes& sizes, int64_t lanes) {
  if (has_transposed_rows(dot)) return false;
  if (sizes.columns == 1) return sizes.depth >= lanes;
  return sizes.rows >= kMinRows && sizes.depth / lanes >= kMinVectors &&
         sizes.depth * sizes.columns * 4 <= kMaxTransposedBytes;
}

Way choose_dot(const Op& dot, const Target& target) {
  const int64_t lanes = target.lanes;
  const DotSizes sizes = dot_sizes(dot);
  // Less to compute than to write: rows are written as long as they are, a stream.
  if (sizes.columns >= lanes && !has_transposed_columns(dot) && sizes.depth <= kShallow &&
      dot.type().bytes() / sizes.depth > target.schedule.cache_bytes / kProductParts)
    return Way::kElements;
  if (is_narrow(dot, sizes, lanes)) {
    if (is_worth_turning_around(dot, sizes, lanes)) return Way::kDepthLanes;
    if (has_transposed_rows(dot) && !has_transposed_columns(dot) && sizes.rows >= lanes && sizes.depth >= kMinImages)
      return Way::kRowLanes;
  }
  if (!has_transposed_rows(dot) && has_transposed_columns(dot) && sizes.rows <= kMaxRows && sizes.columns >= lanes)
    return Way::kDepthLanes;
  return Way::kPanel;
}

// Panels sum as elements and vectors of rows do, in the order of the depth.
Way alternative_to(Way way) { return way == Way::kElements || way == Way::kRowLanes ? Way::kPanel : way; }

// Whether tiles read panels so much faster than w as it lies that they are packed for them. Few rows do nothing else
// than read w, and as fast wherever it lies where it is far away.
bool reads_panels_better(const Op& dot, int64_t readings) {
  const DotSizes sizes = dot_sizes(dot);
  if (readings <= kPanelReadings) return false;
  if (sizes.rows > kMaxRows) return sizes.columns >= kLongStride;
  const int64_t bytes = sizes.depth * sizes.columns * 4;
  return bytes > kNearBytes && bytes <= kFarBytes;
}

// Lanes are examples: rows of the one operand, or summed over.
Way choose_in_block(const Op& op, const Contraction& c, const Target& target) {
  const Axis::Kind examples = c.axes[c.a[0].terms[0].axis].kind;
  if (op.kind != OpKind::kDot) {
    if (examples == Axis::Kind::kDepth) return filters_minimally(op) ? Way::kWinogradFilter : Way::kDepthLanes;
    return target.has_threads && WinogradSchedule::pays_in_block(c, op.operands[0]->type.shape) ? Way::kWinograd
                                                                                                : Way::kRowLanes;
  }
  if (examples == Axis::Kind::kDepth) return Way::kPanel;
  return op.type().rank() == 2 ? Way::kRowLanes : Way::kElements;
}

}  // namespace

ContractionSchedule choose_contraction(const Op& op, const Target& target, bool is_in_block) {
  const auto is_empty = [](const Value* value) { return value->type.elements() == 0; };
  if (op.type().dtype != DType::kF32 || is_empty(op.result()) || std::ranges::any_of(op.operands, is_empty))
    return ElementSchedule{};
  if (op.kind == OpKind::kDot ? !is_product_of_matrices(op) : space_dims(op) != 2) return ElementSchedule{};
  if (!is_in_block && op.kind != OpKind::kDot) return choose_conv(op, target);
  Contraction c = contraction_of(op);
  Way way = is_in_block ? choose_in_block(op, c, target) : choose_dot(op, target);
  if (!is_in_block && target.schedule.alternative > 0) way = alternative_to(way);
  switch (way) {
    case Way::kPanel: return PanelSchedule(std::move(c), target, is_in_block);
    case Way::kRowLanes: return RowLanesSchedule(std::move(c), target, is_in_block);
    case Way::kDepthLanes: return DepthLanesSchedule(std::move(c), target, is_in_block);
    case Way::kWinograd: return WinogradSchedule(std::move(c), target);
    case Way::kWinogradFilter: return WinogradFilterSchedule(std::move(c), target);
    case Way::kElements: break;
  }
  return ElementSchedule{};
}

ContractionSchedule choose_channels_last(const Op& op, const Target& target, bool is_in_block) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.operands[1]->type.shape;
  const bool is_depthwise = conv.groups == w[0] && w[1] == 1;
  if (is_in_block || op.type().dtype != DType::kF32 || op.type().elements() == 0 || w[3] > kMostColumnsChannelsLast ||
      !(is_depthwise || conv.groups == 1))
    return ElementSchedule{};
  return ChannelLanesSchedule(contraction_of(op), target);
}

std::optional<ContractionSchedule> choose_packed_ahead(const Op& op, const Target& target, bool is_in_block,
                                                       int64_t iterations) {
  const ContractionSchedule here = choose_contraction(op, target, is_in_block);
  if (std::holds_alternative<WinogradSchedule>(here)) return here;
  if (is_in_block) return {};
  const auto* as_it_lies = std::get_if<PanelSchedule>(&here);  // others sum in another order
  if (as_it_lies == nullptr || !as_it_lies->may_pack_ahead()) return {};
  if (iterations == 1 || as_it_lies->whole.extent_of(Axis::Kind::kColumn) < target.lanes) return {};
  PanelSchedule schedule = *as_it_lies;
  schedule.pack_ahead(target);
  if (as_it_lies->packs) return schedule;
  const int64_t readings =
      iterations * ceil_div(schedule.rows_of_block(), schedule.tile_rows(schedule.rows_of_block()));
  if (!reads_panels_better(op, readings)) return {};
  return schedule;
}

int64_t bytes_packed_ahead(const ContractionSchedule& schedule) {
  if (const auto* filtering = std::get_if<WinogradSchedule>(&schedule)) return filtering->bytes_packed_ahead();
  return std::get<PanelSchedule>(schedule).bytes_packed_ahead();
}

std::string text_of(const ContractionSchedule& schedule) {
  return std::visit([](const auto& chosen) { return chosen.text(); }, schedule);
}

}  // namespace minnow
