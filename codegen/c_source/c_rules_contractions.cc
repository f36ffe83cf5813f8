// Every product by its table of axes (ir/contraction.h): for each element of y a sum over the depth.
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
  ContractionText(CWriter& c, const Op& op) : c_(c), op_(op), table_(contraction_of(op)) {
    for (size_t i = 0; i < table_.axes.size(); ++i)
      names_.push_back(fmt::format("{}{}", letter(table_.axes[i].kind), i));
  }

  void write() {
    loops(false, [&] {
      c_.line("{} sum = 0;", c_type(op_.type().dtype));
      loops(true, [&] {
        const std::string a = place("p", table_.a, op_.operands[0]->type.shape);
        const std::string b = place("q", table_.b, op_.operands[1]->type.shape);
        c_.line("sum += a[{}] * b[{}];", a, b);
      });
      c_.line("y[{}] = sum;", place("r", table_.y, op_.type().shape));
    });
  }

 private:
  void loops(bool is_depth, const std::function<void()>& body) {
    std::vector<std::string> names;
    std::vector<int64_t> extents;
    for (size_t i = 0; i < table_.axes.size(); ++i) {
      if ((table_.axes[i].kind == Axis::Kind::kDepth) != is_depth) continue;
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

  // Where in the tensor; an iteration whose element is none of the tensor's goes on to the next.
  std::string place(const std::string& prefix, const AffineMap& map, const Shape& shape) {
    const std::vector<int64_t> strides = row_major_strides(shape);
    std::vector<std::string> names;
    for (size_t d = 0; d < map.size(); ++d) {
      const AffineCoord& coord = map[d];
      const CoordSpan span = span_of(coord, table_.axes);
      const bool is_inside = coord.divisor == 1 && span.low >= 0 && span.high < shape[d];
      if (coord.terms.size() == 1 && coord.offset == 0 && is_inside && coord.terms[0].scale == 1) {
        names.push_back(names_[coord.terms[0].axis]);
        continue;
      }
      names.push_back(fmt::format("{}{}", prefix, d));
      c_.line("const int32_t {} = {};", names.back(), quotient(coord));
      if (coord.divisor != 1) c_.line("if (({}) % {} != 0) continue;", text_of(coord), coord.divisor);
      if (!is_inside) c_.line("if ({0} < 0 || {0} >= {1}) continue;", names.back(), shape[d]);
    }
    return affine(names, strides);
  }

  std::string quotient(const AffineCoord& coord) const {
    return coord.divisor == 1 ? text_of(coord) : fmt::format("({}) / {}", text_of(coord), coord.divisor);
  }

  CWriter& c_;
  const Op& op_;
  const Contraction table_;
  std::vector<std::string> names_;
};

}  // namespace

void CRule<OpKind::kDot>::apply(CWriter& c, const Op& op) { ContractionText(c, op).write(); }
void CRule<OpKind::kConv>::apply(CWriter& c, const Op& op) { ContractionText(c, op).write(); }
void CRule<OpKind::kConvInput>::apply(CWriter& c, const Op& op) { ContractionText(c, op).write(); }
void CRule<OpKind::kConvFilter>::apply(CWriter& c, const Op& op) { ContractionText(c, op).write(); }

}  // namespace minnow
