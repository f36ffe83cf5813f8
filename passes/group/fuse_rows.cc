#include <algorithm>

#include "ir/builder.h"
#include "passes/group/fuse.h"
#include "passes/group/grow_cluster.h"
#include "passes/group/kernel_form.h"

namespace minnow {
namespace {

class RowRules : public KernelRules {
 public:
  explicit RowRules(RowShape row) : row_(std::move(row)) {}

  std::string_view why_not(const Cluster& cluster, const Op& op) const override {
    if (const std::string_view why = why_not_in_row(row_, op); !why.empty()) return why;
    if (op.kind == OpKind::kBroadcast || op.kind == OpKind::kIota) return {};
    if (has_trait(op.kind, kReduction) || reads_from(cluster, op)) return {};
    if (!cluster.is_private(op.result())) return "others read it too, so it has to be written in any case";
    return follows_contraction(cluster, op) && !widens(op) ? "it is the contraction's epilogue, which costs nothing"
                                                           : "";
  }

  std::string_view why_no_kernel(const Cluster& cluster) const override {
    return why_no_row(KernelOps(cluster), row_).why;
  }

 private:
  // Such an op is its epilogue for nothing, unless the cluster reads the contraction's result in any case.
  static bool follows_contraction(const Cluster& cluster, const Op& op) {
    return std::ranges::any_of(op.operands, [&](const Value* operand) {
      const auto is_member = [&](const Op* user) { return cluster.contains(user); };
      return operand->op && has_trait(operand->op->kind, kContraction) &&
             std::ranges::none_of(cluster.graph().uses().users(operand), is_member);
    });
  }

  RowShape row_;
};

bool fits(const RowShape& row) {
  const int64_t columns = row.column_count();
  return columns >= 2 && columns <= kMaxRowElements && row.row_count() >= 1;
}

// The fewest leading dimensions of `shape` that leave rows short enough.
std::optional<RowShape> split_shape(const Shape& shape) {
  for (size_t split = 1; split < shape.size(); ++split) {
    const auto middle = shape.begin() + static_cast<std::ptrdiff_t>(split);
    RowShape row{Shape(shape.begin(), middle), Shape(middle, shape.end())};
    if (fits(row)) return row;
  }
  return std::nullopt;
}

// reduce_sum(x) over all dimensions → reduce_sum(reduce_sum(x) per row), where x is made for it alone.
bool split_full_sums(Function& function) {
  const UseMap uses(function);
  bool changed = false;
  for (auto it = function.ops().begin(); it != function.ops().end(); ++it) {
    Op& op = **it;
    if (op.kind != OpKind::kReduceSum || op.type().rank() != 0) continue;
    const Value* x = op.operands[0];
    if (!x->op || !has_trait(x->op->kind, kElementwise) || uses.count(x) != 1) continue;
    const auto row = split_shape(x->type.shape);
    if (!row) continue;
    Builder builder(function, it);
    builder.set_location(op.location);
    op.operands[0] = builder.reduce_sum(op.operands[0], row->column_dims());
    op.attributes = DimsAttributes{row->row_dims()};
    changed = true;
  }
  return changed;
}

bool is_worthwhile_row(const Cluster& cluster) {
  return std::ranges::count_if(cluster.ops(), [](const Op* op) { return !is_copied_freely(*op); }) > 1;
}

std::unique_ptr<KernelRules> rules_of_rows(const Op& op) {
  const auto row = row_shape_of_reduction(op);
  if (!row || !fits(*row) || is_splat(op.operands[0])) return nullptr;
  return std::make_unique<RowRules>(*row);
}

}  // namespace

bool fuse_rows(Function& function, FusionLog* log) {
  const bool has_split = split_full_sums(function);
  return fuse_clusters(function, FusionKind::kRow, rules_of_rows, is_worthwhile_row, log) || has_split;
}

}  // namespace minnow
