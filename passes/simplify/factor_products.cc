#include "passes/simplify/factor_products.h"

#include <algorithm>

#include "ir/builder.h"
#include "passes/simplify/rewrite.h"

namespace minnow {
namespace {

struct Product {
  std::vector<Value*> factors;  // without splats
  double scale = 1;
};

Product product_of(Value* value, const UseMap& uses) {
  Product product;
  const auto may_open = [&](const Op& op) { return is_float_gradient(op) && uses.count(op.result()) == 1; };
  for (Value* factor : factors_of(value, may_open)) {
    if (const auto number = splat_of(factor)) product.scale *= *number;
    else product.factors.push_back(factor);
  }
  return product;
}

// Takes out of both products what they share.
std::vector<Value*> take_common(Product& a, Product& b) {
  std::vector<Value*> common;
  std::erase_if(a.factors, [&](Value* factor) {
    const auto same = std::ranges::find(b.factors, factor);
    if (same == b.factors.end()) return false;
    b.factors.erase(same);
    common.push_back(factor);
    return true;
  });
  return common;
}

Value* multiply(const std::vector<Value*>& factors, Builder& b) {
  Value* product = factors[0];
  for (size_t i = 1; i < factors.size(); ++i) product = b.mul(product, factors[i]);
  return product;
}

Value* multiply(const Product& product, const Value* like, Builder& b) {
  if (product.factors.empty()) return b.like(like, product.scale);
  Value* factors = multiply(product.factors, b);
  return product.scale == 1 ? factors : b.mul(factors, product.scale);
}

// Whether `sum` became a product.
bool factor(Op& sum, const UseMap& uses, Builder& b) {
  if ((sum.kind != OpKind::kAdd && sum.kind != OpKind::kSubtract) || !is_float_gradient(sum)) return false;
  Product first = product_of(sum.operands[0], uses);
  Product second = product_of(sum.operands[1], uses);
  const std::vector<Value*> common = take_common(first, second);
  if (common.empty()) return false;
  Value* rest = b.create(sum.kind, {multiply(first, common[0], b), multiply(second, common[0], b)});
  sum.remember(fmt::format("mul in place of {}, whose terms share a factor", mnemonic(sum.kind)));
  sum.operands = {multiply(common, b), rest};
  sum.kind = OpKind::kMultiply;
  return true;
}

}  // namespace

bool factor_products(Function& function) {
  const UseMap uses(function);
  bool changed = false;
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    Builder b(function, it);
    b.set_location((*it)->location);
    changed |= factor(**it, uses, b);
  }
  return changed;
}

}  // namespace minnow
