#include "ir/contraction.h"

#include <algorithm>
#include <numeric>

#include "ir/dot.h"

namespace minnow {
namespace {

using Kind = Axis::Kind;

class Table {
 public:
  size_t add(Kind kind, int64_t extent) {
    made.axes.push_back({kind, extent});
    return made.axes.size() - 1;
  }
  // An axis for each of these extents.
  std::vector<size_t> add_all(Kind kind, std::span<const int64_t> extents) {
    std::vector<size_t> added;
    for (const int64_t extent : extents) added.push_back(add(kind, extent));
    return added;
  }

  Contraction made;
};

AffineCoord single(size_t axis) { return {{{axis}}}; }
// Within a group: group * size + axis.
AffineCoord grouped(size_t group, size_t axis, int64_t size) { return {{{group, size}, {axis}}}; }

AffineMap with_space(AffineCoord first, AffineCoord second, const std::vector<size_t>& space) {
  AffineMap map = {std::move(first), std::move(second)};
  for (const size_t axis : space) map.push_back(single(axis));
  return map;
}

std::span<const int64_t> space_of(const Shape& shape) { return std::span(shape).subspan(2); }

Contraction dot_table(const Op& op) {
  const auto& [contract, batch] = op.attr<DotAttributes>();
  Table t;
  for (int64_t d = 0; d < batch; ++d) t.made.y.push_back(single(t.add(Kind::kBatch, op.type().dim(d))));
  AffineMap maps[2] = {t.made.y, t.made.y};
  for (size_t i = 0; i < 2; ++i) {
    const Shape& shape = op.operands[i]->type.shape;
    for (int64_t d = batch; d < std::ssize(shape); ++d) {
      if (d == contract[i]) continue;
      maps[i].push_back(single(t.add(i == 0 ? Kind::kRow : Kind::kColumn, shape[static_cast<size_t>(d)])));
      t.made.y.push_back(maps[i].back());
    }
  }
  const size_t k = t.add(Kind::kDepth, op.operands[0]->type.dim(contract[0]));
  for (size_t i = 0; i < 2; ++i) maps[i].insert(maps[i].begin() + contract[i], single(k));
  t.made.a = std::move(maps[0]);
  t.made.b = std::move(maps[1]);
  return std::move(t.made);
}

// x[n, g*C + c, s*stride + k*dilation - pad], y[n, g*O + o, s], w[g*O + o, c, k], where C and O are those of a group.
struct ConvAxes {
  ConvAxes(const ConvAttributes& conv, const Shape& w) : group_inputs(w[1]), group_outputs(w[0] / conv.groups) {}

  size_t n = 0, group = 0, c = 0, o = 0;
  std::vector<size_t> s, k;
  int64_t group_inputs, group_outputs;

  AffineMap x(const ConvAttributes& conv) const {
    AffineMap map = {single(n), grouped(group, c, group_inputs)};
    for (size_t i = 0; i < s.size(); ++i)
      map.push_back({{{s[i], conv.stride[i]}, {k[i], conv.dilation[i]}}, -conv.pad[2 * i]});
    return map;
  }
  AffineMap y() const { return with_space(single(n), grouped(group, o, group_outputs), s); }
  AffineMap w() const { return with_space(grouped(group, o, group_outputs), single(c), k); }
};

// Of a convolution whose result is images: its pixels are rows, the channels `columns` are those of the result, and the
// others, with the window, are summed over.
ConvAxes image_axes(Table& t, const Op& op, size_t ConvAxes::* columns) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.operands[1]->type.shape;
  ConvAxes axes(conv, w);
  axes.group = t.add(Kind::kBatch, conv.groups);
  axes.n = t.add(Kind::kRow, op.type().dim(0));
  axes.s = t.add_all(Kind::kRow, space_of(op.type().shape));
  const bool gives_outputs = columns == &ConvAxes::o;
  axes.*columns = t.add(Kind::kColumn, gives_outputs ? axes.group_outputs : axes.group_inputs);
  axes.*(gives_outputs ? &ConvAxes::c : &ConvAxes::o) =
      t.add(Kind::kDepth, gives_outputs ? axes.group_inputs : axes.group_outputs);
  axes.k = t.add_all(Kind::kDepth, space_of(w));
  return axes;
}

// y = sum over c, k of x * w
Contraction conv_table(const Op& op) {
  const auto& conv = op.attr<ConvAttributes>();
  Table t;
  const ConvAxes axes = image_axes(t, op, &ConvAxes::o);
  return {std::move(t.made.axes), axes.x(conv), axes.w(), axes.y()};
}

// x = sum over o, k of y[n, g*O + o, (s + pad - k*dilation) / stride] * w
Contraction conv_input_table(const Op& op) {
  const auto& conv = op.attr<ConvAttributes>();
  Table t;
  const ConvAxes axes = image_axes(t, op, &ConvAxes::c);
  AffineMap y = {single(axes.n), grouped(axes.group, axes.o, axes.group_outputs)};
  for (size_t i = 0; i < axes.s.size(); ++i)
    y.push_back({{{axes.s[i]}, {axes.k[i], -conv.dilation[i]}}, conv.pad[2 * i], conv.stride[i]});
  AffineMap x = with_space(single(axes.n), grouped(axes.group, axes.c, axes.group_inputs), axes.s);
  return {std::move(t.made.axes), std::move(y), axes.w(), std::move(x)};
}

// w = sum over n, s of x * y
Contraction conv_filter_table(const Op& op) {
  const auto& conv = op.attr<ConvAttributes>();
  const Shape& w = op.type().shape;
  const Shape& y = op.operands[1]->type.shape;
  Table t;
  ConvAxes axes(conv, w);
  axes.group = t.add(Kind::kBatch, conv.groups);
  axes.c = t.add(Kind::kRow, axes.group_inputs);
  axes.k = t.add_all(Kind::kRow, space_of(w));
  axes.o = t.add(Kind::kColumn, axes.group_outputs);
  axes.n = t.add(Kind::kDepth, y[0]);
  axes.s = t.add_all(Kind::kDepth, space_of(y));
  return {std::move(t.made.axes), axes.x(conv), axes.y(), axes.w()};
}

// axis = scale * its successor + offset.
void substitute(AffineMap& map, size_t axis, int64_t scale, int64_t offset) {
  for (AffineCoord& coord : map)
    for (AffineCoord::Term& term : coord.terms) {
      if (term.axis != axis) continue;
      coord.offset += term.scale * offset;
      term.scale *= scale;
    }
}
void substitute(Contraction& c, size_t axis, int64_t scale, int64_t offset) {
  for (AffineMap* map : {&c.a, &c.b, &c.y}) substitute(*map, axis, scale, offset);
  const int64_t extent = c.axes[axis].extent;
  c.axes[axis].extent = extent <= offset ? 0 : (extent - offset + scale - 1) / scale;
}

// Place `place` in the stride of dimension `dim` of a: every divisor-th row axis from there on, with those of the depth
// axis that meet it.
Contraction phase_of(const Contraction& whole, size_t dim, int64_t place) {
  Contraction phase = whole;
  const auto [row, depth] = std::pair(phase.a[dim].terms[0], phase.a[dim].terms[1]);
  const int64_t divisor = phase.a[dim].divisor;
  substitute(phase, row.axis, divisor, place);
  const int64_t start = phase.a[dim].offset;
  int64_t first = 0;
  while (first < divisor && (start + first * depth.scale) % divisor != 0) ++first;
  const bool meets = first < divisor;
  substitute(phase, depth.axis, divisor / std::gcd(divisor, depth.scale), meets ? first : 0);
  if (!meets) phase.axes[depth.axis].extent = 0;
  AffineCoord& coord = phase.a[dim];
  for (AffineCoord::Term& term : coord.terms) term.scale /= divisor;
  coord.offset /= divisor;
  coord.divisor = 1;
  return phase;
}

}  // namespace

int64_t AffineCoord::scale_of(size_t axis) const {
  int64_t scale = 0;
  for (const Term& term : terms) scale += term.axis == axis ? term.scale : 0;
  return scale;
}

std::vector<size_t> Contraction::axes_of(Axis::Kind kind) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < axes.size(); ++i)
    if (axes[i].kind == kind) found.push_back(i);
  return found;
}

int64_t Contraction::extent_of(Axis::Kind kind) const {
  int64_t extent = 1;
  for (const Axis& axis : axes) extent *= axis.kind == kind ? axis.extent : 1;
  return extent;
}

bool Contraction::has_windows() const {
  const auto moves_along = [&](Kind kind) {
    return std::ranges::any_of(a.back().terms, [&](const auto& term) { return axes[term.axis].kind == kind; });
  };
  return moves_along(Kind::kRow) && moves_along(Kind::kDepth);
}

bool Contraction::sums_pixels() const { return has_windows() && axes[a.back().terms[0].axis].kind == Kind::kDepth; }

Contraction contraction_of(const Op& op) {
  switch (op.kind) {
    case OpKind::kConv: return conv_table(op);
    case OpKind::kConvInput: return conv_input_table(op);
    case OpKind::kConvFilter: return conv_filter_table(op);
    default: return dot_table(op);
  }
}

CoordSpan span_of(const AffineCoord& coord, const std::vector<Axis>& axes) {
  CoordSpan span{coord.offset, coord.offset};
  for (const AffineCoord::Term& term : coord.terms) {
    const int64_t reach = term.scale * std::max<int64_t>(axes[term.axis].extent - 1, 0);
    (reach < 0 ? span.low : span.high) += reach;
  }
  return span;
}

int64_t taps_inside(const Contraction& c, const Shape& a, size_t dim) {
  const AffineCoord& coord = c.a[dim];
  const AffineCoord::Term &pixels = coord.terms[0], &places = coord.terms[1];
  int64_t count = 0;
  for (int64_t pixel = 0; pixel < c.axes[pixels.axis].extent; ++pixel)
    for (int64_t place = 0; place < c.axes[places.axis].extent; ++place) {
      const int64_t at = coord.offset + pixel * pixels.scale + place * places.scale;
      count += at >= 0 && at % coord.divisor == 0 && at / coord.divisor < a[dim] ? 1 : 0;
    }
  return count;
}

bool stays_inside(const AffineMap& map, const std::vector<Axis>& axes, const Shape& shape) {
  for (size_t d = 0; d < map.size(); ++d) {
    const CoordSpan span = span_of(map[d], axes);
    if (map[d].divisor != 1 || span.low < 0 || span.high >= shape[d]) return false;
  }
  return true;
}

std::vector<Contraction> phases_of(const Contraction& contraction) {
  std::vector<Contraction> phases = {contraction};
  for (size_t dim = 0; dim < contraction.a.size(); ++dim) {
    if (contraction.a[dim].divisor == 1) continue;
    std::vector<Contraction> divided;
    for (const Contraction& phase : phases)
      for (int64_t place = 0; place < contraction.a[dim].divisor; ++place)
        divided.push_back(phase_of(phase, dim, place));
    phases = std::move(divided);
  }
  std::erase_if(phases, [](const Contraction& phase) { return phase.extent_of(Axis::Kind::kRow) == 0; });
  return phases;
}

double contraction_flops(const Op& op) {
  if (op.kind == OpKind::kLoop)
    return static_cast<double>(op.attr<LoopAttributes>().count) * contraction_flops(*op.body);
  if (op.body) return contraction_flops(*op.body);
  const auto elements = [](const TensorType& type) { return static_cast<double>(type.elements()); };
  const auto products = [](const TensorType& w) {  // for an element of y
    return static_cast<double>(element_count({w.shape.begin() + 1, w.shape.end()}));
  };
  switch (op.kind) {
    case OpKind::kDot: return 2 * elements(op.type()) * static_cast<double>(dot_sizes(op).depth);
    case OpKind::kConv: return 2 * elements(op.type()) * products(op.operands[1]->type);
    case OpKind::kConvInput: return 2 * elements(op.operands[0]->type) * products(op.operands[1]->type);
    case OpKind::kConvFilter: return 2 * elements(op.operands[1]->type) * products(op.type());
    default: return 0;
  }
}

double contraction_flops(const Function& function) {
  double flops = 0;
  for (const auto& op : function.ops()) flops += contraction_flops(*op);
  return flops;
}

}  // namespace minnow
