#include "codegen/kernels/tile_reader.h"

#include "codegen/schedule/winograd_schedule.h"

namespace minnow {
namespace {

constexpr int64_t kTileSide = WinogradSchedule::kSide, kTileStep = WinogradSchedule::kStep;

}  // namespace

TileReader::TileReader(ElementEmitter& emitter, const Value* images, std::array<int64_t, 2> first,
                       std::array<int64_t, 2> tiles)
    : emitter_(emitter), images_(images), first_(first), tiles_(tiles) {}

void TileReader::with_tile(const Coord& row, const Coord& column, const std::function<void(const Read&)>& body) {
  const auto place = [&](const Coord& tile, size_t dim) {
    return emitter_.offset(emitter_.scale(tile, kTileStep), first_[dim]);
  };
  const Position corner = {{}, {}, place(row, 0), place(column, 1)};
  const auto run = [&](bool is_inside) {
    body([&](const Coord& example, const Coord& channel) {
      return read({example, channel, corner[2], corner[3]}, is_inside);
    });
  };
  if (is_always_inside(0) && is_always_inside(1)) return run(true);
  llvm::Value* inside = is_inside(corner);
  emitter_.kernel().when(inside, [&] { run(true); });
  emitter_.kernel().when(emitter_.ir().CreateNot(inside), [&] { run(false); });
}

bool TileReader::is_always_inside(size_t dim) const {
  return first_[dim] >= 0 && first_[dim] + (tiles_[dim] - 1) * kTileStep + kTileSide <= images_->type.shape[2 + dim];
}

llvm::Value* TileReader::is_inside(const Position& corner) {
  llvm::Value* inside = nullptr;
  for (size_t d = 2; d < corner.size(); ++d) {
    const int64_t last = images_->type.shape[d] - kTileSide;
    inside = emitter_.both(inside, emitter_.compare(llvm::CmpInst::ICMP_SGE, corner[d], 0));
    inside = emitter_.both(inside, emitter_.compare(llvm::CmpInst::ICMP_SLE, corner[d], last));
  }
  return inside;
}

WinogradTile TileReader::read(const Position& corner, bool is_inside) {
  WinogradTile pixels;
  for (int64_t i = 0; i < kTileSide; ++i)
    for (int64_t j = 0; j < kTileSide; ++j) {
      const Position at = {corner[0], corner[1], emitter_.offset(corner[2], i), emitter_.offset(corner[3], j)};
      pixels[static_cast<size_t>(kTileSide * i + j)] =
          is_inside ? emitter_.emit(images_, at) : emitter_.emit_guarded(images_, at, nullptr, 0);
    }
  return pixels;
}

}  // namespace minnow
