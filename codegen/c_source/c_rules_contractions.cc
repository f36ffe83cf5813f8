// Every product by its table of axes (ir/contraction.h): for each element of y a sum over the depth, in the order of
// the depth. Where y has an axis along which all lies side by side, that one is innermost, for compilers that make
// vectors.
#include <optional>

#include "codegen/c_source/c_rules.h"
#include "ir/contraction.h"

namespace minnow {
namespace {

char letter(Axis::Kind kind) {
  switch (kind) {
    case Axis::Kind::kBatch: return 'g';
    case Axis::Kind::kRow: return 'i';
    case Axis::Kind::kColumn: return 'j';
    case Axis::Kind::kDepth: return 'k';
  }
  return ' ';
}

class ContractionText {
 public:
  ContractionText(CWriter& c, const Op& op)
      : c_(c), table_(contraction_of(op)), type_(c_type(op.type().dtype)),
        a_{'p', table_.a, op.operands[0]->type.shape}, b_{'q', table_.b, op.operands[1]->type.shape},
        y_{'r', table_.y, op.type().shape} {
    for (size_t i = 0; i < table_.axes.size(); ++i)
      names_.push_back(fmt::format("{}{}", letter(table_.axes[i].kind), i));
  }

  void write() {
    side_ = side_by_side();
    loops(false, [&] { side_ ? write_row() : write_element(); });
  }

 private:
  // A tensor, where an iteration is in it, and the letter of variables for that.
  struct Tensor {
    char letter;
    const AffineMap& map;
    const Shape& shape;
  };

  void write_element() {
    c_.line("{} sum = 0;", type_);
    loops(true, [&] {
      find(a_, false);
      find(b_, false);
      c_.line("sum += a[{}] * b[{}];", place(a_), place(b_));
    });
    find(y_, false);
    c_.line("y[{}] = sum;", place(y_));
  }

  void write_row() {
    const std::string& i = names_[*side_];
    const int64_t extent = table_.axes[*side_].extent;
    find(y_, false);
    c_.count(i, extent, [&] { c_.line("y[{}] = 0;", place(y_)); });
    loops(true, [&] {
      find(a_, false);
      find(b_, false);
      c_.line("int32_t from = 0, to = {};", extent);
      bound(a_);
      bound(b_);
      c_.block(fmt::format("for (int32_t {0} = from; {0} < to; ++{0})", i), [&] {
        find(a_, true);
        find(b_, true);
        c_.line("y[{}] += a[{}] * b[{}];", place(y_), place(a_), place(b_));
      });
    });
  }

  // Those places of the side where the coordinates that move along it are the tensor's.
  void bound(const Tensor& tensor) {
    for (size_t d = 0; d < tensor.map.size(); ++d) {
      if (!moves(tensor.map[d]) || is_inside(tensor.map[d], tensor.shape[d])) continue;
      AffineCoord rest = tensor.map[d];
      std::erase_if(rest.terms, [&](const AffineCoord::Term& term) { return term.axis == *side_; });
      c_.block("", [&] {
        c_.line("const int32_t rest = {};", text_of(rest));
        c_.line("if (from < -rest) from = -rest;");
        c_.line("if (to > {0} - rest) to = {0} - rest;", tensor.shape[d]);
      });
    }
  }

  // An axis of y of which one place after the other lies in memory so, in y and where else it moves.
  std::optional<size_t> side_by_side() const {
    for (size_t axis = 0; axis < table_.axes.size(); ++axis)
      if (table_.axes[axis].kind != Axis::Kind::kDepth && step(axis, y_) == 1 && step(axis, a_) <= 1 &&
          step(axis, b_) <= 1)
        return axis;
    return std::nullopt;
  }

  // Elements of the tensor from one place of the axis to the next; many where that is not always the same.
  int64_t step(size_t axis, const Tensor& tensor) const {
    constexpr int64_t kMany = 1000;
    const std::vector<int64_t> strides = row_major_strides(tensor.shape);
    int64_t sum = 0;
    for (size_t d = 0; d < tensor.map.size(); ++d) {
      const AffineCoord& coord = tensor.map[d];
      const int64_t scale = coord.scale_of(axis);
      if (scale != 0 && !is_inside(coord, tensor.shape[d]) && (coord.divisor != 1 || scale != 1)) return kMany;
      sum += strides[d] * scale;
    }
    return sum < 0 ? kMany : sum;
  }

  bool moves(const AffineCoord& coord) const { return side_ && coord.scale_of(*side_) != 0; }

  bool is_inside(const AffineCoord& coord, int64_t size) const {
    const CoordSpan span = span_of(coord, table_.axes);
    return coord.divisor == 1 && span.low >= 0 && span.high < size;
  }

  // Over the depth, or over all else but the side.
  void loops(bool is_depth, const std::function<void()>& body) {
    std::vector<std::string> names;
    std::vector<int64_t> extents;
    for (size_t i = 0; i < table_.axes.size(); ++i) {
      if ((table_.axes[i].kind == Axis::Kind::kDepth) != is_depth || i == side_) continue;
      names.push_back(names_[i]);
      extents.push_back(table_.axes[i].extent);
    }
    c_.nest(names, extents, body);
  }

  std::string text_of(const AffineCoord& coord) const {
    std::vector<std::string> names;
    std::vector<int64_t> scales;
    for (const AffineCoord::Term& term : coord.terms) {
      names.push_back(names_[term.axis]);
      scales.push_back(term.scale);
    }
    return affine(names, scales, coord.offset);
  }

  // The variables for coordinates that move along the side, or for the others. An iteration whose element is none of
  // the tensor's goes on to the next.
  void find(const Tensor& tensor, bool moving) {
    for (size_t d = 0; d < tensor.map.size(); ++d) {
      const AffineCoord& coord = tensor.map[d];
      if (moves(coord) != moving || is_axis(coord, tensor.shape[d])) continue;
      const std::string text = text_of(coord);
      c_.line("const int32_t {} = {};", variable(tensor, d),
              coord.divisor == 1 ? text : fmt::format("({}) / {}", text, coord.divisor));
      if (coord.divisor != 1) c_.line("if (({}) % {} != 0) continue;", text, coord.divisor);
      if (!moving && !is_inside(coord, tensor.shape[d]))
        c_.line("if ({0} < 0 || {0} >= {1}) continue;", variable(tensor, d), tensor.shape[d]);
    }
  }

  // The coordinate is an axis's place, for which there is a variable.
  bool is_axis(const AffineCoord& coord, int64_t size) const {
    return coord.terms.size() == 1 && coord.offset == 0 && coord.terms[0].scale == 1 && is_inside(coord, size);
  }

  static std::string variable(const Tensor& tensor, size_t dim) { return fmt::format("{}{}", tensor.letter, dim); }

  std::string place(const Tensor& tensor) const {
    std::vector<std::string> names;
    for (size_t d = 0; d < tensor.map.size(); ++d) {
      const AffineCoord& coord = tensor.map[d];
      names.push_back(is_axis(coord, tensor.shape[d]) ? names_[coord.terms[0].axis] : variable(tensor, d));
    }
    return affine(names, row_major_strides(tensor.shape));
  }

  CWriter& c_;
  const Contraction table_;
  const std::string_view type_;
  const Tensor a_, b_, y_;
  std::vector<std::string> names_;
  std::optional<size_t> side_;  // innermost, where there is one
};

}  // namespace

void CRule<OpKind::kDot>::apply(CWriter& c, const Op& op) { ContractionText(c, op).write(); }
void CRule<OpKind::kConv>::apply(CWriter& c, const Op& op) { ContractionText(c, op).write(); }
void CRule<OpKind::kConvInput>::apply(CWriter& c, const Op& op) { ContractionText(c, op).write(); }
void CRule<OpKind::kConvFilter>::apply(CWriter& c, const Op& op) { ContractionText(c, op).write(); }

}  // namespace minnow
