#include "codegen/schedule/choose_window.h"

namespace minnow {

std::optional<WindowSchedule> choose_window(const Op& op, const Target& target) {
  if (auto pooling = choose_pooling(op, target)) return *std::move(pooling);
  if (auto picking = choose_picking(op, target)) return *std::move(picking);
  return {};
}

std::string text_of(const WindowSchedule& schedule) {
  return std::visit([](const auto& chosen) { return chosen.text(); }, schedule);
}

}  // namespace minnow
