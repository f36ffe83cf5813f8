#include "codegen/kernels/winograd_math.h"

#include <cstddef>

namespace minnow {
namespace {

using V = llvm::Value*;

// A transform of `From` numbers to `To`, of the columns of a matrix and then of its rows.
template <size_t From, size_t To, typename Transform>
std::array<V, To * To> on_both_sides(const std::array<V, From * From>& matrix, Transform transform) {
  std::array<std::array<V, To>, From> columns;
  for (size_t j = 0; j < From; ++j) {
    std::array<V, From> column;
    for (size_t i = 0; i < From; ++i) column[i] = matrix[i * From + j];
    columns[j] = transform(column);
  }
  std::array<V, To * To> result;
  for (size_t i = 0; i < To; ++i) {
    std::array<V, From> row;
    for (size_t j = 0; j < From; ++j) row[j] = columns[j][i];
    const std::array<V, To> transformed = transform(row);
    for (size_t j = 0; j < To; ++j) result[i * To + j] = transformed[j];
  }
  return result;
}

}  // namespace

WinogradTile transform_pixels(llvm::IRBuilder<>& ir, const WinogradTile& pixels) {
  return on_both_sides<4, 4>(pixels, [&](const std::array<V, 4>& d) -> std::array<V, 4> {
    return {ir.CreateFSub(d[0], d[2]), ir.CreateFAdd(d[1], d[2]), ir.CreateFSub(d[2], d[1]), ir.CreateFSub(d[1], d[3])};
  });
}

WinogradTile transform_filter(llvm::IRBuilder<>& ir, const std::array<V, 9>& filter) {
  V half = llvm::ConstantFP::get(filter[0]->getType(), 0.5);
  return on_both_sides<3, 4>(filter, [&](const std::array<V, 3>& g) -> std::array<V, 4> {
    V outer = ir.CreateFAdd(g[0], g[2]);
    return {g[0], ir.CreateFMul(half, ir.CreateFAdd(outer, g[1])), ir.CreateFMul(half, ir.CreateFSub(outer, g[1])),
            g[2]};
  });
}

std::array<V, 4> transform_sums(llvm::IRBuilder<>& ir, const WinogradTile& sums) {
  return on_both_sides<4, 2>(sums, [&](const std::array<V, 4>& m) -> std::array<V, 2> {
    return {ir.CreateFAdd(ir.CreateFAdd(m[0], m[1]), m[2]), ir.CreateFSub(ir.CreateFSub(m[1], m[2]), m[3])};
  });
}

WinogradTile transform_gradients(llvm::IRBuilder<>& ir, const std::array<V, 4>& gradients) {
  return on_both_sides<2, 4>(gradients, [&](const std::array<V, 2>& g) -> std::array<V, 4> {
    return {g[0], ir.CreateFAdd(g[0], g[1]), ir.CreateFSub(g[0], g[1]), ir.CreateFNeg(g[1])};
  });
}

std::array<V, 9> transform_filter_sums(llvm::IRBuilder<>& ir, const WinogradTile& sums) {
  V half = llvm::ConstantFP::get(sums[0]->getType(), 0.5);
  return on_both_sides<4, 3>(sums, [&](const std::array<V, 4>& m) -> std::array<V, 3> {
    V sum = ir.CreateFMul(half, ir.CreateFAdd(m[1], m[2]));
    V difference = ir.CreateFMul(half, ir.CreateFSub(m[1], m[2]));
    return {ir.CreateFAdd(m[0], sum), difference, ir.CreateFAdd(sum, m[3])};
  });
}

}  // namespace minnow
