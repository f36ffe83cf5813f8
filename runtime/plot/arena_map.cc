#include "runtime/plot/arena_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ir/loop.h"
#include "ir/text.h"

namespace minnow {
namespace {

constexpr double kLeft = 84, kMapWidth = 600, kMapHeight = 260, kRight = 24;
constexpr double kHeaderHeight = 72, kPanelHeight = kMapHeight + 72;
constexpr std::array<Colour, 3> kPhaseColours = {kPalette[0], kPalette[1], kPalette[2]};
constexpr std::array<const char*, 3> kPhaseNames = {"forward", "gradient", "update"};

std::string kib(double bytes) {
  return bytes >= 1 << 20 ? fmt::format("{:.1f} MiB", bytes / (1 << 20)) : fmt::format("{:.1f} KiB", bytes / 1024);
}

struct Tenant {
  const Value* value;
  MemoryPlan::Slot slot;
};

// In order of their offset and first op, so that the same plan gives the same picture.
std::vector<Tenant> tenants_of(const MemoryPlan& plan) {
  std::vector<Tenant> tenants;
  for (const auto& [value, slot] : plan.slots) tenants.push_back({value, slot});
  std::ranges::sort(tenants, {}, [](const Tenant& tenant) {
    return std::pair(tenant.slot.offset, std::pair(tenant.slot.first, tenant.slot.last));
  });
  return tenants;
}

void add_axes(Drawing& drawing, double top, double bytes, size_t ops, const std::string& title) {
  drawing.add(Caption{{kLeft, top - 10}, title, 13});
  for (int i = 0; i <= 4; ++i) {
    const double y = top + kMapHeight * i / 4;
    drawing.add_line({kLeft, y}, {kLeft + kMapWidth, y}, kGridGray);
    drawing.add(Caption{{kLeft - 8, y + 4}, kib(bytes * i / 4), 11, kSoftInk, Anchor::kEnd});
  }
  drawing.add_line({kLeft, top + kMapHeight}, {kLeft + kMapWidth, top + kMapHeight}, kSoftInk);
  drawing.add(Caption{{kLeft, top + kMapHeight + 18}, "op 0", 11, kSoftInk});
  drawing.add(
      Caption{{kLeft + kMapWidth, top + kMapHeight + 18}, fmt::format("op {}", ops - 1), 11, kSoftInk, Anchor::kEnd});
}

void add_map(Drawing& drawing, double top, const Function& function, const MemoryPlan& plan, const std::string& title) {
  const auto names = value_names(function);
  const size_t ops = std::max<size_t>(function.ops().size(), 1);
  const auto bytes = static_cast<double>(std::max<int64_t>(plan.arena_bytes, 1));
  add_axes(drawing, top, bytes, ops, fmt::format("{}: {}", title, kib(static_cast<double>(plan.arena_bytes))));
  const double step = kMapWidth / static_cast<double>(ops), scale = kMapHeight / bytes;
  for (const Tenant& tenant : tenants_of(plan)) {
    const Location& location = location_of(*tenant.value);
    const double width = step * (tenant.slot.last - tenant.slot.first + 1),
                 height = scale * static_cast<double>(tenant.slot.bytes);
    drawing.add(Block{kLeft + step * tenant.slot.first, top + scale * static_cast<double>(tenant.slot.offset),
                      std::max(width - 1, 0.5), std::max(height - 0.5, 0.4),
                      kPhaseColours[static_cast<size_t>(location.phase)],
                      fmt::format("{} {} {}, {}", names.at(tenant.value), tenant.value->type.to_string(),
                                  location.layer, kib(static_cast<double>(tenant.slot.bytes)))});
  }
}

}  // namespace

Drawing draw_arena_map(const Function& function, const std::string& title) {
  Drawing drawing{kLeft + kMapWidth + kRight, 0, title, {}};
  drawing.add(Caption{{kLeft, 28}, title, 15, kInk, Anchor::kStart, true});
  double x = kLeft;
  for (size_t phase = 0; phase < kPhaseNames.size(); ++phase) {
    drawing.add(Block{x, 40, 14, 12, kPhaseColours[phase], ""});
    drawing.add(Caption{{x + 20, 51}, kPhaseNames[phase], 12});
    x += 110;
  }
  double top = kHeaderHeight + 20;
  add_map(drawing, top, function, plan_memory(function), "arena");
  for (const auto& op : function.ops()) {
    if (op->kind != OpKind::kLoop) continue;
    top += kPanelHeight;
    add_map(drawing, top, *op->body, plan_body(*op),
            is_block_loop(*op) ? "arena of a block of examples, one a thread"
                               : "arena of an iteration, a part of the first");
  }
  drawing.height = top + kMapHeight + 32;
  return drawing;
}

}  // namespace minnow
