// Sampling at places that are computed: GridSample, AffineGrid.
#include "frontend/onnx/ops/elements.h"
#include "frontend/onnx/ops/indices.h"

namespace minnow::onnx_ops {
namespace {

struct GridForm {
  std::string mode;
  std::string padding;
  bool aligns_corners;
};

// From [-1, 1] to elements of an axis.
Value* denormalized(GraphBuilder& b, Value* x, int64_t size, bool aligns_corners) {
  const auto count = static_cast<double>(size);
  if (aligns_corners) return b.mul(b.add(x, 1.0), (count - 1) / 2);
  return b.mul(b.sub(b.mul(b.add(x, 1.0), count), 1.0), 0.5);
}

// Thrown back at both ends as often as need be.
Value* reflected(GraphBuilder& b, Value* x, double low, double high) {
  const double span = high - low;
  if (span <= 0) return b.like(x, low);
  Value* from_low = b.abs(b.sub(x, low));
  Value* rounds = b.floor(b.mul(from_low, 1 / span));
  Value* rest = b.sub(from_low, b.mul(rounds, span));
  Value* is_even = b.binary(OpKind::kEqual, b.mul(b.floor(b.mul(rounds, 0.5)), 2.0), rounds);
  return b.select(is_even, b.add(rest, low), b.sub(b.like(rest, high), rest));
}

// Coordinates as the padding moves them into the input.
Value* moved_inside(GraphBuilder& b, Value* x, int64_t size, const GridForm& form) {
  const auto last = static_cast<double>(size - 1);
  if (form.padding == "border") return clamped(b, x, 0, last);
  if (form.padding != "reflection") return x;
  Value* inside = form.aligns_corners ? reflected(b, x, 0, last) : reflected(b, x, -0.5, last + 0.5);
  return clamped(b, inside, 0, last);
}

// One corner: for each axis a whole coordinate, f32 [N, P], and what it counts.
struct Corner {
  std::vector<Value*> places;
  Value* weight;
};

// Elements of x [N,C,...] at the corner, [N,C,P]; 0 outside.
Value* elements_at(GraphBuilder& b, Value* x, const Corner& corner, bool is_zero_outside) {
  const Shape& shape = x->type.shape;
  const int64_t batch = shape[0], channels = shape[1];
  const Shape space(shape.begin() + 2, shape.end());
  const Dims strides = row_major_strides(space);
  const int64_t area = element_count(space), points = corner.places[0]->type.dim(1);
  Value* place = nullptr;
  Value* is_inside = b.constant({DType::kPred, {batch, points}}, 1);
  for (size_t i = 0; i < space.size(); ++i) {
    const auto last = static_cast<double>(space[i] - 1);
    Value* along =
        b.mul(b.convert(clamped(b, corner.places[i], 0, last), DType::kI32), static_cast<double>(strides[i]));
    place = place == nullptr ? along : b.add(place, along);
    is_inside = b.create(OpKind::kAnd, {is_inside, b.binary(OpKind::kGreaterEqual, corner.places[i], 0.0)});
    is_inside = b.create(OpKind::kAnd, {is_inside, b.binary(OpKind::kLessEqual, corner.places[i], last)});
  }
  const TensorType all{DType::kI32, {batch, channels, points}};
  Value* row = b.add(b.mul(b.iota(all, 0), static_cast<double>(channels)), b.iota(all, 1));
  Value* flat = b.add(b.mul(row, static_cast<double>(area)), b.broadcast(place, {0, 2}, all.shape));
  Value* found = b.gather(b.reshape(x, {x->type.elements()}), flat, 0);
  return is_zero_outside ? b.select(b.broadcast(is_inside, {0, 2}, all.shape), found, 0.0) : found;
}

// Taps of one axis: coordinates and weights.
std::vector<std::pair<Value*, Value*>> taps_along(GraphBuilder& b, Value* x, const GridForm& form) {
  if (form.mode == "nearest") return {{b.round(x), b.like(x, 1)}};
  Value* low = b.floor(x);
  Value* t = b.sub(x, low);
  if (form.mode == "linear") return {{low, b.sub(b.like(t, 1), t)}, {b.add(low, 1.0), t}};
  // Keys' cubic with a = -0.75, its four pieces.
  constexpr double kA = -0.75;
  const auto polynomial = [&](Value* v, double c3, double c2, double c1, double c0) {
    return b.add(b.mul(b.add(b.mul(b.add(b.mul(v, c3), c2), v), c1), v), c0);
  };
  Value* rest = b.sub(b.like(t, 1), t);
  return {{b.sub(low, 1.0), polynomial(b.add(t, 1.0), kA, -5 * kA, 8 * kA, -4 * kA)},
          {low, polynomial(t, kA + 2, -(kA + 3), 0, 1)},
          {b.add(low, 1.0), polynomial(rest, kA + 2, -(kA + 3), 0, 1)},
          {b.add(low, 2.0), polynomial(b.add(rest, 1.0), kA, -5 * kA, 8 * kA, -4 * kA)}};
}

// Sums over all corners of x at `coordinates`, one [N, P] for each axis.
Value* sampled(GraphBuilder& b, Value* x, const std::vector<Value*>& coordinates, const GridForm& form) {
  const Shape space(x->type.shape.begin() + 2, x->type.shape.end());
  std::vector<Corner> corners = {{{}, nullptr}};
  for (size_t i = 0; i < space.size(); ++i) {
    // A cubic looks beyond the edge, so that what it sees is moved, not where it stands.
    const bool moves_first = form.mode != "cubic";
    Value* at = moves_first ? moved_inside(b, coordinates[i], space[i], form) : coordinates[i];
    std::vector<Corner> wider;
    for (const Corner& corner : corners)
      for (const auto& [place, weight] : taps_along(b, at, form)) {
        Corner next = corner;
        next.places.push_back(moves_first ? place : moved_inside(b, place, space[i], form));
        next.weight = corner.weight == nullptr ? weight : b.mul(corner.weight, weight);
        wider.push_back(std::move(next));
      }
    corners = std::move(wider);
  }
  Value* sum = nullptr;
  for (const Corner& corner : corners) {
    Value* elements = elements_at(b, x, corner, form.padding == "zeros");
    Value* part = b.mul(elements, b.broadcast(corner.weight, {0, 2}, elements->type.shape));
    sum = sum == nullptr ? part : b.add(sum, part);
  }
  return sum;
}

std::string known_mode(std::string mode) {
  if (mode == "bilinear") return "linear";
  if (mode == "bicubic") return "cubic";
  require(mode == "nearest" || mode == "linear" || mode == "cubic", "the mode \"{}\" is not known", mode);
  return mode;
}

}  // namespace

// X [N,C,D...], grid [N,O...,d], whose last coordinate is that of the first dimension of space.
void grid_sample(NodeScope& n) {
  GraphBuilder& b = n.b;
  const GridForm form{known_mode(n.text("mode", "linear")), n.text("padding_mode", "zeros"),
                      n.whole("align_corners") != 0};
  require(form.padding == "zeros" || form.padding == "border" || form.padding == "reflection",
          "padding_mode is \"{}\", which is not known", form.padding);
  const Shape& grid = n.shape(1);
  const int64_t dims = n.rank() - 2;
  require(dims >= 1 && dims <= 3 && n.rank(1) == n.rank() && grid.back() == dims && grid[0] == n.shape()[0],
          "{} and a grid {} do not fit", shape_to_string(n.shape()), shape_to_string(grid));
  require(element_count(n.shape()) > 0, "there is nothing to sample");
  const int64_t points = element_count(Shape(grid.begin() + 1, grid.end() - 1));
  Value* flat = b.reshape(n.floats(1), {grid[0], points, dims});
  std::vector<Value*> coordinates;
  for (int64_t i = 0; i < dims; ++i) {
    Value* along = b.reshape(b.slice(flat, 2, dims - 1 - i, dims - i), {grid[0], points});
    coordinates.push_back(denormalized(b, along, n.shape()[static_cast<size_t>(i + 2)], form.aligns_corners));
  }
  Shape shape = {n.shape()[0], n.shape()[1]};
  shape.insert(shape.end(), grid.begin() + 1, grid.end() - 1);
  n.give(b.reshape(sampled(b, n.floats(), coordinates, form), shape));
}

// theta [N,d,d+1] applied to the centres of an image of this size.
void affine_grid(NodeScope& n) {
  GraphBuilder& b = n.b;
  const Shape size = n.whole_numbers(1);
  const auto dims = static_cast<int64_t>(size.size()) - 2;
  require((dims == 2 || dims == 3) && n.shape() == Shape({size[0], dims, dims + 1}),
          "theta {} does not fit the size {}", shape_to_string(n.shape()), shape_to_string(size));
  const bool aligns_corners = n.whole("align_corners") != 0;
  const Shape space(size.begin() + 2, size.end());
  const auto points = checked_element_count(space);
  constexpr int64_t kMostPoints = int64_t{1} << 22;
  require(points && *points <= kMostPoints, "the size {} is not supported", shape_to_string(size));
  std::vector<double> base;  // [P, d + 1], the last axis of space first, then 1
  for (int64_t p = 0; p < *points; ++p) {
    for (int64_t i = dims - 1; i >= 0; --i) {
      const int64_t stride = row_major_strides(space)[static_cast<size_t>(i)], count = space[static_cast<size_t>(i)];
      const auto at = static_cast<double>(p / stride % count);
      const double last = static_cast<double>(count);
      base.push_back(aligns_corners ? (count == 1 ? 0 : 2 * at / (last - 1) - 1) : (2 * at + 1) / last - 1);
    }
    base.push_back(1);
  }
  Value* grid = b.dot(n.floats(), b.f32s({*points, dims + 1}, base), {2, 1});  // [N, d, P]
  Shape shape = {size[0]};
  shape.insert(shape.end(), space.begin(), space.end());
  shape.push_back(dims);
  n.give(b.reshape(b.transpose(grid, {0, 2, 1}), shape));
}

}  // namespace minnow::onnx_ops
