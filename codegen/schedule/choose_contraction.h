// Which axis the vectors of a contraction run along, and how it is divided: chosen once, when a function is lowered,
// and kept with the kernel.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "codegen/schedule/channel_lanes_schedule.h"
#include "codegen/schedule/contraction_schedule.h"
#include "codegen/schedule/pixel_lanes_schedule.h"
#include "codegen/schedule/winograd_filter_schedule.h"
#include "codegen/schedule/winograd_schedule.h"
#include "ir/function.h"

namespace minnow {

// None of its own: the elements of the result, each summed by itself.
struct ElementSchedule {
  static int64_t bytes() { return 0; }
  static int64_t units() { return 1; }
  static std::string text() { return "element by element"; }
};

using ContractionSchedule =
    std::variant<ElementSchedule, PanelSchedule, RowLanesSchedule, DepthLanesSchedule, PixelLanesSchedule,
                 ChannelLanesSchedule, WinogradSchedule, WinogradFilterSchedule>;

// In a block of examples, if it is in one, these are innermost in memory. Of the ways that sum in the same order, to
// the bit, `target.schedule.alternative` takes another than the best.
ContractionSchedule choose_contraction(const Op& op, const Target& target, bool is_in_block);
// Of a convolution in a kernel that has its channels last.
ContractionSchedule choose_channels_last(const Op& op, const Target& target, bool is_in_block);
// Of a product in a loop whose iterations have the same right operand: with that packed in front of the loop, where it
// is read often enough and the sums keep their order.
std::optional<ContractionSchedule> choose_packed_ahead(const Op& op, const Target& target, bool is_in_block,
                                                       int64_t iterations);
// Of the right operand, for a schedule from there.
int64_t bytes_packed_ahead(const ContractionSchedule& schedule);
std::string text_of(const ContractionSchedule& schedule);

}  // namespace minnow
