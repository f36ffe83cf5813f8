// The transforms of minimal filtering, F(2 x 2, 3 x 3); see WinogradSchedule.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <array>

namespace minnow {

// Row-major.
using WinogradTile = std::array<llvm::Value*, 16>;

// B' d B of 4 x 4 pixels.
WinogradTile transform_pixels(llvm::IRBuilder<>& ir, const WinogradTile& pixels);
// G g G' of a filter of 3 x 3.
WinogradTile transform_filter(llvm::IRBuilder<>& ir, const std::array<llvm::Value*, 9>& filter);
// A' m A: 2 x 2 pixels of the products' sums.
std::array<llvm::Value*, 4> transform_sums(llvm::IRBuilder<>& ir, const WinogradTile& sums);

// For the gradient of a filter, F(3 x 3, 2 x 2), the same the other way around: A g A' of 2 x 2 pixels of the output's
// gradient, and G' m G, a filter's 3 x 3.
WinogradTile transform_gradients(llvm::IRBuilder<>& ir, const std::array<llvm::Value*, 4>& gradients);
std::array<llvm::Value*, 9> transform_filter_sums(llvm::IRBuilder<>& ir, const WinogradTile& sums);

}  // namespace minnow
