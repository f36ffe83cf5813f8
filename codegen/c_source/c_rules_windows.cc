// Windows that slide over x [planes,S...], of which there are y [planes,OS...].
#include "codegen/c_source/c_rules.h"

namespace minnow {
namespace {

// Loops over planes and windows (o...) and, within, over a window's elements (k...); `x` and `y` are the places of an
// element and of the window in their tensors.
class Windows {
 public:
  Windows(CWriter& c, const WindowAttributes& window, const Shape& pictures, const Shape& windows)
      : c_(c), window_(window), planes_(pictures[0] * pictures[1]), picture_(pictures.begin() + 2, pictures.end()),
        windows_(windows.begin() + 2, windows.end()), outer_(index_names("o", windows_.size())),
        inner_(index_names("k", windows_.size())), places_(index_names("s", windows_.size())) {}

  void for_each(const std::function<void()>& body) {
    c_.count("n", planes_, [&] { c_.nest(outer_, windows_, body); });
  }
  // Of the window; places in the padding are left out.
  void for_each_element(const std::function<void()>& body) {
    c_.nest(inner_, window_.window, [&] {
      for (size_t d = 0; d < picture_.size(); ++d) {
        const std::string terms[] = {outer_[d], inner_[d]};
        const int64_t factors[] = {window_.stride[d], 1};
        c_.line("const int32_t {} = {};", places_[d], affine(terms, factors, -window_.pad[2 * d]));
        c_.line("if ({0} < 0 || {0} >= {1}) continue;", places_[d], picture_[d]);
      }
      body();
    });
  }
  std::string x() const { return place(places_, picture_); }
  std::string y() const { return place(outer_, windows_); }

 private:
  static std::string place(std::vector<std::string> names, const Shape& shape) {
    std::vector<int64_t> strides = row_major_strides(shape);
    names.insert(names.begin(), "n");
    strides.insert(strides.begin(), element_count(shape));
    return affine(names, strides);
  }

  CWriter& c_;
  const WindowAttributes& window_;
  int64_t planes_;
  Shape picture_, windows_;
  std::vector<std::string> outer_, inner_, places_;
};

Windows windows_of(CWriter& c, const Op& op, const Shape& pictures, const Shape& windows) {
  return Windows(c, op.attr<WindowAttributes>(), pictures, windows);
}

}  // namespace

void CRule<OpKind::kWindowMax>::apply(CWriter& c, const Op& op) {
  Windows windows = windows_of(c, op, op.operands[0]->type.shape, op.type().shape);
  windows.for_each([&] {
    c.line("float largest = -minnow_from_bits(0x7f800000);");
    windows.for_each_element([&] { c.line("largest = minnow_max(largest, a[{}]);", windows.x()); });
    c.line("y[{}] = largest;", windows.y());
  });
}

void CRule<OpKind::kWindowSum>::apply(CWriter& c, const Op& op) {
  Windows windows = windows_of(c, op, op.operands[0]->type.shape, op.type().shape);
  windows.for_each([&] {
    c.line("float sum = 0;");
    windows.for_each_element([&] { c.line("sum += a[{}];", windows.x()); });
    c.line("y[{}] = sum;", windows.y());
  });
}

void CRule<OpKind::kWindowSpread>::apply(CWriter& c, const Op& op) {
  Windows windows = windows_of(c, op, op.type().shape, op.operands[0]->type.shape);
  c.line("memset(y, 0, {});", op.type().bytes());
  windows.for_each([&] { windows.for_each_element([&] { c.line("y[{}] += a[{}];", windows.x(), windows.y()); }); });
}

void CRule<OpKind::kWindowPick>::apply(CWriter& c, const Op& op) {
  Windows windows = windows_of(c, op, op.operands[0]->type.shape, op.operands[1]->type.shape);
  c.line("memset(y, 0, {});", op.type().bytes());
  windows.for_each([&] {
    c.line("int32_t best = -1;");
    windows.for_each_element([&] {
      c.line("const int32_t at = {};", windows.x());
      c.line("if (best < 0 || minnow_is_larger(a[at], a[best])) best = at;");
    });
    c.line("if (best >= 0) y[best] += b[{}];", windows.y());
  });
}

}  // namespace minnow
