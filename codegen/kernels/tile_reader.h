// Vectors of tiles of 4 x 4 pixels for minimal filtering, a lane for each example, with the zeros around an image.
#pragma once

#include <array>
#include <functional>

#include "codegen/element/element_emitter.h"
#include "codegen/kernels/winograd_math.h"

namespace minnow {

class TileReader {
 public:
  // Of images, of which the first tile begins at these pixels, and of so many tiles.
  TileReader(ElementEmitter& emitter, const Value* images, std::array<int64_t, 2> first, std::array<int64_t, 2> tiles);

  // Reads the tile at an example and a channel.
  using Read = std::function<WinogradTile(const Coord& example, const Coord& channel)>;
  // Runs body for the tile in a row and a column of them: in the code once for those inside of the image, and once for
  // others, if there are any.
  void with_tile(const Coord& row, const Coord& column, const std::function<void(const Read&)>& body);

 private:
  bool is_always_inside(size_t dim) const;
  llvm::Value* is_inside(const Position& corner);
  WinogradTile read(const Position& corner, bool is_inside);

  ElementEmitter& emitter_;
  const Value* images_;
  std::array<int64_t, 2> first_, tiles_;
};

}  // namespace minnow
